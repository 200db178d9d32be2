"""EC2: tags of launch templates, descriptions of security groups, and disks that go with their machine."""

from __future__ import annotations

import re
from typing import Any

from moto.ec2.models.elastic_block_store import VolumeAttachment
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, around

DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
"""What EC2 takes as the description of a security group or of one of its rules."""
_ALLOWED = "strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"


def install() -> None:
    """Keep tags of a launch template out of its data, and what is said about a rule, and refuse what EC2 does not take.

    moto stores the request's tag specification for the template itself among those for what is launched, and forgets
    the description where a rule names a security group: both are a difference in every plan of terraform. It takes
    any description of a group or a rule: a module with one that EC2 refuses would fail in AWS alone. And it does not
    say which disks are deleted with their machine.
    """
    around(LaunchTemplateVersion, "__init__", _without_own_tags)
    SecurityGroupRule.description = property(
        lambda rule: rule.ip_range.get("Description") or rule.source_group.get("Description")
    )
    around(SecurityGroupBackend, "create_security_group", _create_group)
    around(SecurityGroupBackend, "_iterate_security_rules", _rules)
    around(SecurityGroupBackend, "modify_security_group_rules", _modify_rules)
    VolumeAttachment.delete_on_termination = property(_goes_with_its_machine)


def _create_group(original: Function, self: Any, name: str, description: str, *given: Any, **settings: Any) -> Any:
    _check("security group", description)
    return original(self, name, description, *given, **settings)


def _rules(original: Function, self: Any, *given: Any, **settings: Any) -> Any:
    # Here, and not where each rule is made: the rules before a refused one must not stay.
    ranges, groups, prefix_lists = given[4:]
    for source in (*ranges, *groups, *prefix_lists):
        _check("rule", source.get("Description"))
    return original(self, *given, **settings)


def _modify_rules(original: Function, self: Any, group: str, rules: dict[str, dict[str, Any]]) -> Any:
    for rule in rules.values():
        _check("rule", rule.get("Description"))
    return original(self, group, rules)


def _check(kind: str, description: str | None) -> None:
    if not DESCRIPTION.fullmatch(description or ""):
        raise AwsError("InvalidParameterValue", f"Invalid {kind} description. Valid descriptions are {_ALLOWED}")


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
