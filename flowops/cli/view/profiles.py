"""Named profiles and links into the console, as tables and as data: never a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.text import Text

from flowops.cli.view.result import Pointed, Result
from flowops.cli.view.tables import rows_table
from flowops.errors import Declined, Exit
from flowops.model.accounts import CREATE_COMMAND
from flowops.model.console_link import ConsoleLink
from flowops.model.plaintext import printable
from flowops.model.profile_chains import ProfileRow
from flowops.model.profile_results import ProfilesResult


def write_result(result: ProfilesResult, pointed: Pointed) -> Result:
    """Return what became of each profile, and what is still to be done."""
    left = [
        {
            "profile": name,
            "outcome": "left out",
            "what": f"account {account} has no id",
            "next": pointed(CREATE_COMMAND),
        }
        for name, account in result.without_id.items()
    ]
    rows = [
        {"profile": it.name, "outcome": it.outcome.value, "what": it.what, "next": ""} for it in result.profiles
    ] + left
    following = [pointed(it) for it in result.following]
    data = {
        "profiles": rows,
        "written": list(result.paths),
        "diff": result.diff,
        "warnings": list(result.warnings),
        "following": following,
    }
    table = rows_table("Profiles", ("profile", "outcome", "what", "next"), [tuple(it.values()) for it in rows])
    said = f"Written: {', '.join(result.paths)}" if result.paths else "Nothing to change."
    lines = [said, *(f"Next: {it}" for it in following)]
    return Result("profiles write", data, Group(table, Text("\n".join(lines))))


def show_result(rows: Sequence[ProfileRow], pointed: Pointed) -> Result:
    """Return how each profile stands; one that does not hold is no failure of a look."""
    data = [_data(it, pointed) for it in rows]
    columns = ("profile", "what", "state", "leads to", "next", "place")
    cells = [(it["profile"], it["what"], _state(it), _way(it), it["next"], it["place"]) for it in data]
    return Result("profiles show", data, rows_table("Profiles", columns, cells))


def console_result(link: ConsoleLink, unopened: Declined | None, *, opened: bool) -> Result:
    """Return a link; it is not opened where `unopened` says why, which is a failure of what was asked for."""
    data = {
        "url": link.url,
        "name": link.name,
        "account": link.account,
        "account_id": link.account_id,
        "role": link.role,
        "display_name": link.display_name,
        "color": link.color,
        "opened": opened,
    }
    code = Exit.DECLINED if unopened else Exit.FINE
    return Result("console", data, Text(link.url), code, (unopened,) if unopened else ())


def _data(row: ProfileRow, pointed: Pointed) -> dict[str, Any]:
    return {
        "profile": row.name,
        "what": row.what,
        "state": row.state.value,
        "place": row.place,
        "differing": list(row.differing),
        "other_account": printable(row.account),
        "chain": list(row.chain.profiles),
        "source": row.chain.end,
        "problem": row.chain.problem,
        "next": pointed(row.remedy),
    }


def _state(it: dict[str, Any]) -> str:
    other = f" (account {it['other_account']})" if it["other_account"] else ""
    return f"{it['state']}: {', '.join(it['differing'])}{other}" if it["differing"] else str(it["state"])


def _way(it: dict[str, Any]) -> str:
    """Return the profiles behind one, and where its credentials come from or why they do not."""
    return printable(" → ".join([*it["chain"][1:], it["problem"] or it["source"]]))
