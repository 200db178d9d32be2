"""What may go of what was left behind: rules on names, results and ages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flowops.errors import Exit
from flowops.model.drift.history import history
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Shard
from flowops.model.gc import (
    DELETED,
    GcResult,
    Item,
    Kind,
    Row,
    failed,
    kept,
    may_point,
    only_points,
    precious,
    spare,
    spell_size,
)
from tests.fakes.drift import STARTED, VPC, environment, finding, result

DAY = timedelta(days=1)
MONTH = 30 * DAY
NOW = STARTED + 100 * DAY


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("errored.tfstate", "x1"),
        ("terraform.tfstate", "x1"),
        ("terraform.tfstate.backup", "x1"),
        (".terraform.tfstate.lock.info", "x1"),
        ("terraform.tfstate.d", "x1"),
        ("crash.log", "x1"),
        ("crash.2026.log", "x1"),
    ],
)
def test_states_and_crashes_are_precious(name: str, folder: str) -> None:
    assert precious(name, folder)


@pytest.mark.parametrize("name", ["main.tf", "tfplan.tfplan", ".terraform.lock.hcl", "crash.tf", "tfstate"])
def test_what_terragrunt_copies_and_terraform_fetches_is_not(name: str) -> None:
    assert not precious(name, "x1")


@pytest.mark.parametrize(
    ("document", "points"),
    [
        ({"version": 3, "backend": {"type": "s3"}}, True),
        ({"modules": [{"path": ["root"], "resources": {}}], "backend": {}}, True),
        ({"version": 4, "resources": [{"type": "aws_vpc"}]}, False),
        ({"version": 3, "modules": [{"resources": {"aws_vpc.this": {}}}]}, False),
        (["not", "one"], True),
        (None, True),
    ],
)
def test_the_file_of_the_backend_is_no_state_unless_it_holds_resources(document: object, *, points: bool) -> None:
    assert may_point("terraform.tfstate", ".terraform")
    assert only_points(document) is points


CLEAN = environment(checked=[VPC])
DRIFTED = environment(findings=[finding()])


def days(*each: EnvironmentDrift) -> list[DriftResult]:
    return [result(it, name=f"day-{at}", started=STARTED + at * DAY) for at, it in enumerate(each)]


def test_of_an_environment_in_which_nothing_stands_only_the_newest_old_result_stays() -> None:
    assert spare(days(DRIFTED, CLEAN, CLEAN), NOW, MONTH) == {"day-0", "day-1"}


def test_what_stands_keeps_every_result_since_it_came() -> None:
    assert spare(days(CLEAN, DRIFTED, CLEAN, DRIFTED, DRIFTED, DRIFTED), NOW, MONTH) == {"day-0", "day-1", "day-2"}


def test_a_young_result_stays_whatever_it_says() -> None:
    assert spare(days(CLEAN, CLEAN, CLEAN), STARTED + 31.5 * DAY, MONTH) == {"day-0", "day-1"}
    assert spare(days(CLEAN, CLEAN, CLEAN), STARTED + 30.5 * DAY, MONTH) == {"day-0"}


def test_an_old_part_of_a_divided_check_goes_and_a_young_one_stays_for_its_merge() -> None:
    part = result(DRIFTED, name="part", shards=(Shard(1, 2),))
    assert spare([part], NOW, MONTH) == {"part"}
    assert spare([part], STARTED + DAY, MONTH) == frozenset()


def test_a_check_that_ended_a_finding_stays_with_the_older_one_that_has_it() -> None:
    """An old result stays for prod; the later check that found dev clean again must not go before it."""
    prod = environment("prod", [finding(environment="prod")])
    first = result(DRIFTED, prod, name="both", started=STARTED)
    ended = result(CLEAN, name="ended", started=STARTED + DAY)
    busy = result(
        EnvironmentDrift("dev", reason="busy", code=Exit.LOCKED, busy=True), name="busy", started=STARTED + 2 * DAY
    )
    assert spare([first, ended, busy], NOW, MONTH) == frozenset()


CHECKS = some.lists(
    some.tuples(
        some.sampled_from(["dev", "prod", "both"]),
        some.sampled_from(["clean", "drifted", "busy", "other"]),
        some.integers(0, 120),
    ),
    max_size=12,
)


def checked(name: str, what: str) -> EnvironmentDrift:
    unit = f"{name}/foundation/vpc"
    match what:
        case "drifted":
            return environment(name, [finding(environment=name)])
        case "busy":
            return EnvironmentDrift(name, reason="busy", code=Exit.LOCKED, busy=True)
        case "other":
            return environment(name, checked=[f"{name}/app/rds"])
        case _:
            return environment(name, checked=[unit])


@given(CHECKS, some.integers(1, 90))
def test_the_history_of_what_stands_is_the_same_without_the_spare_results(
    checks: list[tuple[str, str, int]], keep: int
) -> None:
    results = []
    for at, (where, what, day) in enumerate(checks):
        names = ("dev", "prod") if where == "both" else (where,)
        found = (checked(name, what) for name in names)
        results.append(result(*found, name=f"{at:02d}", started=STARTED + timedelta(days=day, seconds=at)))
    now = STARTED + timedelta(days=121)
    gone = spare(results, now, timedelta(days=keep))
    left = [it for it in results if it.id not in gone]
    assert history(left, now).standing == history(results, now).standing
    assert {it.environment for it in history(left, now).trends} == {
        it.environment for it in history(results, now).trends
    }


def row(fate: str) -> Row:
    item = Item(Kind.CACHE, "/p", "c", 7, datetime(2026, 1, 1, tzinfo=UTC))
    return Row(item, {"deleted": DELETED, "kept": kept("used"), "failed": failed("read-only")}[fate])


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([], Exit.FINE),
        (["kept"], Exit.FINE),
        (["deleted", "kept"], Exit.FINE),
        (["failed", "kept"], Exit.FAILED),
        (["failed", "deleted"], Exit.PARTLY_DONE),
    ],
)
def test_what_could_not_be_deleted_is_a_failure_beside_what_was_it_is_half_of_one(fates: list[str], code: Exit) -> None:
    assert GcResult(tuple(map(row, fates))).exit_code is code


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 2**20, "5.0 MiB"), (3 * 2**40, "3072.0 GiB")],
)
def test_sizes_are_said_in_the_unit_that_fits(size: int, said: str) -> None:
    assert spell_size(size) == said
