"""What a lease means to the one who looks at it, whatever the clocks say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.lease import (
    LIFETIME,
    SKEW,
    Holder,
    Standing,
    described,
    from_json,
    lease_key,
    released,
    renewed,
    standing,
    taken,
    to_json,
)
from tests.fakes.lease import HOLDER, START

LEASE = taken("id-1", HOLDER, START)
_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
_TEXT = st.text(max_size=20)


def test_nothing_and_a_released_lease_are_free() -> None:
    assert standing(None, START) is Standing.FREE
    assert standing(released(LEASE, START), START) is Standing.FREE


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, Standing.HELD),
        (120, Standing.HELD),
        (360, Standing.HELD),
        (361, Standing.EXPIRED),
        # The holder's clock goes ahead of ours.
        (-3600, Standing.HELD),
    ],
)
def test_a_lease_is_held_until_its_end_and_the_difference_of_two_clocks_have_passed(
    seconds: int, expected: Standing
) -> None:
    assert standing(LEASE, START + timedelta(seconds=seconds)) is expected


@given(st.timedeltas(timedelta(0), timedelta(hours=5)), st.timedeltas(-SKEW, SKEW))
def test_no_clock_within_the_tolerance_sees_the_end_of_a_lease_before_its_holder_does(
    lived: timedelta, skew: timedelta
) -> None:
    now = START + lived
    holder_believes = now <= LEASE.expires
    assert not (holder_believes and standing(LEASE, now + skew) is Standing.EXPIRED)


@given(st.integers(1, 20))
def test_a_lease_that_is_renewed_every_third_of_its_life_never_expires(times: int) -> None:
    lease, now = LEASE, START
    for _ in range(times):
        now += LIFETIME / 3
        assert standing(lease, now) is Standing.HELD
        lease = renewed(lease, now)
    assert (lease.started, lease.expires) == (START, now + LIFETIME)


def test_ours_is_ours_also_after_its_end_and_stolen_once_it_is_another_one() -> None:
    late = START + timedelta(days=1)
    assert standing(LEASE, late, mine="id-1") is Standing.HELD
    for found in (None, replace(LEASE, id="id-2"), released(LEASE, START)):
        assert standing(found, START, mine="id-1") is Standing.STOLEN


@given(_TEXT, _TEXT, _TEXT, st.integers(0, 2**31), _TIMES, _TIMES, st.booleans())
def test_what_is_written_is_read_as_it_was(
    id_: str, operator: str, target: str, pid: int, started: datetime, expires: datetime, over: bool
) -> None:
    holder = Holder("run", operator, "ann@laptop", pid, 1, "machine", "apply", target, "1")
    lease = replace(taken(id_, holder, started), expires=expires, released=over)
    read = from_json(to_json(lease))
    assert (read.started, read.expires, read.released, read.holder.pid) == (started, expires, over, pid)
    if all(word.isprintable() for word in (id_, operator, target)):
        assert read == lease


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"id": "x"}',
        b"\xff",
        to_json(LEASE).replace(b"+00:00", b""),
        to_json(LEASE).replace(b'"pid"', b'"pod"'),
    ],
)
def test_what_holds_no_lease_is_said(raw: bytes) -> None:
    with pytest.raises(ValueError, match="no lease"):
        from_json(raw)


def test_a_later_flowops_may_say_more_and_no_word_steers_a_terminal() -> None:
    raw = to_json(replace(LEASE, holder=replace(HOLDER, who="ann\x1b[2J@laptop")))
    read = from_json(raw.replace(b'"run":', b'"more": 1, "run":'))
    assert read.holder.who == "ann@laptop"


def test_the_loser_is_told_who_since_when_from_where_and_doing_what() -> None:
    said = described(LEASE, START + timedelta(minutes=4, seconds=10))
    assert said == (
        "arn:ann runs flowops apply dev foundation from ann@laptop, process 4711, since 2026-11-23T02:15:00Z "
        "(4 min 10 s)"
    )


def test_the_key_is_the_one_that_the_policies_admit() -> None:
    assert lease_key("222222222222", "dev") == "222222222222/dev/flowops.lease"
