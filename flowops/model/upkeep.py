"""What a run keeps up while it works: its lease, and the credentials of its children."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flowops.errors import Exit
from flowops.model.duration import spell

RESERVE = timedelta(hours=2)
"""A session with less time than this left is renewed before a run: most applies end sooner."""


@dataclass(frozen=True)
class Trouble:
    """Why nothing new may start any more, and the exit code that tells it."""

    exit_code: Exit
    text: str


@dataclass(frozen=True)
class Runway:
    """How long the credentials of `who` last; `expires` None where they do not end, or nobody knows when.

    Those that are `renewing` get new ones from their profile while a run works.
    """

    who: str
    expires: datetime | None
    renewing: bool


def needed(usual: timedelta | None) -> timedelta:
    """Return how long credentials have to last at the start of a run that usually takes this long."""
    return max(RESERVE, 1.5 * usual) if usual else RESERVE


def runway_line(runway: Runway, usual: timedelta | None, now: datetime) -> str:
    """Return in one line how long the credentials last against the run's usual time."""
    run = (
        f"a run like this usually takes {spell(usual.total_seconds())}"
        if usual
        else "no run like this has been recorded yet"
    )
    return f"credentials of {runway.who} {_lasting(runway, now)}; {run}"


def _lasting(runway: Runway, now: datetime) -> str:
    if runway.renewing:
        return "are renewed during the run"
    if runway.expires is None:
        return "name no end"
    return f"last until {runway.expires:%Y-%m-%dT%H:%M:%SZ} ({spell((runway.expires - now).total_seconds())})"
