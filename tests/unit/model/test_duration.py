"""A length of time is said in its two largest units."""

from __future__ import annotations

import pytest

from flowops.model.duration import spell, typed


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (7200, "2 h"),
        (11 * 3600 + 40 * 60 + 3, "11 h 40 min"),
        (2 * 86400 + 180, "2 d 3 min"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(seconds: float, said: str) -> None:
    assert spell(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(90, "1m30s"), (5400, "1h30m"), (30 * 86400, "30d"), (0.5, "0s")])
def test_a_length_of_time_can_be_typed_again(seconds: float, said: str) -> None:
    assert typed(seconds) == said
