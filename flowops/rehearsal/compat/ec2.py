"""EC2: tags of launch templates."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplateVersion

from flowops.rehearsal.compat.patching import Function, around


def install() -> None:
    """Keep the tags of a launch template out of its data.

    moto stores the request's tag specification for the template itself among those for what is launched,
    and terraform wants to remove it in every plan.
    """
    around(LaunchTemplateVersion, "__init__", _without_own_tags)


def _without_own_tags(
    original: Function, self: Any, template: Any, number: int, data: dict[str, Any], description: str
) -> None:
    specifications = data.pop("TagSpecifications", [])
    if launched := [tags for tags in specifications if tags.get("ResourceType") != "launch-template"]:
        data["TagSpecifications"] = launched
    original(self, template, number, data, description)
