"""Busy, failed, drifted or clean: what an environment is, and the one exit code of all of them."""

from __future__ import annotations

import itertools

import pytest

from flowops.errors import Exit, LockHeld, UsageError
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import Status
from flowops.model.drift.stored import from_data, to_data
from flowops.model.job import Step
from flowops.model.lease import taken
from tests.fakes import tree
from tests.fakes.lease import HOLDER
from tests.unit.operations.drift.checks import MOVED, VPC, Checks, dev
from tests.unit.operations.runs import FOUNDATION, NOW


def test_an_environment_at_work_is_left_alone(checks: Checks) -> None:
    checks.world.leases.holders["dev"] = taken("1", HOLDER, NOW)
    result = checks()
    assert dev(result).status is Status.BUSY
    assert HOLDER.operator in dev(result).reason
    assert checks.world.engine.jobs == []
    assert result.exit_code is Exit.LOCKED


def test_one_that_went_to_work_meanwhile_is_busy_and_what_was_found_is_not_believed(checks: Checks) -> None:
    def begin() -> None:
        checks.world.leases.holders["dev"] = taken("1", HOLDER, NOW)

    checks.world.engine.after_job = begin
    result = checks.drifting(VPC, MOVED)()
    assert "became busy" in dev(result).reason
    assert list(result.findings) == []


def test_a_lock_that_is_not_the_environments_leaves_it_unchecked_and_not_busy(checks: Checks) -> None:
    checks.world.leases.unreadable = LockHeld("Another flowops is making the same AWS session.")
    result = checks()
    assert (dev(result).status, dev(result).code) == (Status.FAILED, Exit.LOCKED)
    assert result.exit_code is Exit.FAILED
    assert from_data(to_data(result)) == result


CODES = {"clean": Exit.FINE, "drifted": Exit.CHANGES, "failed": Exit.FAILED, "busy": Exit.LOCKED}
RANK = ("failed", "drifted", "busy", "clean")


@pytest.mark.parametrize(("first", "second"), list(itertools.product(CODES, repeat=2)))
def test_failed_wins_over_drifted_and_busy_counts_if_there_is_nothing_else(
    checks: Checks, first: str, second: str
) -> None:
    checks.world.standing(*(f"foundation/{it}" for it in FOUNDATION), environment="prod")
    for name, status in (("dev", first), ("prod", second)):
        if status == "drifted":
            checks.drifting(tree.unit("foundation/vpc", name), MOVED)
        if status == "failed":
            checks.world.engine.failing[Step.PLAN, tree.unit("foundation/vpc", name)] = "no"
        if status == "busy":
            checks.world.leases.holders[name] = taken("1", HOLDER, NOW)
    result = checks(DriftRequest())
    assert [it.status.value for it in result.environments] == [first, second, "clean"]
    assert result.exit_code is CODES[min((first, second), key=RANK.index)]


@pytest.mark.parametrize("other", ["clean", "drifted"])
def test_an_environment_that_was_never_bootstrapped_is_a_failure_whatever_the_others_are(
    checks: Checks, other: str
) -> None:
    checks.world.leases.unreadable = UsageError("prod was not bootstrapped")
    if other == "drifted":
        checks.drifting(VPC, MOVED)
    assert checks(DriftRequest()).exit_code is Exit.FAILED


def test_missing_credentials_are_said_for_each_environment_and_win(checks: Checks) -> None:
    checks.world.cloud.acts_left = 0
    result = checks(DriftRequest())
    assert {it.status for it in result.environments[:2]} == {Status.FAILED}
    assert result.exit_code is Exit.CREDENTIALS


def test_after_ctrl_c_nothing_more_is_looked_at(checks: Checks) -> None:
    checks.world.engine.stop_after = 1
    result = checks(DriftRequest())
    again, *others = (it.reason for it in result.environments)
    assert again == "interrupted; next: flowops drift"
    assert others == ["not looked at: interrupted"] * 2
    assert checks.shared.asked == []
    assert result.exit_code is Exit.INTERRUPTED
