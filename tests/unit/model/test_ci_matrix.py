from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowops.model.ci_matrix import divided
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, Status
from flowops.model.drift.shards import plan_from_data, plan_to_data

START = datetime(2026, 11, 23, 4, tzinfo=UTC)


def result(days: int, **seconds: float) -> DriftResult:
    """Return a check that took so long for these units of dev, and for the stacks beside them."""
    checked = [Checked(f"dev/foundation/{name}", Status.CLEAN, seconds=it) for name, it in seconds.items()]
    others = Checked("cloudformation", Status.CLEAN, seconds=90)
    found = EnvironmentDrift("dev", (*checked, others))
    return DriftResult(f"r{days}", "flowable", START + timedelta(days=days), 100, (found,))


UNITS = [f"dev/foundation/{name}" for name in ("vpc", "eks", "efs", "group")]


def test_the_matrix_is_one_line_that_github_takes() -> None:
    text = divided(UNITS, [], 3).as_json()
    assert "\n" not in text
    assert json.loads(text) == {"include": [{"shard": "1/3"}, {"shard": "2/3"}, {"shard": "3/3"}]}


def test_parts_take_about_as_long_by_what_the_last_check_took() -> None:
    matrix = divided(UNITS, [result(0, vpc=1, eks=1), result(1, vpc=10, eks=30, efs=10, group=10)], 2)
    assert matrix.measured == 4
    assert matrix.assigned["dev/foundation/eks"] == 1
    assert {matrix.assigned[f"dev/foundation/{name}"] for name in ("vpc", "efs", "group")} == {2}


def test_a_unit_that_was_never_timed_takes_as_long_as_most_do() -> None:
    matrix = divided([*UNITS, "dev/app/search"], [result(0, vpc=10, eks=10, efs=10)], 5)
    assert matrix.measured == 3
    assert sorted(matrix.assigned.values()) == [1, 2, 3, 4, 5]


def test_what_is_no_unit_any_more_takes_no_part() -> None:
    assert set(divided(UNITS[:1], [result(0, vpc=5, eks=5)], 2).assigned) == {UNITS[0]}


@given(st.sets(st.text("abc/", min_size=1), max_size=30), st.integers(1, 8))
def test_every_unit_is_in_one_part_and_the_plan_file_says_which(units: set[str], count: int) -> None:
    matrix = divided(units, [], count)
    assert set(matrix.assigned) == units
    assert plan_from_data(plan_to_data(matrix.assigned, count), count, "shards.json") == matrix.assigned
