"""Since when drift stands, from results that were kept one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flowops.errors import Exit
from flowops.model.drift.finding import Finding, Verdict
from flowops.model.drift.history import DriftHistory, history, of_environment
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, Shard, Status
from tests.fakes.drift import STARTED, VPC, environment, finding, result

DAY = timedelta(days=1)
FOUND = finding()
CLEAN = environment(checked=[VPC])
DRIFTED = environment(findings=[FOUND])
BUSY = EnvironmentDrift("dev", reason="dev is busy", code=Exit.LOCKED, busy=True)
FAILED = EnvironmentDrift("dev", (Checked(VPC, Status.FAILED, "no plan"),))
NOT_ASKED_FOR = environment(checked=["dev/app/rds"])


def days(*each: EnvironmentDrift) -> list[DriftResult]:
    """Return one result a day."""
    return [result(it, name=f"day-{at}", started=STARTED + at * DAY) for at, it in enumerate(each)]


def of(results: Sequence[DriftResult], now: int = 30) -> DriftHistory:
    return history(results, STARTED + now * DAY)


def standing(*each: EnvironmentDrift) -> list[tuple[Finding, int, int, int]]:
    """Return what stands: since which day, on which it was last seen, and how many checks found it."""
    found = of(days(*each)).standing
    return [(it.finding, (it.since - STARTED).days, (it.last_seen - STARTED).days, it.checks) for it in found]


def test_a_finding_stands_since_the_first_check_that_found_it() -> None:
    assert standing(CLEAN, DRIFTED, DRIFTED, DRIFTED) == [(FOUND, 1, 3, 3)]


def test_what_was_not_found_where_it_was_looked_for_has_ended_and_begins_anew() -> None:
    assert standing(DRIFTED, CLEAN) == []
    assert standing(DRIFTED, CLEAN, DRIFTED) == [(FOUND, 2, 2, 1)]


def test_where_nobody_could_look_it_stands() -> None:
    assert standing(DRIFTED, BUSY, FAILED, NOT_ASKED_FOR, DRIFTED) == [(FOUND, 0, 4, 2)]
    assert standing(DRIFTED, BUSY) == [(FOUND, 0, 0, 1)]


def test_a_verdict_may_change_while_it_stands_but_noise_ends_it() -> None:
    worse = finding(verdict=Verdict.BOTH)
    assert standing(DRIFTED, environment(findings=[worse])) == [(worse, 0, 1, 2)]
    assert standing(DRIFTED, environment(findings=[finding(verdict=Verdict.NOISE)])) == []


def test_environments_end_only_their_own() -> None:
    prod = environment("prod", [finding(environment="prod")])
    both = of(
        [result(DRIFTED, prod), result(environment("prod", checked=["prod/foundation/vpc"]), started=STARTED + DAY)]
    )
    assert [it.finding.environment for it in both.standing] == ["dev"]


def test_the_trend_counts_what_each_check_of_an_environment_found() -> None:
    noisy = environment(findings=[FOUND, finding("foundation/vpc//x.y", Verdict.NOISE)], checked=["dev/app/rds"])
    (trend,) = of(days(CLEAN, noisy, BUSY)).trends
    assert trend.environment == "dev"
    assert [(it.result, it.status, it.checked, dict(it.counts)) for it in trend.points] == [
        ("day-0", Status.CLEAN, 1, {}),
        ("day-1", Status.DRIFTED, 2, {"out-of-band": 1, "noise": 1}),
        ("day-2", Status.BUSY, 0, {}),
    ]


def test_parts_of_a_divided_check_are_left_out_and_that_is_said() -> None:
    part = result(DRIFTED, name="part", shards=(Shard(1, 2),))
    entire = result(DRIFTED, name="all", shards=(Shard(1, 2), Shard(2, 2)))
    found = of([part, entire])
    assert [it.checks for it in found.standing] == [1]
    assert [it.result for it in found.trends[0].points] == ["all"]
    assert found.notes == (
        "1 results are parts of divided checks, and left out; flowops report merge makes one of them.",
    )


def test_results_are_taken_by_when_they_began_and_wrong_clocks_are_named() -> None:
    first, second, third = days(DRIFTED, DRIFTED, CLEAN)
    found = of([second, first, third], now=1)
    assert found.standing == ()
    assert [it.result for it in found.trends[0].points] == ["day-0", "day-1", "day-2"]
    assert found.notes == (
        "day-2 began in the future, on 2026-11-30 03:00 UTC: the clock of its machine is wrong.",
        "day-0 was kept after day-1, and ended before that began, on 2026-11-28 03:00 UTC: either a clock is wrong, "
        "or it was merged late. It is taken by when it began.",
    )


def test_checks_side_by_side_and_clocks_a_minute_apart_are_not_worth_a_word() -> None:
    long = result(CLEAN, name="long", seconds=1800)
    short = result(environment("prod"), name="short", started=STARTED + timedelta(minutes=5))
    assert of([short, long]).notes == ()
    assert history([long], STARTED - timedelta(minutes=1)).notes == ()


def test_one_environment_is_all_that_is_asked_for() -> None:
    found = of([result(DRIFTED, environment("prod", [finding(environment="prod")]))])
    prod = of_environment(found, "prod")
    assert [it.environment for it in prod.trends] == ["prod"]
    assert [it.finding.environment for it in prod.standing] == ["prod"]
