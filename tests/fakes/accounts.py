"""An organization in memory whose time passes only while somebody waits, its operator, and flowops.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from flowops.errors import CredentialsError, Declined, FlowopsError, UsageError, WrongAccount
from flowops.model.account_failures import failed_request
from flowops.model.accounts import (
    AccountRequest,
    AccountsPlan,
    NoOrganization,
    OrganizationAccount,
    UnitTree,
    WantedAccount,
)
from flowops.model.facts import Organization
from flowops.operations.ports.accounts import AccountPorts
from tests.fakes.aws import FakeDoor

OWNER, STRANGER = "000000000001", "000000000099"
ORGANIZATION = Organization("o-abcdefghij", OWNER)


@dataclass
class FakeOrganization:
    """AWS Organizations, and the way into each account.

    `looks` says how often a request is looked at before it ends, `tries` how often a role is assumed in vain, `reasons`
    why the request for a name fails, `refusals` what the next calls that change something are answered with.
    """

    standing: Organization | None = ORGANIZATION
    members: dict[str, OrganizationAccount] = field(default_factory=dict)
    planned: Mapping[str, str] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    units: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    looks: int = 1
    tries: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    refusals: list[BaseException] = field(default_factory=list)
    leads_elsewhere: set[str] = field(default_factory=set)
    stranger: bool = False
    changes: list[str] = field(default_factory=list)
    on_look: Callable[[], None] = lambda: None
    _requests: dict[str, WantedAccount] = field(default_factory=dict)
    _looked: dict[str, int] = field(default_factory=dict)
    _tried: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.standing:
            self._own()

    def _own(self) -> None:
        self.members[OWNER] = OrganizationAccount(OWNER, "main", "aws@example.com")

    def add(self, account_id: str, name: str, email: str = "", state: str = "ACTIVE", place: str = "") -> None:
        """Let an account stand that somebody made before."""
        self.members[account_id] = OrganizationAccount(account_id, name, email or f"{name}@example.org", state)
        self.places[account_id] = place

    # -- OrganizationApi ---------------------------------------------------------------------------------------------

    def caller(self) -> str:
        return STRANGER if self.stranger else OWNER

    def found(self) -> Organization:
        self._change("organization")
        self.standing = ORGANIZATION
        self._own()
        return ORGANIZATION

    def accounts(self) -> tuple[OrganizationAccount, ...]:
        return tuple(sorted(self.members.values(), key=lambda it: it.name))

    def project_of(self, account_id: str) -> str:
        return self.projects.get(account_id, "")

    def under_way(self) -> tuple[AccountRequest, ...]:
        return tuple(
            AccountRequest(it, wanted.name) for it, wanted in self._requests.items() if not self._ended(it, wanted)
        )

    def order(self, wanted: WantedAccount) -> AccountRequest:
        self._change(f"order {wanted.name}")
        request = f"car-{len(self._requests) + 1:08}"
        self._requests[request] = wanted
        if any(it.email.lower() == wanted.email.lower() for it in self.members.values()):
            self.reasons[wanted.name] = "EMAIL_ALREADY_EXISTS"
        return AccountRequest(request, wanted.name)

    def look(self, request: str, email: str) -> AccountRequest:
        self.on_look()
        wanted = self._requests[request]
        self._looked[request] = self._looked.get(request, 0) + 1
        if not self._ended(request, wanted):
            return AccountRequest(request, wanted.name)
        if wanted.name in self.reasons:
            failure = failed_request(wanted.name, email, self.reasons[wanted.name])
            return AccountRequest(request, wanted.name, failure=failure)
        return AccountRequest(request, wanted.name, self._stood_up(wanted))

    def tree(self) -> UnitTree:
        places = {it: self.places.get(it, "") for it in self.members}
        return UnitTree({"": "r-1", **{it: f"ou-{it}" for it in self.units}}, places)

    def move(self, account_id: str, path: str) -> None:
        self._change(f"move {account_id} to {path}")
        self.units += self.tree().missing(path)
        self.places[account_id] = path

    # -- ManagementCloud ---------------------------------------------------------------------------------------------

    def organization(self) -> Organization:
        if self.standing is None:
            raise NoOrganization("no organization")
        if self.stranger:
            raise CredentialsError("a member account")
        return self.standing

    def enter(self, account: str, account_id: str) -> FakeDoor:
        self._tried[account_id] = self._tried.get(account_id, 0) + 1
        if account_id in self.leads_elsewhere:
            raise WrongAccount(account_id, STRANGER, where=account)
        if account_id not in self.members or self._tried[account_id] <= self.tries:
            raise CredentialsError(f"AWS answered AccessDenied for {account_id}.")
        return FakeDoor()

    def _ended(self, request: str, wanted: WantedAccount) -> bool:
        return self._looked.get(request, 0) >= self.looks

    def _stood_up(self, wanted: WantedAccount) -> str:
        known = next((it.id for it in self.members.values() if it.email == wanted.email), None)
        account_id = known or self.planned.get(wanted.name) or f"{500000000000 + len(self.members)}"
        self.members[account_id] = OrganizationAccount(account_id, wanted.name, wanted.email)
        self.projects[account_id] = wanted.project
        return account_id

    def _change(self, what: str) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.changes.append(what)


@dataclass
class FakeAccountsFile:
    """flowops.yaml: `ids` as they are written; `full` says that there is no room for one."""

    ids: dict[str, str] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    full: bool = False
    broken: FlowopsError | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def require_room_for_ids(self, names: Sequence[str]) -> None:
        if self.full and names:
            raise UsageError("flowops.yaml would not hold with an id.")

    def write_id(self, name: str, account_id: str) -> None:
        if self.broken:
            raise self.broken
        if self.ids.get(name) != account_id:
            self.ids[name] = account_id
            self.writes.append(name)


@dataclass
class FakeAccountsConsole:
    """Somebody with these answers, or nobody."""

    answers: list[str] = field(default_factory=list)
    interactive: bool = False
    asked: list[str] = field(default_factory=list)
    shown: list[AccountsPlan] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    on_show: Callable[[], object] = lambda: None

    def show(self, plan: AccountsPlan) -> None:
        self.shown.append(plan)
        self.on_show()

    def ask(self, question: str) -> str:
        self.asked.append(question)
        if not self.answers:
            raise Declined("nobody answers")
        return self.answers.pop(0)

    def progress(self, line: str) -> None:
        self.lines.append(line)


@dataclass
class FakeTime:
    """A clock that goes on only while somebody sleeps."""

    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@dataclass
class AccountsWorld:
    """Everything that making accounts is given, to arrange before and to look at after."""

    organization: FakeOrganization = field(default_factory=FakeOrganization)
    file: FakeAccountsFile = field(default_factory=FakeAccountsFile)
    console: FakeAccountsConsole = field(default_factory=FakeAccountsConsole)
    time: FakeTime = field(default_factory=FakeTime)
    planned_ids: bool = False

    def ports(self) -> AccountPorts:
        """Return the ports."""
        ports = AccountPorts(
            self.organization, self.organization, self.file, self.console, self.time.sleep, self.time.monotonic
        )
        return replace(ports, ids_are_planned=self.planned_ids)
