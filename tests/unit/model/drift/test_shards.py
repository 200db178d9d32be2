"""Which shard a machine is, and which units are in it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flowops.errors import UsageError
from flowops.model.drift.result import Shard
from flowops.model.drift.shards import balanced, in_shard, plan_from_data, plan_to_data, shard_of, unit_shard, whole

UNITS = [f"dev/foundation/unit-{at}" for at in range(40)]


@pytest.mark.parametrize(
    ("said", "variables", "shard"),
    [
        ("2/8", {}, Shard(2, 8)),
        ("1/1", {}, Shard(1, 1)),
        ("/8", {"JOB_COMPLETION_INDEX": "0"}, Shard(1, 8)),
        ("/8", {"JOB_COMPLETION_INDEX": "7"}, Shard(8, 8)),
        ("auto", {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"}, Shard(1, 4)),
        ("auto", {"CI_NODE_TOTAL": "1"}, Shard(1, 1)),
        ("auto", {"AWS_BATCH_JOB_ARRAY_INDEX": "0", "AWS_BATCH_JOB_ARRAY_SIZE": "4"}, Shard(1, 4)),
        ("auto", {"AWS_BATCH_JOB_ARRAY_INDEX": "3", "AWS_BATCH_JOB_ARRAY_SIZE": "4"}, Shard(4, 4)),
        ("3/4", {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2"}, Shard(3, 4)),
    ],
)
def test_a_shard_is_counted_from_one_whoever_counts(said: str, variables: dict[str, str], shard: Shard) -> None:
    assert shard_of(said, variables) == shard


@pytest.mark.parametrize(
    ("said", "variables", "why"),
    [
        ("0/4", {}, "--shard 0/4 gives '0/4'"),
        ("5/4", {}, "--shard 5/4 gives '5/4'"),
        ("4", {}, "--shard 4 gives '4/'"),
        ("", {}, "--shard  gives '/'"),
        ("a/b", {}, "that is no part i of n, with i from 1 to n"),
        ("-1/4", {}, "that is no part"),
        ("/8", {}, "--shard /8 takes its number from JOB_COMPLETION_INDEX, which is not set"),
        ("/8", {"JOB_COMPLETION_INDEX": "two"}, "JOB_COMPLETION_INDEX, which is 'two'"),
        ("/8", {"JOB_COMPLETION_INDEX": "8"}, "--shard /8 gives '9/8'"),
        ("/8", {"JOB_COMPLETION_INDEX": "9" * 5000}, "JOB_COMPLETION_INDEX, which is '9999"),
        ("auto", {}, "finds neither CI_NODE_INDEX and CI_NODE_TOTAL nor AWS_BATCH_JOB_ARRAY_INDEX and AWS_BATCH_JOB"),
        ("auto", {"JOB_COMPLETION_INDEX": "0"}, "finds neither"),
        ("auto", {"CI_NODE_INDEX": "5", "CI_NODE_TOTAL": "4"}, "CI_NODE_INDEX and CI_NODE_TOTAL gives '5/4'"),
    ],
)
def test_what_is_no_shard_is_answered_with_the_forms_that_there_are(
    said: str, variables: dict[str, str], why: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(why)) as refused:
        shard_of(said, variables)
    assert "--shard 2/8, --shard /8 in a Kubernetes Indexed Job, or --shard auto" in refused.value.next_step


def test_a_unit_is_in_the_same_shard_on_every_machine_for_ever() -> None:
    assert [unit_shard(f"dev/foundation/{it}", 4) for it in ("vpc", "eks", "efs", "eks-components")] == [2, 2, 4, 2]


@given(count=some.integers(1, 60), units=some.sets(some.text(min_size=1, max_size=12)))
def test_every_unit_is_in_exactly_one_shard(count: int, units: set[str]) -> None:
    parts = [in_shard(units, Shard(at, count), None) for at in range(1, count + 1)]
    assert sorted(it for part in parts for it in part) == sorted(units)


def test_forty_units_spread_over_eight_shards() -> None:
    sizes = Counter(unit_shard(it, 8) for it in UNITS)
    assert sorted(sizes) == list(range(1, 9))
    assert max(sizes.values()) <= 10


def test_a_plan_comes_before_the_hash_and_what_it_does_not_know_goes_by_the_hash() -> None:
    plan = dict.fromkeys(UNITS[:39], 2)
    assert in_shard(UNITS, Shard(2, 2), plan)[:3] == tuple(sorted(UNITS[:39])[:3])
    left = in_shard(UNITS, Shard(unit_shard(UNITS[39], 2), 2), plan)
    assert UNITS[39] in left


def test_units_are_balanced_by_how_long_they_take() -> None:
    seconds = {"eks": 90.0, "rds": 60.0, "vpc": 40.0, "efs": 30.0, "search": 20.0}
    assert balanced(seconds, 2) == {"eks": 1, "rds": 2, "vpc": 2, "efs": 1, "search": 2}
    assert balanced(dict(reversed(seconds.items())), 2) == balanced(seconds, 2)
    assert balanced({"b": 1.0, "a": 1.0}, 3) == {"a": 1, "b": 2}
    assert balanced({}, 3) == {}


@given(
    seconds=some.dictionaries(some.text(min_size=1, max_size=5), some.integers(0, 1000).map(float), min_size=1),
    count=some.integers(1, 9),
)
def test_no_shard_takes_longer_than_a_fair_share_and_the_longest_unit(seconds: dict[str, float], count: int) -> None:
    assigned = balanced(seconds, count)
    loads = Counter[int]()
    for unit_id, at in assigned.items():
        loads[at] += int(seconds[unit_id])
    assert assigned.keys() == seconds.keys()
    assert max(loads.values()) <= sum(seconds.values()) / count + max(seconds.values())


def test_a_plan_file_is_read_as_it_was_written() -> None:
    assigned = {"dev/foundation/vpc": 1, "dev/foundation/eks": 2}
    data = plan_to_data(assigned, 2)
    assert data == {"flowops_shards_version": 1, "count": 2, "units": assigned}
    assert plan_from_data(data, 2, "shards.json") == assigned


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ([], "it is no plan of shards"),
        ({"flowops_shards_version": 1, "count": 2, "units": []}, "it is no plan of shards"),
        ({"flowops_shards_version": 2, "count": 2, "units": {}}, "its flowops_shards_version is 2, and this flowops"),
        ({"flowops_shards_version": 1, "count": 4, "units": {}}, "it divides into 4, and --shard into 2"),
        ({"flowops_shards_version": 1, "count": 2, "units": {"a": 3}}, "'a' is in shard 3, and there are 1 to 2"),
        ({"flowops_shards_version": 1, "count": 2, "units": {"a": True}}, "'a' is in shard True"),
    ],
)
def test_a_plan_file_that_does_not_fit_is_refused_by_name(data: object, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)) as refused:
        plan_from_data(data, 2, "shards.json")
    assert refused.value.happened.startswith("shards.json does not say which units")


def test_a_result_is_whole_with_all_of_its_shards() -> None:
    assert whole(())
    assert whole((Shard(1, 2), Shard(2, 2)))
    assert not whole((Shard(1, 2),))
    assert not whole((Shard(1, 2), Shard(1, 2)))
