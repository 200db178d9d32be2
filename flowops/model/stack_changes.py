"""Stacks as they stand, change sets, and the rule that guards what must not be lost. Pure, without AWS."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from flowops.model.stack_status import Way, way_of

GUARDED_TYPES = (
    "AWS::IAM::Group",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)
"""What people, data or other accounts depend on: replaced or removed, it is lost or its name means something else."""

CANCELLED = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")
"""How the reasons of resources begin that did not fail themselves."""

_DONE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


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
    def broken(self) -> bool:
        """Whether its last operation failed and was not taken back."""
        return self.status.endswith("_FAILED")

    @property
    def secured(self) -> bool:
        """Whether it can neither be deleted by accident nor lose what the guard protects."""
        return self.protected and same_policy(self.policy, stack_policy())


def way(stack: Stack | None) -> Way:
    """Return how a bootstrap goes on with a stack; None is one that is not there."""
    return way_of(stack.status if stack else "")


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

    @property
    def retained(self) -> bool:
        """Whether it is left because its DeletionPolicy, or somebody who deleted the stack, wanted to keep it."""
        return self.status == "DELETE_SKIPPED"

    @property
    def stuck(self) -> bool:
        """Whether a rollback failed on it; one that was only cancelled because of another did not fail itself."""
        return self.status == "UPDATE_FAILED" and not self.reason.startswith(CANCELLED)

    @property
    def blocks_its_successor(self) -> bool:
        """Whether a stack made anew cannot make it again while it stands: its name is given, and is taken."""
        return _has_a_name(self.type)


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

    @property
    def blocks_its_successor(self) -> bool:
        """Whether a stack made anew cannot make it again while it stands."""
        return _has_a_name(self.type)


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


def _has_a_name(kind: str) -> bool:
    """Return whether a guarded resource has a name that is given, and can be taken."""
    return kind in GUARDED_TYPES and kind != "AWS::KMS::Key"


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


def same_policy(one: str, other: str) -> bool:
    """Return whether two stack policies say the same; a text that is none says nothing."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
