"""What making and listing accounts needs of the outside world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from flowops.model.accounts import AccountRequest, AccountsPlan, OrganizationAccount, UnitTree, WantedAccount
from flowops.model.facts import Organization
from flowops.operations.ports.aws import ManagementCloud


class OrganizationApi(Protocol):
    """AWS Organizations as the management account calls it.

    Every method may raise CredentialsError and OperationFailed; Busy where AWS may do it a little later.
    """

    def caller(self) -> str:
        """Return the id of the caller's account."""

    def found(self) -> Organization:
        """Return the organization, made with all features."""

    def accounts(self) -> tuple[OrganizationAccount, ...]:
        """Return every account of the organization, the management account among them."""

    def project_of(self, account_id: str) -> str:
        """Return the project that an account was made for, empty where none is known."""

    def under_way(self) -> tuple[AccountRequest, ...]:
        """Return the requests for accounts that AWS has not ended."""

    def order(self, wanted: WantedAccount) -> AccountRequest:
        """Ask for an account and return the request; AWS goes on by itself."""

    def look(self, request: str, email: str) -> AccountRequest:
        """Return how a request stands; `email`, where it is known, is named when it failed."""

    def tree(self) -> UnitTree:
        """Return the organizational units, and where each account stands."""

    def move(self, account_id: str, path: str) -> None:
        """Move an account into the organizational unit of this path, made where it is missing."""


class AccountsFile(Protocol):
    """The file that ids are written into; UsageError where it cannot be changed so, LockHeld where another one does."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep other commands from changing the file meanwhile."""

    def require_room_for_ids(self, names: Sequence[str]) -> None:
        """Raise UsageError where the id of one of these accounts could not be written."""

    def write_id(self, name: str, account_id: str) -> None:
        """Write the id of an account; nothing changes where it stands there already."""


class AccountsConsole(Protocol):
    """Who wants accounts."""

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""

    def show(self, plan: AccountsPlan) -> None:
        """Show what is to become of each account."""

    def ask(self, question: str) -> str:
        """Return the operator's answer; Declined when nobody can give one."""

    def progress(self, line: str) -> None:
        """Say one line about something that happens now."""


@dataclass(frozen=True)
class AccountPorts:
    """Everything that making and listing accounts is given.

    `ids_are_planned` says that an account is made with the id that the configuration has for it, as the emulated AWS
    of a rehearsal does: an id that no account has yet is then no mistake.
    """

    cloud: ManagementCloud
    organizations: OrganizationApi
    file: AccountsFile
    console: AccountsConsole
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    ids_are_planned: bool = False
