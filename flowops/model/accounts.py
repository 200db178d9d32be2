"""The accounts of an AWS organization, and what becomes of each account that flowops.yaml names. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from flowops.errors import Exit, FlowopsError, OperationFailed, worst
from flowops.model.facts import Organization

ACTIVE = "ACTIVE"
CREATE_COMMAND = "flowops accounts create"


class NoOrganization(OperationFailed):
    """The caller's account belongs to no organization."""


class Busy(OperationFailed):
    """Organizations cannot do this just now, and may a little later."""


class AccountFailed(OperationFailed):
    """Something is wrong with one account; the others can go on."""


@dataclass(frozen=True)
class OrganizationAccount:
    """One account of the organization; `state` is AWS's word for it, such as ACTIVE or PENDING_CLOSURE."""

    id: str
    name: str
    email: str
    state: str = ACTIVE

    @property
    def active(self) -> bool:
        """Say whether it can be worked in."""
        return self.state == ACTIVE


@dataclass(frozen=True)
class WantedAccount:
    """An account to be made, tagged with its project; `role` is made in it, for the management account only."""

    name: str
    email: str
    role: str
    project: str


@dataclass(frozen=True)
class AccountRequest:
    """A request for an account, under way until `account_id` or `failure` says how it ended."""

    id: str
    name: str
    account_id: str = ""
    failure: OperationFailed | None = None


@dataclass(frozen=True)
class UnitTree:
    """The organizational units by path below the root ("" is the root itself), and where each account stands."""

    units: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def missing(self, path: str) -> tuple[str, ...]:
        """Return the paths that have to be made for `path`, the upper one first."""
        parts = path.split("/")
        paths = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return tuple(it for it in paths if it and it not in self.units)


@dataclass(frozen=True)
class CreateRequest:
    """What the command line says; without `accounts` all of flowops.yaml."""

    accounts: tuple[str, ...] = ()
    emails: Mapping[str, str] = field(default_factory=dict)
    email_base: str = ""
    adopt: Mapping[str, str] = field(default_factory=dict)
    yes: bool = False

    def command(self, *more: str) -> str:
        """Return the command line that says it, with more options."""
        named = [("--email", self.emails), ("--adopt", self.adopt)]
        words = [word for option, pairs in named for name, it in pairs.items() for word in (option, f"{name}={it}")]
        base = ["--email-base", self.email_base] if self.email_base else []
        said = [*self.accounts, *words, *base, *(["--yes"] if self.yes else [])]
        return " ".join([CREATE_COMMAND, *map(shlex.quote, said), *more])


class Decision(Enum):
    """What is to become of an account."""

    STANDS = "stands"
    ADOPT = "adopt"
    WAIT = "wait"
    CREATE = "create"


@dataclass(frozen=True)
class PlannedAccount:
    """What is to become of one account; `unit` is where it is to stand, `place` where it does, None where unknown.

    `request` is the request for it that is under way.
    """

    name: str
    decision: Decision
    account_id: str = ""
    email: str = ""
    request: str = ""
    unit: str = ""
    place: str | None = None
    why: str = ""

    @property
    def moves(self) -> bool:
        """Say whether it has to be moved into its organizational unit."""
        return bool(self.unit) and self.unit != self.place

    @property
    def changes(self) -> bool:
        """Say whether anything has to be done in AWS for it."""
        return self.moves or self.decision is not Decision.STANDS


@dataclass(frozen=True)
class AccountsPlan:
    """What is to become of each account; `organization` None where `caller`, an account, is to found one."""

    organization: Organization | None
    caller: str
    accounts: tuple[PlannedAccount, ...]
    new_units: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Say whether anything has to be done in AWS."""
        return self.organization is None or any(it.changes for it in self.accounts)

    @property
    def question(self) -> str:
        """Return what the operator is asked."""
        verbs = {Decision.CREATE: "create", Decision.WAIT: "wait for", Decision.ADOPT: "adopt"}
        steps = [] if self.organization else [f"found an organization in account {self.caller}"]
        for decision, verb in verbs.items():
            names = [it.name for it in self.accounts if it.decision is decision]
            steps += [f"{verb} {', '.join(names)}"] if names else []
        moved = [it.name for it in self.accounts if it.moves and it.decision is Decision.STANDS]
        steps += [f"move {', '.join(moved)}"] if moved else []
        asked = "; ".join(steps)
        return f"{asked[:1].upper()}{asked[1:]}? [y/N] "


class Outcome(Enum):
    """What became of an account."""

    UNCHANGED = "unchanged"
    CREATED = "created"
    ADOPTED = "adopted"
    MOVED = "moved"
    UNDER_WAY = "under way"
    FAILED = "failed"
    NOT_BEGUN = "not begun"


@dataclass(frozen=True)
class AccountResult:
    """What became of one account, and what went wrong; `touched` says that something was done for it in AWS."""

    name: str
    outcome: Outcome
    account_id: str = ""
    error: FlowopsError | None = None
    touched: bool = False


@dataclass(frozen=True)
class AccountsResult:
    """What became of every account."""

    organization: Organization | None
    accounts: tuple[AccountResult, ...]
    founded: bool = False

    @property
    def exit_code(self) -> Exit:
        """Return 0 when every account stands, 3 when something was done and something is not."""
        failed = [it.error.exit_code for it in self.accounts if it.error]
        partly = failed and (self.founded or any(it.touched for it in self.accounts))
        return worst([*failed, *([Exit.PARTLY_DONE] if partly else [])])


@dataclass(frozen=True)
class AccountRow:
    """One account as the list shows it.

    `known_as` is its name in flowops.yaml, `place` its organizational unit. `entry` says whether the management role
    can be assumed, empty where it was not tried; `next` is the command for an account that the organization lacks.
    """

    name: str
    id: str
    email: str
    state: str
    known_as: str = ""
    place: str = ""
    entry: str = ""
    next: str = ""
