"""Stacks as they stand, change sets, and the rule that guards what must not be lost. Pure, without AWS."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

GUARDED_TYPES = (
    "AWS::IAM::Group",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)
"""What people, data or other accounts depend on: replaced or removed, it is lost or its name means something else."""

_STABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
_NEVER_MADE = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})
_DONE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


class Standing(Enum):
    """What can be done with a stack."""

    ABSENT = "absent"
    NEVER_MADE = "never made"
    BUSY = "busy"
    STABLE = "stable"
    BROKEN = "broken"


@dataclass(frozen=True)
class Stack:
    """A stack as CloudFormation describes it; `policy` is its stack policy as JSON text, empty where it has none."""

    name: str
    status: str
    reason: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    policy: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether its last operation did what it was asked for."""
        return self.status in _DONE

    @property
    def secured(self) -> bool:
        """Whether it can neither be deleted by accident nor lose what the guard protects."""
        return self.protected and _same_policy(self.policy, stack_policy())


def standing(stack: Stack | None) -> Standing:
    """Return what can be done with a stack; None is one that is not there."""
    return standing_of(stack.status if stack else "")


def standing_of(status: str) -> Standing:
    """Return what can be done with a stack of this status, one of CloudFormation's 23 or empty for none."""
    if status in ("", "DELETE_COMPLETE"):
        return Standing.ABSENT
    if status in _NEVER_MADE:
        return Standing.NEVER_MADE
    if status.endswith("_IN_PROGRESS"):
        return Standing.BUSY
    return Standing.STABLE if status in _STABLE else Standing.BROKEN


@dataclass(frozen=True)
class StackResource:
    """One resource of a stack."""

    logical_id: str
    type: str
    physical_id: str
    status: str
    reason: str = ""

    @property
    def exists(self) -> bool:
        """Whether something is left of it in the account."""
        return self.status != "DELETE_COMPLETE" and bool(self.physical_id)


class ChangeAction(Enum):
    """What a change set does to one resource."""

    ADD = "Add"
    MODIFY = "Modify"
    REMOVE = "Remove"
    IMPORT = "Import"
    DYNAMIC = "Dynamic"


class Replacement(Enum):
    """Whether changing a resource makes a new one; CONDITIONAL is decided only while it happens."""

    NEVER = "False"
    CONDITIONAL = "Conditional"
    ALWAYS = "True"


@dataclass(frozen=True)
class ResourceChange:
    """One row of a change set."""

    action: ChangeAction
    logical_id: str
    type: str
    replacement: Replacement = Replacement.NEVER

    @property
    def loses(self) -> bool:
        """Whether the resource as it is may be gone afterwards."""
        replaced = self.replacement is not Replacement.NEVER
        return self.action in (ChangeAction.REMOVE, ChangeAction.DYNAMIC) or replaced

    @property
    def guarded(self) -> bool:
        """Whether it loses something that must not be lost unasked."""
        return self.loses and self.type in GUARDED_TYPES


@dataclass(frozen=True)
class ChangeSet:
    """What CloudFormation says it would do; `id` is empty where there is nothing to do.

    A change set can have no `changes` and still change something: outputs and tags are no resources.
    """

    stack: str
    id: str
    creates: bool
    changes: tuple[ResourceChange, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether executing it would change nothing."""
        return not self.id


def unallowed(changes: Iterable[ResourceChange], allowed: Collection[str]) -> tuple[ResourceChange, ...]:
    """Return the changes that the guard refuses; `allowed` are the logical ids of --allow-replace."""
    return tuple(change for change in changes if change.guarded and change.logical_id not in allowed)


def stack_policy(lifted: Collection[str] = ()) -> str:
    """Return the stack policy that lets CloudFormation neither replace nor delete a guarded resource.

    `lifted` are logical ids it spares for one update. A change set takes no policy of its own, so it is set before and
    set again after (AWS CloudFormation User Guide, "Prevent updates to stack resources").
    """
    spared = {"NotResource": [f"LogicalResourceId/{it}" for it in sorted(lifted)]} if lifted else {"Resource": "*"}
    allow = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    deny = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        **spared,
        "Condition": {"StringEquals": {"ResourceType": list(GUARDED_TYPES)}},
    }
    return json.dumps({"Statement": [allow, deny]})


def _same_policy(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
