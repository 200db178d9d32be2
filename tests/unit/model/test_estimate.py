"""The longest way through what is left, whatever the graph."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from flowops.model.estimate import seconds_left

Work = tuple[dict[str, float | None], dict[str, tuple[str, ...]]]


@st.composite
def work(draw: st.DrawFn) -> Work:
    """Return units with times, some of them unknown, that depend on earlier ones only."""
    names = [f"u{at}" for at in range(draw(st.integers(0, 8)))]
    times = {name: draw(st.none() | st.integers(0, 1000).map(float)) for name in names}
    needs = {name: tuple(draw(st.sets(st.sampled_from(names[:at]))) if at else ()) for at, name in enumerate(names)}
    return dict(draw(st.permutations(list(times.items())))), needs


@given(work())
def test_it_is_the_longest_chain(given_: Work) -> None:
    times, needs = given_
    known = sorted(it for it in times.values() if it is not None)
    found = seconds_left(times, needs)
    if not known:
        assert found == (None if times else 0.0)
        return
    middle = (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2

    @cache
    def end(unit: str) -> float:
        own = times[unit]
        return max(map(end, needs[unit]), default=0.0) + (middle if own is None else own)

    assert found == max(map(end, times))


@given(work().filter(lambda it: any(seconds is not None for seconds in it[0].values())))
def test_it_is_between_the_longest_unit_and_one_after_the_other(given_: Work) -> None:
    times, needs = given_
    known = [it for it in times.values() if it is not None]
    found = seconds_left(times, needs)
    assert found is not None
    assert max(known) <= found
    assert found <= sum(known) + max(known) * (len(times) - len(known)) + 1e-6


@given(work(), st.data())
def test_what_is_done_makes_it_no_longer(given_: Work, data: st.DataObject) -> None:
    times, needs = given_
    known = {unit: seconds for unit, seconds in times.items() if seconds is not None}
    done = data.draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    # Whoever is done has nobody left to wait for.
    done |= {it for unit in done for it in needs[unit]}
    left = {unit: seconds for unit, seconds in known.items() if unit not in done}
    before, after = seconds_left(known, needs), seconds_left(left, needs)
    assert (after or 0.0) <= (before or 0.0)


def test_units_that_wait_for_nothing_are_done_side_by_side() -> None:
    assert seconds_left({"a": 10, "b": 20, "c": 5}, {}) == 20
    assert seconds_left({"a": 10, "b": 20, "c": 5}, {"c": ("a", "b")}) == 25
    assert seconds_left({"a": 10, "b": None}, {"b": ("a",)}) == 20
    assert seconds_left({"a": None}, {}) is None
