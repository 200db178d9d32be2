"""How long credentials have to last, and how that is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowops.model.upkeep import Runway, needed, runway_line
from tests.fakes.lease import START


@pytest.mark.parametrize(
    ("usual", "hours"), [(None, 2), (timedelta(minutes=20), 2), (timedelta(hours=2), 3), (timedelta(hours=6), 9)]
)
def test_half_as_long_again_as_usual_and_two_hours_at_least(usual: timedelta | None, hours: float) -> None:
    assert needed(usual) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("runway", "usual", "said"),
    [
        (
            Runway("profile op", START + timedelta(hours=11, minutes=40), renewing=False),
            timedelta(minutes=24),
            "credentials of profile op last until 2026-11-23T13:55:00Z (11 h 40 min); "
            "a run like this usually takes 24 min",
        ),
        (
            Runway("profile op", START + timedelta(hours=1), renewing=True),
            None,
            "credentials of profile op are renewed during the run; no run like this has been recorded yet",
        ),
        (
            Runway("profile op", None, renewing=False),
            None,
            "credentials of profile op name no end; no run like this has been recorded yet",
        ),
    ],
)
def test_the_runway_is_one_line(runway: Runway, usual: timedelta | None, said: str) -> None:
    assert runway_line(runway, usual, START) == said
