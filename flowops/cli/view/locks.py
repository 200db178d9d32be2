"""Locks and leases as tables and data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType

from flowops.cli.view.result import Pointed, Result
from flowops.cli.view.tables import rows_table
from flowops.model.duration import spell
from flowops.model.locks import LEASE, Holding

_COLUMNS = ("environment", "on", "id", "held by", "doing", "for", "holder")


def locks_result(found: Sequence[Holding], now: datetime, pointed: Pointed) -> Result:
    """Return every lock and lease, and below them what releases each; `pointed` leads commands where this one went."""
    data = [_data(it, pointed) for it in found]
    if not found:
        return Result("locks list", data, "Nothing is locked, and no lease is held.")
    parts: list[RenderableType] = [rows_table("Locks and leases", _COLUMNS, [_cells(it, now) for it in found])]
    parts += [f"Release {it['on']}: {it['release']}" for it in data]
    return Result("locks list", data, Group(*parts))


def released_result(holding: Holding) -> Result:
    """Return what was released."""
    data = {"environment": holding.environment, "on": holding.what, "id": holding.id or None}
    what = f"The lease of {holding.environment}" if holding.what == LEASE else f"The lock on {holding.what}"
    return Result("locks release", data, f"{what} is released; it was held by {holding.who} ({holding.operation}).")


def _cells(it: Holding, now: datetime) -> tuple[object, ...]:
    since = spell((now - it.since).total_seconds()) if it.since else ""
    return it.environment, it.what, it.id, it.who, it.operation, since, f"{it.sign.life.value}: {it.sign.because}"


def _data(it: Holding, pointed: Pointed) -> dict[str, Any]:
    return {
        "environment": it.environment,
        "on": it.what,
        "id": it.id or None,
        "held_by": it.who,
        "doing": it.operation,
        "since": it.since.isoformat() if it.since else None,
        "holder": it.sign.life.value,
        "because": it.sign.because,
        "release": pointed(it.release),
    }
