"""Accounts as tables and as data: what is to become of each, what became of it, and which there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowops.cli.view.result import Pointed, Result, described
from flowops.cli.view.tables import rows_table
from flowops.model.accounts import AccountRow, AccountsPlan, AccountsResult, PlannedAccount
from flowops.model.facts import Organization
from flowops.model.plaintext import printable

ROOT = "(root)"
"""How an account is shown that stands in no organizational unit."""


def accounts_plan(plan: AccountsPlan) -> RenderableType:
    """Return what is to become of each account, and of the organization and its units."""
    columns = ("account", "decision", "id", "e-mail", "organizational unit", "remark")
    rows = [
        (it.name, it.decision.value, it.account_id, printable(it.email), _unit(it), printable(it.why))
        for it in plan.accounts
    ]
    parts: list[RenderableType] = [rows_table("Accounts", columns, rows)]
    if plan.organization is None:
        parts.append(
            f"Account {plan.caller} belongs to no organization: one is made, with all features, and this account "
            "becomes its management account."
        )
    parts += [f"Organizational unit {printable(it)} is made." for it in plan.new_units]
    return Group(*parts)


def _unit(planned: PlannedAccount) -> str:
    if not planned.moves:
        return planned.unit
    return planned.unit if planned.place is None else f"{printable(planned.place) or ROOT} → {planned.unit}"


def create_result(result: AccountsResult, pointed: Pointed) -> Result:
    """Return what became of each account; `pointed` leads the commands in it."""
    data = {
        "organization": result.organization.id if result.organization else "",
        "founded": result.founded,
        "accounts": [
            {
                "account": it.name,
                "outcome": it.outcome.value,
                "id": it.account_id,
                "reason": it.error.happened if it.error else "",
                "next": pointed(it.error.next_step) if it.error else "",
            }
            for it in result.accounts
        ],
    }
    rows = [
        (it.name, it.outcome.value, it.account_id, printable(it.error.happened) if it.error else "")
        for it in result.accounts
    ]
    errors = {pointed(str(it.error)): described(it.error, pointed) for it in result.accounts if it.error}
    parts: list[RenderableType] = [
        rows_table("Accounts", ("account", "outcome", "id", "why"), rows),
        *map(Text, errors),
    ]
    if not errors:
        parts.append(pointed("Next: flowops bootstrap"))
    return Result("accounts create", data, Group(*parts), result.exit_code, tuple(errors.values()))


def list_result(organization: Organization | None, rows: Sequence[AccountRow], pointed: Pointed) -> Result:
    """Return every account; one that is missing is no failure of a look."""
    owner = organization.management_account if organization else ""
    data = {
        "organization": organization.id if organization else "",
        "management_account": owner,
        "accounts": [_row(it, pointed) for it in rows],
    }
    columns = ("account", "id", "e-mail", "status", "in flowops.yaml", "organizational unit", "role", "next")
    title = f"Accounts of organization {organization.id}" if organization else "No organization yet"
    return Result("accounts list", data, rows_table(title, columns, [_cells(it, owner, pointed) for it in rows]))


def _row(row: AccountRow, pointed: Pointed) -> dict[str, Any]:
    return {
        "account": row.name,
        "id": row.id,
        "email": row.email,
        "status": row.state,
        "in_flowops_yaml": row.known_as,
        "organizational_unit": row.place,
        "role": row.entry,
        "next": pointed(row.next),
    }


def _cells(row: AccountRow, owner: str, pointed: Pointed) -> list[str]:
    known_as = "(management)" if row.id == owner else row.known_as
    place = row.place or (ROOT if row.name else "")
    said = (row.name, row.id, row.email, row.state, known_as, place, row.entry, pointed(row.next))
    return [printable(it) for it in said]
