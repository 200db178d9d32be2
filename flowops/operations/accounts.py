"""Make the accounts of flowops.yaml, or take those that exist; and list what the organization has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowops.errors import CredentialsError, Declined, FlowopsError, OperationFailed
from flowops.model.accounts import (
    CREATE_COMMAND,
    AccountRow,
    AccountsPlan,
    AccountsResult,
    CreateRequest,
    Decision,
    OrganizationAccount,
)
from flowops.model.config import Config
from flowops.model.facts import Organization
from flowops.operations.account_creation import Creation
from flowops.operations.accounts_plan import organization_of, plan_accounts
from flowops.operations.agreeing import require_yes
from flowops.operations.ports.accounts import AccountPorts
from flowops.operations.side_by_side import side_by_side

AT_ONCE = 12
"""How many accounts are entered side by side; STS takes far more, this machine's threads may not."""


def create_accounts(request: CreateRequest, config: Config, ports: AccountPorts) -> AccountsResult:
    """Bring the accounts of flowops.yaml about, shown and confirmed first; each id is written as soon as it is known.

    Repeatable after any end: what stands is left, what is under way is waited for. Raises only as long as nothing was
    changed, as `plan_accounts` does; Interrupted says what is under way. Later the result says what is not done.
    """
    with ports.file.alone():
        plan = plan_accounts(request, config, ports)
        if plan.changes:
            ports.file.require_room_for_ids([it.name for it in plan.accounts if it.decision is not Decision.STANDS])
            ports.console.show(plan)
            _agree(request, plan, ports)
        creation = Creation(request, config, ports)
        try:
            return creation.carry_out(plan)
        except KeyboardInterrupt as error:
            raise creation.interrupted() from error


def _agree(request: CreateRequest, plan: AccountsPlan, ports: AccountPorts) -> None:
    if request.yes:
        return
    require_yes(
        ports.console,
        plan.question,
        unanswered=Declined(
            "Accounts are to be changed, which needs a yes, and nobody is there to give it.",
            next_step=request.command("--yes"),
        ),
        declined=Declined("Changing the accounts was declined.", next_step=request.command()),
    )


def list_accounts(config: Config, ports: AccountPorts) -> tuple[Organization | None, tuple[AccountRow, ...]]:
    """Return the organization, None where there is none, and its accounts; then those of flowops.yaml that it lacks."""
    organization = organization_of(ports)
    accounts = ports.organizations.accounts() if organization else ()
    places = ports.organizations.tree().places if organization else {}
    names = {it.id: name for name, it in config.accounts.items() if it.id}
    open_ones = [it for it in accounts if it.active and organization and it.id != organization.management_account]
    entries = _entries(open_ones, ports)
    rows = tuple(
        AccountRow(
            it.name, it.id, it.email, it.state, names.get(it.id, ""), places.get(it.id, ""), entries.get(it.id, "")
        )
        for it in accounts
    )
    return organization, (*rows, *_missing(config, {it.id for it in accounts}, ports.ids_are_planned))


def _entries(accounts: Sequence[OrganizationAccount], ports: AccountPorts) -> dict[str, str]:
    """Return for each account whether the management role can be assumed in it, by id."""

    def entered(account: OrganizationAccount) -> str:
        try:
            ports.cloud.enter(account.name, account.id)
        except CredentialsError:
            return "no"
        except FlowopsError as error:
            return f"not known: {error.happened}"
        return "yes"

    found: dict[str, str] = {}
    for start in range(0, len(accounts), AT_ONCE):
        some = side_by_side(accounts[start : start + AT_ONCE], entered)
        found |= {it.id: said for it, said in some.items()}
    return found


def _missing(config: Config, present: set[str], ids_are_planned: bool) -> Iterator[AccountRow]:
    for name, account in config.accounts.items():
        if account.id in present:
            continue
        foreign = bool(account.id) and not ids_are_planned
        following = f"mend the id of {name} in flowops.yaml" if foreign else f"{CREATE_COMMAND} {name}"
        state = "of another organization" if foreign else "missing"
        yield AccountRow("", account.id or "", account.email or "", state, name, next=following)


def require_made(result: AccountsResult) -> None:
    """Raise what went wrong first, unless every account stands."""
    for it in result.accounts:
        if it.error:
            raise OperationFailed(
                it.error.happened, not_done=it.error.not_done, next_step=it.error.next_step
            ) from it.error
