"""Shards put together: what an undivided check would have found, and nothing that does not belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flowops.errors import Exit, UsageError
from flowops.model.drift.finding import Finding, Source, Verdict
from flowops.model.drift.merging import merged
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, RuleTrouble, Shard, Status
from flowops.model.drift.rules import NEVER_MATCHED
from tests.fakes.drift import STARTED, environment, finding, result

SHARED = finding("arn:aws:iam::1:user/x", Verdict.UNMANAGED, unit="", source=Source.IAM)


def rule(trouble: str, where: str = "flowops.drift.yaml:3") -> RuleTrouble:
    return RuleTrouble(where, "foundation/*//*", "ann", trouble)


def without_run(it: DriftResult) -> DriftResult:
    """Return what two checks of the same have in common."""
    return replace(it, id="", started=STARTED, seconds=0.0, shards=())


def shard(index: int, count: int, *environments: EnvironmentDrift, **more: object) -> DriftResult:
    given: dict[str, object] = {"name": f"shard-{index}-of-{count}", **more}
    return result(*environments, shards=(Shard(index, count),), **given)  # type: ignore[arg-type]


def refused(*parts: DriftResult) -> str:
    with pytest.raises(UsageError) as error:
        merged(parts)
    assert "flowops report merge FILE…" in error.value.next_step
    return error.value.happened


names = some.sampled_from(["dev", "prod", "stage"])
verdicts = some.sampled_from(list(Verdict))
statuses = some.sampled_from([Status.CLEAN, Status.FAILED])


@some.composite
def checks(draw: some.DrawFn) -> DriftResult:
    """Return an undivided check of some environments, each with units of which some drifted or failed."""
    made = []
    for name in draw(some.sets(names, min_size=1)):
        units = sorted(draw(some.sets(some.integers(0, 30).map(lambda it: f"foundation/u{it}"), max_size=12)))
        found: list[Finding] = []
        for unit in units:
            found += [finding(f"{unit}//x.{at}", draw(verdicts), name) for at in range(draw(some.integers(0, 2)))]
        drifted = {it.unit for it in found if it.counts}
        stand = (
            Checked(f"{name}/{it}", Status.DRIFTED if f"{name}/{it}" in drifted else draw(statuses)) for it in units
        )
        notes = tuple(sorted(draw(some.sets(some.sampled_from("abc")))))
        made.append(EnvironmentDrift(name, tuple(stand), tuple(sorted(found, key=lambda it: it.address)), notes=notes))
    rules = draw(some.sets(some.sampled_from([rule("expired on 2026-01-01"), rule(NEVER_MATCHED, "y:1")])))
    made.append(EnvironmentDrift("security", (Checked("iam", Status.DRIFTED),), (SHARED,)))
    return result(*made, rules=tuple(rules))


def divided(check: DriftResult, count: int, of: Callable[[str], int]) -> list[DriftResult]:
    """Return the check as shards, each with the environments, and the first with what is not terraform's."""
    parts = []
    for at in range(1, count + 1):

        def mine(it: EnvironmentDrift, at: int = at) -> EnvironmentDrift:
            return replace(
                it,
                checked=tuple(one for one in it.checked if of(one.name) == at),
                findings=tuple(one for one in it.findings if of(one.unit) == at),
            )

        kept = tuple(mine(it) for it in check.environments if at == 1 or it.environment != "security")
        started = STARTED + timedelta(seconds=at)
        parts.append(shard(at, count, *kept, rules=check.rules, started=started, seconds=60.0 * at))
    return parts


@given(checks(), some.sampled_from([1, 2, 4, 8]), some.randoms(use_true_random=False))
def test_all_shards_in_any_order_are_the_undivided_check(check: DriftResult, count: int, random: object) -> None:
    shards = {it.name: random.randint(1, count) for each in check.environments for it in each.checked}  # type: ignore[attr-defined]
    parts = divided(check, count, lambda name: shards.get(name, 1) if "/" in name else 1)
    random.shuffle(parts)  # type: ignore[attr-defined]
    together = merged(parts)
    assert without_run(together) == without_run(merged([check]))
    assert together.exit_code == check.exit_code
    assert together.shards == tuple(Shard(at, count) for at in range(1, count + 1))
    assert (together.started, together.seconds) == (STARTED + timedelta(seconds=1), 60.0 * count + count - 1)
    assert merged([together]) == together


def test_the_order_of_files_changes_nothing_not_even_the_id() -> None:
    parts = [shard(at, 3, environment(findings=[finding(f"foundation/u{at}//x.y")])) for at in (1, 2, 3)]
    found = [merged(it) for it in permutations(parts)]
    assert all(it == found[0] for it in found)
    assert found[0].id == "20261128T030000Z-drift-merged-27dabd"


def test_what_was_merged_and_one_of_its_parts_is_a_doubled_shard() -> None:
    parts = [shard(at, 2, environment()) for at in (1, 2)]
    together = merged(parts)
    assert refused(together, parts[1]) == "There is more than one result of shard 2/2."
    assert refused(*parts, *parts) == "There is more than one result of shard 1/2, 2/2."


