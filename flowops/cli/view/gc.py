"""What was left behind, as a table and as data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowops.cli.view.result import Pointed, Result
from flowops.cli.view.tables import rows_table
from flowops.model.duration import spell
from flowops.model.gc import Fate, GcResult, Row, spell_size
from flowops.model.plaintext import printable


def gc_result(result: GcResult, pointed: Pointed) -> Result:
    """Return what became of everything that was found."""
    data = {
        "freed": result.size(Fate.DELETED),
        "to_free": result.size(Fate.TO_GO),
        "items": [_data(row, pointed) for row in result.rows],
    }
    said = tuple(f"{row.item.name} was not deleted: {row.deletion.why}" for row in result.of(Fate.FAILED))
    return Result("gc", data, leftovers_text(result, pointed), result.exit_code, said)


def leftovers_text(result: GcResult, pointed: Pointed) -> RenderableType:
    """Return a line for each thing that was found; `pointed` leads the commands in it."""
    if not result.rows:
        return Text("Nothing is left behind.")
    columns = ("kind", "what", "size", "age", "fate", "why")
    return Group(rows_table("Left behind", columns, [_cells(row, pointed) for row in result.rows]), _closing(result))


def _cells(row: Row, pointed: Pointed) -> tuple[str, ...]:
    it = row.item
    age = spell((datetime.now(UTC) - it.changed).total_seconds())
    return (it.kind.value, _what(row), spell_size(it.size), age, row.deletion.fate.value, _why(row, pointed))


def _what(row: Row) -> str:
    parts = row.item.parts
    return printable(f"{row.item.name} ({len(parts)} of its entries)" if parts else row.item.name)


def _why(row: Row, pointed: Pointed) -> str:
    return printable(pointed(row.deletion.why))


def _closing(result: GcResult) -> Text:
    told = [f"{len(rows)} {fate.value} ({spell_size(result.size(fate))})" for fate in Fate if (rows := result.of(fate))]
    return Text(", ".join(told))


def _data(row: Row, pointed: Pointed) -> dict[str, Any]:
    it = row.item
    return {
        "kind": it.kind.value,
        "path": it.name,
        "parts": list(it.parts),
        "size": it.size,
        "changed": it.changed.isoformat(timespec="seconds"),
        "fate": row.deletion.fate.value,
        "why": _why(row, pointed),
    }
