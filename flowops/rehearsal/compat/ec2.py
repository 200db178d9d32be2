"""EC2: tags of launch templates, rules of security groups, and disks that go with their machine."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_block_store import VolumeAttachment
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.models.security_groups import SecurityGroupRule

from flowops.rehearsal.compat.patching import Function, around


def install() -> None:
    """Keep the tags of a launch template out of its data, and what is said about a rule that admits a group.

    moto stores the request's tag specification for the template itself among those for what is launched, and forgets
    the description where a rule names a security group: both are a difference in every plan of terraform. And it does
    not say which disks are deleted with their machine.
    """
    around(LaunchTemplateVersion, "__init__", _without_own_tags)
    SecurityGroupRule.description = property(
        lambda rule: rule.ip_range.get("Description") or rule.source_group.get("Description")
    )
    VolumeAttachment.delete_on_termination = property(_goes_with_its_machine)


def _goes_with_its_machine(attachment: Any) -> bool:
    mapped = attachment.instance.block_device_mapping.get(attachment.device)
    return mapped is not None and bool(mapped.delete_on_termination)


def _without_own_tags(
    original: Function, self: Any, template: Any, number: int, data: dict[str, Any], description: str
) -> None:
    specifications = data.pop("TagSpecifications", [])
    if launched := [tags for tags in specifications if tags.get("ResourceType") != "launch-template"]:
        data["TagSpecifications"] = launched
    original(self, template, number, data, description)
