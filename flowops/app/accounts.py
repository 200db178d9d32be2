"""Accounts of the organization: made, taken and listed at one site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.organizations import Organizations
from flowops.adapters.config_file import ConfigFile
from flowops.app.site import Site
from flowops.app.terminal import Terminal
from flowops.errors import Declined
from flowops.model.accounts import AccountRow, AccountsPlan, AccountsResult, CreateRequest
from flowops.model.facts import Organization
from flowops.operations import accounts
from flowops.operations.accounts_plan import chosen_accounts
from flowops.operations.ports.accounts import AccountPorts, AccountsConsole, AccountsFile


def create_accounts(
    request: CreateRequest, site: Site, console: Terminal, pause: Callable[[float], None], *, rehearsal: bool
) -> AccountsResult:
    """Bring the accounts of flowops.yaml about; ids are written into the flowops.yaml of the site."""
    # Before a profile is opened: a wrong name has nothing to do with AWS.
    chosen_accounts(request, site.config)
    ports = _ports(site, _AtTerminal(console), ConfigFile(site.project), pause, rehearsal=rehearsal)
    return accounts.create_accounts(request, site.config, ports)


def list_accounts(
    site: Site, console: Terminal, *, rehearsal: bool
) -> tuple[Organization | None, tuple[AccountRow, ...]]:
    """Return the organization and its accounts, then those of flowops.yaml that it lacks."""
    ports = _ports(site, _AtTerminal(console), ConfigFile(site.project), time.sleep, rehearsal=rehearsal)
    return accounts.list_accounts(site.config, ports)


def rehearse_accounts(site: Site, say: Callable[[str], None], pause: Callable[[float], None]) -> None:
    """Bring about every account in an emulated AWS, with the ids that the configuration of the site has for them.

    OperationFailed where one cannot be made.
    """
    ports = _ports(site, _Unattended(say), _Unwritten(), pause, rehearsal=True)
    # By its id: an account whose id was changed in flowops.yaml is another account.
    emails = {name: f"{it.id}@rehearsal.invalid" for name, it in site.config.accounts.items()}
    accounts.require_made(accounts.create_accounts(CreateRequest(emails=emails, yes=True), site.config, ports))


def _ports(
    site: Site, console: AccountsConsole, file: AccountsFile, pause: Callable[[float], None], *, rehearsal: bool
) -> AccountPorts:
    management = site.config.management
    return AccountPorts(
        cloud=ManagementAws(site.sessions, management.profile, management.role),
        organizations=Organizations(site.sessions.profile(management.profile)),
        file=file,
        console=console,
        sleep=pause,
        monotonic=time.monotonic,
        ids_are_planned=rehearsal,
    )


class _AtTerminal:
    """The operator who wants accounts."""

    def __init__(self, console: Terminal) -> None:
        self._console = console
        self.ask, self.progress = console.ask, console.note

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""
        return self._console.interactive

    def show(self, plan: AccountsPlan) -> None:
        """Show what is to become of each account."""
        self._console.accounts(plan)


class _Unattended:
    """Nobody, who is told what happens."""

    interactive = False

    def __init__(self, say: Callable[[str], None]) -> None:
        self.progress = say

    def show(self, plan: AccountsPlan) -> None:
        """Show nothing: nobody has to agree."""

    def ask(self, question: str) -> str:
        """Raise Declined: nobody is there to answer."""
        raise Declined(f"There is nobody to answer: {question.strip()}")


class _Unwritten:
    """No file: the ids of a rehearsal are known without one."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for nobody."""
        yield

    def require_room_for_ids(self, names: Sequence[str]) -> None:
        """Need no room."""

    def write_id(self, name: str, account_id: str) -> None:
        """Write nothing."""
