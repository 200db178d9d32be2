"""What a plan would do, read from terraform's plan JSON.

Format: https://developer.hashicorp.com/terraform/internals/json-format (format_version 1.x).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flowops.model.deployment import Unit

MOCK_MARKER = "mock-"
"""Stands in every string of `mock_outputs`, so that a plan that saw one can be recognised."""

STATEFUL_TYPES = frozenset(
    {
        "aws_db_instance",
        "aws_rds_cluster",
        "aws_efs_file_system",
        "aws_eks_cluster",
        "aws_elasticsearch_domain",
        "aws_kms_key",
        "aws_opensearch_domain",
        "aws_s3_bucket",
    }
)
"""Resource types that hold data or take everything on them along when they go."""


class Action(Enum):
    """What happens to one resource."""

    CREATE = "add"
    UPDATE = "change"
    REPLACE = "replace"
    DELETE = "destroy"
    READ = "read"
    FORGET = "forget"
    NONE = "unchanged"


@dataclass(frozen=True)
class ResourceChange:
    """One resource of a plan; `reason` is terraform's action_reason, such as replace_because_tainted."""

    address: str
    type: str
    action: Action
    reason: str = ""

    @property
    def stateful(self) -> bool:
        """Whether data is lost with it."""
        return self.type in STATEFUL_TYPES and self.action in (Action.DELETE, Action.REPLACE)


@dataclass(frozen=True)
class Plan:
    """The parsed plan of one unit.

    `provisional_because` is empty for an exact plan, else one sentence that names the cause; `file` is the path of the
    saved plan, empty without one.
    """

    unit: Unit
    changes: tuple[ResourceChange, ...]
    changed_outputs: tuple[str, ...] = ()
    mocked: bool = False
    errored: bool = False
    file: str = ""
    provisional_because: str = ""

    @property
    def exact(self) -> bool:
        """Whether the plan was made of real upstream outputs only."""
        return not self.provisional_because

    @property
    def empty(self) -> bool:
        """Whether applying it changes neither a resource nor an output."""
        return not self.resource_changes and not self.changed_outputs

    @property
    def resource_changes(self) -> tuple[ResourceChange, ...]:
        """Return the changes that touch something."""
        return tuple(it for it in self.changes if it.action not in (Action.NONE, Action.READ))

    def count(self, action: Action) -> int:
        """Return how many resources `action` happens to."""
        return sum(it.action is action for it in self.changes)

    def address(self, change: ResourceChange) -> str:
        """Return LAYER/UNIT//TERRAFORM_ADDRESS, the form every flag takes."""
        return f"{self.unit.layer}/{self.unit.name}//{change.address}"


def plan_from_json(unit: Unit, document: Mapping[str, Any], file: str = "") -> Plan:
    """Return the plan that `terraform show -json` printed of the saved plan `file`; ValueError for unknown actions."""
    return Plan(
        unit,
        changes=tuple(_resource_changes(document)),
        changed_outputs=tuple(_changed_outputs(document)),
        mocked=_mentions_mock(document.get("variables", {})),
        errored=bool(document.get("errored", False)),
        file=file,
    )


def _resource_changes(document: Mapping[str, Any]) -> Iterator[ResourceChange]:
    for it in document.get("resource_changes", ()):
        action = _action(tuple(it["change"]["actions"]))
        yield ResourceChange(it["address"], it["type"], action, it.get("action_reason", ""))


def _action(actions: tuple[str, ...]) -> Action:
    match actions:
        case ("create",):
            return Action.CREATE
        case ("update",):
            return Action.UPDATE
        case ("delete",):
            return Action.DELETE
        case ("read",):
            return Action.READ
        case ("forget",):
            return Action.FORGET
        case ("delete", "create") | ("create", "delete"):
            return Action.REPLACE
        case ("no-op",):
            return Action.NONE
        case _:
            # Not shown and not guarded would be worse than a plan that cannot be read.
            raise ValueError(f"unknown actions {actions}")


def _changed_outputs(document: Mapping[str, Any]) -> Iterator[str]:
    for name, change in document.get("output_changes", {}).items():
        if change["actions"] != ["no-op"]:
            yield name


def _mentions_mock(value: Any) -> bool:
    match value:
        case str():
            return MOCK_MARKER in value
        case Mapping():
            return any(_mentions_mock(it) for it in value.values())
        case list():
            return any(_mentions_mock(it) for it in value)
        case _:
            return False
