"""Secrets as tables and as data: names, places and dates, never a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.text import Text

from flowops.cli.view.result import Pointed, Result
from flowops.cli.view.tables import rows_table
from flowops.model.secrets import SecretCheck, SecretRow, SetResult


def set_result(result: SetResult) -> Result:
    """Return what became of a secret, and what happens next."""
    data = {
        "secret": result.secret.title,
        "arn": result.arn,
        "outcome": result.outcome.value,
        "source": result.source,
        "environments": list(result.secret.environments),
        "following": result.following,
    }
    lines = (f"{result.secret.title}: {result.outcome.value}, from {result.source}", result.arn, result.following)
    return Result(f"secrets set {result.secret.name}", data, Text("\n".join(lines)))


def list_result(rows: Sequence[SecretRow], pointed: Pointed) -> Result:
    """Return every secret of the project; one that is not set is no failure of a look."""
    columns = ("secret", "value", "changed", "used by", "set with", "arn")
    data = [_data(row, pointed) for row in rows]
    cells = [(it["secret"], it["state"], it["changed"], ", ".join(it["environments"]), it["command"]) for it in data]
    table = rows_table("Secrets", columns, [(*cell, row.arn) for cell, row in zip(cells, rows, strict=True)])
    return Result("secrets list", data, table)


def check_result(check: SecretCheck, pointed: Pointed) -> Result:
    """Return how the needed secrets stand, and the command for each that is missing."""
    data = [_data(row, pointed) for row in check.rows]
    cells = [(it["secret"], it["state"], ", ".join(it["environments"]), it["next"]) for it in data]
    table = rows_table("Secrets", ("secret", "value", "needed by", "next"), cells)
    said = [row.problem.happened for row in check.rows if row.problem]
    troubles = [f"{row.secret.title} is {row.state}" for row in check.missing if not row.problem]
    return Result("secrets check", data, Group(table, *map(Text, said)), check.exit_code, (*said, *troubles))


def _data(row: SecretRow, pointed: Pointed) -> dict[str, Any]:
    standing = row.standing
    return {
        "secret": row.secret.title,
        "arn": row.arn,
        "state": row.state,
        "set": row.ready,
        "changed": standing.changed.isoformat(timespec="seconds") if standing and standing.changed else "",
        "environments": list(row.secret.environments),
        "command": pointed(row.secret.command),
        "next": pointed(row.remedy),
    }
