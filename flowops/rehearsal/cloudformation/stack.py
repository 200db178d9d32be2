"""Stacks and what belongs to them, as plain data that can be pickled.

A stack changes while others read it, so its collections are replaced as a whole and never changed in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from flowops.rehearsal.cloudformation.template import Declaration, Template


class Status(StrEnum):
    """States of stacks, of resources, and of both."""

    REVIEW_IN_PROGRESS = "REVIEW_IN_PROGRESS"
    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    CREATE_FAILED = "CREATE_FAILED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_COMPLETE = "ROLLBACK_COMPLETE"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"
    UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"
    UPDATE_COMPLETE_CLEANUP_IN_PROGRESS = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
    UPDATE_COMPLETE = "UPDATE_COMPLETE"
    UPDATE_FAILED = "UPDATE_FAILED"
    UPDATE_ROLLBACK_IN_PROGRESS = "UPDATE_ROLLBACK_IN_PROGRESS"
    UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    UPDATE_ROLLBACK_COMPLETE = "UPDATE_ROLLBACK_COMPLETE"
    UPDATE_ROLLBACK_FAILED = "UPDATE_ROLLBACK_FAILED"
    IMPORT_IN_PROGRESS = "IMPORT_IN_PROGRESS"
    IMPORT_COMPLETE = "IMPORT_COMPLETE"
    IMPORT_ROLLBACK_IN_PROGRESS = "IMPORT_ROLLBACK_IN_PROGRESS"
    IMPORT_ROLLBACK_COMPLETE = "IMPORT_ROLLBACK_COMPLETE"
    IMPORT_ROLLBACK_FAILED = "IMPORT_ROLLBACK_FAILED"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
    DELETE_COMPLETE = "DELETE_COMPLETE"
    DELETE_FAILED = "DELETE_FAILED"
    DELETE_SKIPPED = "DELETE_SKIPPED"

    @property
    def working(self) -> bool:
        """Whether an operation runs; a stack under review waits for its first change set."""
        return self.endswith("_IN_PROGRESS") and self is not Status.REVIEW_IN_PROGRESS


UPDATABLE = frozenset(
    {
        Status.CREATE_COMPLETE,
        Status.CREATE_FAILED,
        Status.UPDATE_COMPLETE,
        Status.UPDATE_FAILED,
        Status.UPDATE_ROLLBACK_COMPLETE,
        Status.IMPORT_COMPLETE,
        Status.IMPORT_ROLLBACK_COMPLETE,
    }
)
"""A failed create or update is left to be updated only where its rollback was switched off."""


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Scope:
    """The account and region a stack lives in."""

    account: str
    region: str


@dataclass(frozen=True)
class Resource:
    """One resource as it was made last: `properties` are resolved and typed, `attributes` are for Fn::GetAtt."""

    declaration: Declaration
    physical_id: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]
    status: Status
    reason: str = ""
    changed: datetime = field(default_factory=now)

    @property
    def logical_id(self) -> str:
        """The name in the template."""
        return self.declaration.logical_id

    @property
    def type(self) -> str:
        """The resource type, such as AWS::S3::Bucket."""
        return self.declaration.type


@dataclass(frozen=True)
class Event:
    """Something that happened to a stack or to one of its resources."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    token: str
    event_id: str = field(default_factory=lambda: str(uuid4()))
    time: datetime = field(default_factory=now)


@dataclass(frozen=True)
class Output:
    """An output with its value; `export` is empty where the value is not exported."""

    key: str
    value: str
    description: str = ""
    export: str = ""


@dataclass(frozen=True)
class Revision:
    """What a stack was asked to be."""

    template: Template
    parameters: Mapping[str, str]
    tags: tuple[tuple[str, str], ...] = ()
    capabilities: tuple[str, ...] = ()

    def secrets(self) -> frozenset[str]:
        """Return the values that are never shown."""
        hidden = self.template.secret_parameters()
        return frozenset(value for name, value in self.parameters.items() if name in hidden and value)


