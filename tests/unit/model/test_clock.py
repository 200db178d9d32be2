"""What a Date header says of our own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowops.model.clock import ahead

NOW = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)


def test_the_difference_has_a_sign() -> None:
    assert ahead("Thu, 01 Jan 2026 12:00:00 GMT", NOW) == timedelta(minutes=5)
    assert ahead("Thu, 01 Jan 2026 12:07:00 GMT", NOW) == timedelta(minutes=-2)


@pytest.mark.parametrize("said", ["", "yesterday", "Thu, 99 Jan 2026 12:00:00 GMT"])
def test_what_is_no_time_says_nothing(said: str) -> None:
    assert ahead(said, NOW) == timedelta()
