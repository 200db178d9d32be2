"""What a plan would do, read from terraform's plan JSON.

Format: https://developer.hashicorp.com/terraform/internals/json-format (format_version 1.x).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from flowops.model.attributes import AttributeChanges, attribute_changes
from flowops.model.deployment import Unit
from flowops.model.discretion import Discretion, child
from flowops.model.plan_code import Adoptable, Code, Codes, adoptable

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
    IMPORT = "import"
    MOVE = "move"
    NONE = "unchanged"


@dataclass(frozen=True)
class ResourceChange:
    """One resource of a plan; `reason` is terraform's action_reason, such as replace_because_tainted.

    `before` and `after` are its values, secrets among them: they are for rules to look at, and are shown nowhere.
    `unknown` says which values only an apply will tell. `holds_data` is set for types that the configuration names.
    `attributes` are what of it may be shown to anybody, `hidden` those that are, or hold, something sensitive.
    `deposed` names an object that a replacement has left behind, empty for the one that stands.
    """

    address: str
    type: str
    action: Action
    reason: str = ""
    holds_data: bool = False
    deposed: str = ""
    hidden: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    before: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    after: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    attributes: AttributeChanges = field(default=AttributeChanges(), repr=False, compare=False)

    @property
    def precious(self) -> bool:
        """Whether it holds data, or takes what does along when it goes."""
        return self.holds_data or self.type in STATEFUL_TYPES

    @property
    def stateful(self) -> bool:
        """Whether data is lost with it."""
        return self.precious and self.action in (Action.DELETE, Action.REPLACE)


@dataclass(frozen=True)
class ResourceDrift:
    """One resource that AWS answers otherwise than the state has it; `gone` says that it is not there any more.

    `before` are its values in the state and `after` those in AWS, secrets among them: they are for verdicts to look at,
    and are shown nowhere. `attributes` are what of it may be shown to anybody, `hidden` those that are, or hold,
    something sensitive. `code` is what the code says of it, `adoptable` what it may say so that AWS can stay as it is.
    """

    address: str
    type: str
    gone: bool
    hidden: frozenset[str] = frozenset()
    before: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    after: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    attributes: AttributeChanges = field(default=AttributeChanges(), repr=False, compare=False)
    code: Code = field(default=Code(), repr=False, compare=False)
    adoptable: tuple[Adoptable, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class Plan:
    """The parsed plan of one unit.

    `provisional_because` is empty for an exact plan, else one sentence that names the cause; `file` is the path of the
    saved plan, empty without one. `flaw` says what terraform let pass and we do not, empty where there is nothing.
    `mocks` are the inputs that hold a mock, `accounts` those that its provider allows. `drift` is what AWS answered
    otherwise than the state has it.
    """

    unit: Unit
    changes: tuple[ResourceChange, ...]
    changed_outputs: tuple[str, ...] = ()
    mocks: tuple[str, ...] = ()
    errored: bool = False
    file: str = ""
    provisional_because: str = ""
    flaw: str = ""
    accounts: tuple[str, ...] = ()
    drift: tuple[ResourceDrift, ...] = ()

    @property
    def mocked(self) -> bool:
        """Whether a mock stands in for an output that nobody has made yet."""
        return bool(self.mocks)

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

    def holding(self, types: Collection[str]) -> Plan:
        """Return the plan where resources of these types hold data, too."""
        changes = (replace(it, holds_data=True) if it.type in types else it for it in self.changes)
        return replace(self, changes=tuple(changes)) if types else self

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
        mocks=tuple(sorted(name for name, it in document.get("variables", {}).items() if _mentions_mock(it))),
        errored=bool(document.get("errored", False)),
        file=file,
        accounts=tuple(_accounts(document)),
        drift=tuple(_resource_drift(document)),
    )


def _resource_changes(document: Mapping[str, Any]) -> Iterator[ResourceChange]:
    discretion = Discretion.about(document)
    for it in document.get("resource_changes", ()):
        change = it["change"]
        action = _action_of(it)
        touches = action not in (Action.NONE, Action.READ)
        yield ResourceChange(
            it["address"],
            it["type"],
            action,
            it.get("action_reason", ""),
            deposed=it.get("deposed", ""),
            hidden=_hidden(change, discretion) if touches else frozenset(),
            before=change.get("before") or {},
            after=change.get("after") or {},
            unknown=change.get("after_unknown") or {},
            attributes=attribute_changes(change, discretion) if touches else AttributeChanges(),
        )


def _resource_drift(document: Mapping[str, Any]) -> Iterator[ResourceDrift]:
    discretion, codes = Discretion.about(document), Codes(document)
    for it in document.get("resource_drift", ()):
        change = it["change"]
        if it.get("deposed"):
            continue  # nobody's any more: an apply only takes it away
        code = codes.of(it["address"])
        yield ResourceDrift(
            it["address"],
            it["type"],
            gone=_action_of(it) is Action.DELETE,
            hidden=_hidden(change, discretion),
            before=change.get("before") or {},
            after=change.get("after") or {},
            attributes=attribute_changes(change, discretion),
            code=code,
            adoptable=tuple(adoptable(change, code, discretion)),
        )


def _hidden(change: Mapping[str, Any], discretion: Discretion) -> frozenset[str]:
    """Return the attributes that are sensitive as wholes, and those whose text holds what is: a name gives an id."""
    return frozenset(
        key
        for side in ("before", "after")
        if isinstance(values := change.get(side), Mapping)
        for key, it in values.items()
        if (marks := change.get(f"{side}_sensitive")) is True
        or child(marks, key) is True
        or (isinstance(it, str) and discretion.line(it) != it)
    )


def _action_of(resource: Mapping[str, Any]) -> Action:
    """Return what happens.

    terraform calls it "no-op" where something is only imported, or gets another address, yet it has to be applied.
    """
    action = _action(tuple(resource["change"]["actions"]))
    if action is not Action.NONE:
        return action
    if resource["change"].get("importing"):
        return Action.IMPORT
    former = resource.get("previous_address")
    return Action.MOVE if former and former != resource["address"] else action


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


def _accounts(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the accounts that the plan's providers are allowed to work in, where the configuration says them."""
    providers = document.get("configuration", {}).get("provider_config", {})
    for provider in providers.values():
        yield from provider.get("expressions", {}).get("allowed_account_ids", {}).get("constant_value", ())


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
