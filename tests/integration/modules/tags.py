"""The tags of everything that a terraform state holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def wanted(environment: str, unit: str, *, layer: str = "foundation") -> dict[str, str]:
    """Return the tags that every resource of a unit carries."""
    return {
        "flowops:project": "flowable",
        "flowops:environment": environment,
        "flowops:layer": layer,
        "flowops:unit": unit,
    }


def lacking(state: Mapping[str, Any], tags: Mapping[str, str], *, module: str | None = None) -> list[str]:
    """Return the resources that can be tagged and lack one of these tags; a state without any is a failed test."""
    # The provider gives every resource type that AWS can tag this attribute, whether or not the module sets tags.
    found = {
        f"{resource['type']}.{resource['name']}{_key(instance)}": instance["attributes"]["tags_all"]
        for resource in state["resources"]
        for instance in resource["instances"]
        if resource["mode"] == "managed" and resource.get("module") == module and "tags_all" in instance["attributes"]
    }
    assert found
    return sorted(address for address, carried in found.items() if not tags.items() <= (carried or {}).items())


def _key(instance: Mapping[str, Any]) -> str:
    return f"[{instance['index_key']!r}]" if "index_key" in instance else ""
