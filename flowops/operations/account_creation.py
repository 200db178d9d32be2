"""Carry out what was decided about accounts: order, wait, enter, write down, move."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flowops.errors import CredentialsError, FlowopsError, Interrupted, WrongAccount, shown
from flowops.model.account_failures import still_under_way
from flowops.model.accounts import (
    AccountFailed,
    AccountRequest,
    AccountResult,
    AccountsPlan,
    AccountsResult,
    Busy,
    CreateRequest,
    Decision,
    Outcome,
    PlannedAccount,
    WantedAccount,
)
from flowops.model.config import Config
from flowops.operations.ports.accounts import AccountPorts

PAUSE = 5.0
"""Seconds between two looks at what AWS does."""
PATIENCE = 900.0
"""Seconds that a new account may take, and then its role; AWS speaks of minutes."""
PATIENCE_ADOPTED = 60.0
"""Seconds that the role of an account may take which is there already: that of an invited one will never come."""
SAID_EVERY = 60.0

Result = TypeVar("Result")

_DONE = {Decision.CREATE: Outcome.CREATED, Decision.WAIT: Outcome.CREATED, Decision.ADOPT: Outcome.ADOPTED}


class Creation:
    """One command at work; it remembers what is under way, so that an interruption can say so."""

    def __init__(self, request: CreateRequest, config: Config, ports: AccountPorts) -> None:
        self._request, self._config, self._ports = request, config, ports
        self._results: list[AccountResult] = []
        self._under_way = ""
        self._touched = False

    def carry_out(self, plan: AccountsPlan) -> AccountsResult:
        """Bring every account about, one after the other; one that fails by itself does not stop the others."""
        organization = plan.organization
        if organization is None:
            self._under_way = "AWS makes the organization"
            organization = self._patiently(self._ports.organizations.found)
            self._ports.console.progress(f"organization {organization.id} was made")
        stopped: FlowopsError | None = None
        for it in plan.accounts:
            if stopped and it.changes:
                self._results.append(AccountResult(it.name, Outcome.NOT_BEGUN, it.account_id, stopped))
                continue
            self._results.append(self._brought_about(it))
            error = self._results[-1].error
            stopped = stopped or (None if isinstance(error, AccountFailed) else error)
        return AccountsResult(organization, tuple(self._results), founded=plan.organization is None)

    def interrupted(self) -> Interrupted:
        """Return what an interruption now leaves."""
        done = [f"{it.name} ({it.account_id})" for it in self._results if it.account_id and not it.error]
        stands = f" Written into flowops.yaml: {', '.join(done)}." if done else ""
        what = f"while {self._under_way}" if self._under_way else "before anything was under way"
        return Interrupted(
            f"Interrupted {what}.",
            not_done=f"AWS goes on with what it was asked for; the rest was not begun.{stands}",
            next_step=f"{self._request.command()}, which takes up what is under way",
        )

    def _brought_about(self, planned: PlannedAccount) -> AccountResult:
        self._touched = False
        account_id = planned.account_id
        outcome = _DONE.get(planned.decision, Outcome.UNCHANGED)
        try:
            if planned.decision in (Decision.CREATE, Decision.WAIT):
                account_id = self._made(planned)
            if planned.decision is not Decision.STANDS:
                self._enter(planned, account_id)
            self._write(planned.name, account_id)
            if planned.moves:
                self._move(planned, account_id)
                outcome = Outcome.MOVED if outcome is Outcome.UNCHANGED else outcome
        except FlowopsError as error:
            failed = Outcome.FAILED if account_id or not self._touched else Outcome.UNDER_WAY
            return AccountResult(planned.name, failed, account_id, error, self._touched)
        self._under_way = ""
        return AccountResult(planned.name, outcome, account_id, None, self._touched)

    def _made(self, planned: PlannedAccount) -> str:
        """Return the id of an account once AWS has made it."""
        name = planned.name
        self._under_way = f"AWS makes account {name}"
        if planned.decision is Decision.CREATE:
            wanted = WantedAccount(name, planned.email, self._config.management.role, self._config.project)
            request = self._patiently(lambda: self._ports.organizations.order(wanted))
            self._touched = True
        else:
            request = AccountRequest(planned.request, name)
            self._touched = True
        self._under_way = f"AWS makes account {name} (request {request.id})"
        made = self._ended(request, planned.email)
        if planned.decision is Decision.WAIT:
            self._require_ours(name, made)
        return made

    def _require_ours(self, name: str, account_id: str) -> None:
        """Raise AccountFailed for the account of another project: a request under way tells no more than a name."""
        project = self._ports.organizations.project_of(account_id)
        if project not in ("", self._config.project):
            self._touched = False
            raise AccountFailed(
                f"Account {name} ({account_id}) was asked for by another command, for project {shown(project)}.",
                not_done="Its id was not written into flowops.yaml, and no account was made for this project.",
                next_step=f"{self._request.command()}, which makes one of its own",
            )

    def _ended(self, request: AccountRequest, email: str) -> str:
        said = _Said(self._ports, f"account {request.name}: AWS is making it")

        def look() -> str | None:
            nonlocal request
            if not (request.account_id or request.failure):
                said.again()
                request = self._ports.organizations.look(request.id, email)
            if request.failure:
                self._touched = False
                raise request.failure
            return request.account_id or None

        found = self._until(look, PATIENCE)
        if found is None:
            raise still_under_way(request.name, request.id, PATIENCE / 60)
        return found

    def _enter(self, planned: PlannedAccount, account_id: str) -> None:
        """Return once the management role can be assumed in the account; WrongAccount where that leads elsewhere."""
        name, role = planned.name, self._config.management.role
        self._under_way = f"account {name} ({account_id}) gets its role {role}"
        said = _Said(self._ports, f"account {name} ({account_id}): its role {role} cannot be assumed yet")
        denied: list[CredentialsError] = []

        def look() -> bool | None:
            try:
                self._ports.cloud.enter(name, account_id)
            except WrongAccount:
                raise
            except CredentialsError as error:
                denied.append(error)
                said.again()
                return None
            return True

        adopted = planned.decision is Decision.ADOPT
        if self._until(look, PATIENCE_ADOPTED if adopted else PATIENCE) is None:
            raise self._no_entry(name, account_id, denied[-1]) from denied[-1]

    def _no_entry(self, name: str, account_id: str, denied: CredentialsError) -> AccountFailed:
        role = self._config.management.role
        return AccountFailed(
            f"Account {name} ({account_id}) is in the organization, but its role {role} cannot be assumed: "
            f"{denied.happened} An account that was invited has no such role.",
            not_done="Its id was not written into flowops.yaml.",
            next_step=f"make {role} in that account, trusting the management account with AdministratorAccess "
            f"(Organizations User Guide, 'Creating OrganizationAccountAccessRole'), then {self._request.command()}",
        )

    def _write(self, name: str, account_id: str) -> None:
        self._ports.file.write_id(name, account_id)

    def _move(self, planned: PlannedAccount, account_id: str) -> None:
        self._under_way = f"account {planned.name} moves to {planned.unit}"
        self._patiently(lambda: self._ports.organizations.move(account_id, planned.unit))
        self._touched = True

    def _patiently(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, tried again for a while as long as AWS is busy."""
        busy: list[Busy] = []

        def attempt() -> tuple[Result] | None:
            try:
                return (work(),)
            except Busy as error:
                if not busy:
                    self._ports.console.progress(f"{error.happened} Trying again for {PATIENCE / 60:.0f} minutes.")
                busy.append(error)
                return None

        found = self._until(attempt, PATIENCE)
        if found is None:
            raise busy[-1]
        return found[0]

    def _until(self, look: Callable[[], Result | None], patience: float) -> Result | None:
        """Return the first answer of `look` that is one, None where it gives none in this many seconds."""
        deadline = self._ports.monotonic() + patience
        while True:
            found = look()
            if found is not None or self._ports.monotonic() >= deadline:
                return found
            self._ports.sleep(PAUSE)


class _Said:
    """A line that is said when it first holds, and now and then as long as it does."""

    def __init__(self, ports: AccountPorts, line: str) -> None:
        self._ports, self._line = ports, line
        self._next = ports.monotonic()

    def again(self) -> None:
        """Say it, unless that was done less than a minute ago."""
        if self._ports.monotonic() >= self._next:
            self._ports.console.progress(self._line)
            self._next = self._ports.monotonic() + SAID_EVERY