@dataclass(frozen=True)
class Modified:
    """An update changed a resource in place, or tried to."""

    before: Resource
    after: Resource


@dataclass(frozen=True)
class Added:
    """An update made a resource; `before` is the one it replaces."""

    after: Resource
    before: Resource | None = None


@dataclass(frozen=True)
class Undo:
    """All it takes to bring a stack back to where an update found it; the latest step stands last."""

    revision: Revision
    outputs: tuple[Output, ...]
    steps: tuple[Modified | Added, ...] = ()
    leftovers: tuple[Resource, ...] = ()


@dataclass(frozen=True)
class Change:
    """One row of a change set; `replacement` is True, False, Conditional or empty."""

    action: str
    logical_id: str
    type: str
    physical_id: str = ""
    replacement: str = ""
    policy_action: str = ""
    scope: tuple[str, ...] = ()
    details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class ChangeSet:
    """A revision under review and what it would change.

    `reverts` makes it start from the resources as they really are, which are `actual` once they were read.
    """

    name: str
    arn: str
    creates: bool
    revision: Revision
    description: str = ""
    on_failure: str = "ROLLBACK"
    status: str = "CREATE_PENDING"
    execution: str = "UNAVAILABLE"
    reason: str = ""
    changes: tuple[Change, ...] = ()
    created: datetime = field(default_factory=now)
    reverts: bool = False
    actual: Mapping[str, Resource] = field(default_factory=dict)

    def interrupted(self, reason: str) -> ChangeSet:
        """Return it with whatever was going on ended as failed."""
        if self.status == "CREATE_PENDING":
            return replace(self, status="FAILED", reason=reason)
        if self.execution == "EXECUTE_IN_PROGRESS":
            return replace(self, execution="EXECUTE_FAILED")
        return self


@dataclass(frozen=True)
class ResourceDrift:
    """How one resource differs from what its stack made."""

    resource: Resource
    status: str
    actual: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[Mapping[str, str], ...] = ()
    time: datetime = field(default_factory=now)


@dataclass
class Stack:
    """A stack with everything CloudFormation remembers about it, the latest event first."""

    name: str
    scope: Scope
    arn: str = ""
    status: Status = Status.REVIEW_IN_PROGRESS
    reason: str = ""
    revision: Revision | None = None
    resources: Mapping[str, Resource] = field(default_factory=dict)
    gone: tuple[Resource, ...] = ()
    outputs: tuple[Output, ...] = ()
    events: tuple[Event, ...] = ()
    change_sets: Mapping[str, ChangeSet] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    undo: Undo | None = None
    cancelled: bool = False
    protected: bool = False
    policy: str = ""
    role: str = ""
    disable_rollback: bool = False
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    drift_status: str = "NOT_CHECKED"
    drift_checked: datetime | None = None
    drifts: tuple[ResourceDrift, ...] = ()

    def __post_init__(self) -> None:
        if not self.arn:
            self.arn = arn(self.scope, "stack", self.name)

    @property
    def alive(self) -> bool:
        """Whether its name is taken."""
        return self.status is not Status.DELETE_COMPLETE


@dataclass(frozen=True)
class Detection:
    """One run of drift detection; `drifted` counts the resources that differ."""

    id: str
    stack_arn: str
    status: str = "DETECTION_IN_PROGRESS"
    drift_status: str = "UNKNOWN"
    drifted: int = 0
    reason: str = ""
    time: datetime = field(default_factory=now)

    def interrupted(self, reason: str) -> Detection:
        """Return it as failed where it was not finished."""
        if self.status != "DETECTION_IN_PROGRESS":
            return self
        return replace(self, status="DETECTION_FAILED", reason=reason)


def arn(scope: Scope, kind: str, name: str) -> str:
    """Return a new ARN of CloudFormation; `kind` is stack or changeSet."""
    return f"arn:aws:cloudformation:{scope.region}:{scope.account}:{kind}/{name}/{uuid4()}"