def test_a_missing_shard_is_named() -> None:
    assert refused(shard(2, 4), shard(3, 4)) == "There is no result of shard 1/4, 4/4."
    assert refused(shard(1, 2)) == "There is no result of shard 2/2."
    listed = ", ".join(f"{at}/1000000000" for at in range(2, 12))
    assert refused(shard(1, 10**9)) == f"There is no result of shard {listed} and 999999989 more."


def test_what_is_not_of_one_check_is_not_merged() -> None:
    assert refused(shard(1, 2), shard(2, 4)) == "The shards are of different divisions: into 2 and into 4."
    assert (
        refused(shard(1, 2), shard(2, 2, project="other")) == "The results are of different projects: flowable, other."
    )
    late = shard(2, 2, started=STARTED + timedelta(days=1))
    assert refused(shard(1, 2), late) == (
        "The results are of different days: shard-1-of-2 began on 2026-11-28 03:00 UTC, "
        "shard-2-of-2 on 2026-11-29 03:00 UTC."
    )
    assert refused(shard(1, 2), result(name="all")) == "all is no shard, and the others are."
    assert refused() == "There is nothing to merge."


def test_a_check_around_midnight_is_one() -> None:
    before = shard(1, 2, started=STARTED.replace(hour=23, minute=59))
    after = shard(2, 2, started=before.started + timedelta(minutes=2))
    assert merged([before, after]).started == before.started


def test_a_unit_in_two_shards_says_that_they_were_not_divided_alike() -> None:
    parts = [shard(at, 2, environment(checked=["dev/foundation/vpc"])) for at in (1, 2)]
    assert refused(*parts) == "dev: dev/foundation/vpc is both in shard-1-of-2 and in shard-2-of-2."


def test_environments_that_were_checked_apart_make_one_result() -> None:
    dev, prod = (
        result(environment("dev"), name="a"),
        result(environment("prod", [finding(environment="prod")]), name="b"),
    )
    together = merged([prod, dev])
    assert [it.environment for it in together.environments] == ["dev", "prod"]
    assert (together.exit_code, together.shards) == (Exit.CHANGES, ())
    assert refused(dev, result(environment("dev"), name="c")) == "dev is both in a and in c."


def of_two(first: EnvironmentDrift, second: EnvironmentDrift) -> EnvironmentDrift:
    (found,) = merged([shard(1, 2, first), shard(2, 2, second)]).environments
    return found


BUSY = EnvironmentDrift("dev", reason="dev is busy: apply by bob", code=Exit.LOCKED, busy=True)
FAILED = EnvironmentDrift("dev", reason="nobody is calling AWS", code=Exit.CREDENTIALS)


def test_what_failed_in_one_shard_failed() -> None:
    drifted = environment(findings=[finding()])
    found = of_two(drifted, FAILED)
    assert (found.status, found.exit_code, found.reason) == (Status.FAILED, Exit.CREDENTIALS, FAILED.reason)
    assert found.findings == drifted.findings
    assert of_two(BUSY, FAILED).exit_code is Exit.CREDENTIALS
    other = replace(FAILED, reason="no such bucket", code=Exit.FAILED)
    assert of_two(other, FAILED).reason == "no such bucket nobody is calling AWS"
    assert of_two(other, FAILED).exit_code is Exit.CREDENTIALS


def test_a_busy_shard_does_not_hide_what_another_found() -> None:
    found = of_two(environment(findings=[finding()]), BUSY)
    assert (found.status, found.exit_code) == (Status.DRIFTED, Exit.CHANGES)
    assert found.notes == ("shard-2-of-2 did not check its part: dev is busy: apply by bob",)
    unchecked = EnvironmentDrift("dev", (Checked("dev/foundation/vpc", Status.FAILED, "no plan"),))
    assert of_two(unchecked, BUSY).exit_code is Exit.FAILED


def test_a_busy_shard_is_not_clean() -> None:
    assert of_two(environment(checked=["dev/foundation/vpc"]), BUSY).exit_code is Exit.LOCKED
    assert of_two(BUSY, BUSY) == BUSY


def test_the_record_of_a_run_is_named_where_there_is_only_one() -> None:
    assert of_two(environment(run="r1"), environment(run="r1")).run == "r1"
    assert of_two(environment(run="r1"), environment(run="r2")).run == ""


@pytest.mark.parametrize(
    ("troubles", "left"),
    [
        ([NEVER_MATCHED, NEVER_MATCHED], [NEVER_MATCHED]),
        ([NEVER_MATCHED, ""], []),
        (["", "it has no attribute 'x'"], []),
        ([NEVER_MATCHED, "it has no attribute 'x'"], ["it has no attribute 'x'"]),
        (["expired on 2026-11-01", "expired on 2026-11-01"], ["expired on 2026-11-01"]),
    ],
)
def test_a_rule_that_matched_in_one_shard_is_no_trouble(troubles: Sequence[str], left: list[str]) -> None:
    parts = [shard(at, 2, rules=(rule(it),) if it else ()) for at, it in enumerate(troubles, 1)]
    assert [it.trouble for it in merged(parts).rules] == left
