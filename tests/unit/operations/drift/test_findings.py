"""What a drift check finds: that something moved, who did it, and the ways out."""

from __future__ import annotations

from dataclasses import replace

from flowops.errors import Exit, OperationFailed
from flowops.model.access import Access
from flowops.model.drift.finding import Trace, Verdict
from flowops.model.job import Step
from flowops.operations.drift_traces import MOST
from tests.fakes.run import create
from tests.unit.operations.drift.checks import EFS, EKS, MOVED, VPC, Checks, statuses
from tests.unit.operations.runs import FOUNDATION, NOW, steps

GONE = replace(MOVED, gone=True, after={})


def test_an_environment_as_it_was_applied_is_clean_and_nothing_is_locked_or_written(checks: Checks) -> None:
    result = checks()
    assert result.exit_code is Exit.FINE
    assert set(statuses(result).values()) == {"clean"}
    assert set(statuses(result)) == {*FOUNDATION, "cloudformation"}
    assert {access for _, access in checks.world.cloud.acted} == {Access.READ}
    assert checks.world.leases.takers == []
    assert steps(checks.world) == [Step.PLAN]
    assert checks.kept.results == [result]


def test_what_moved_is_found_with_who_did_it_and_the_ways_out(checks: Checks) -> None:
    trace = Trace("arn:aws:iam::222222222222:user/ann", NOW, "ModifyVpc", "203.0.113.7")
    checks.trail.known = {"vpc-1": (trace,)}
    result = checks.drifting(VPC, MOVED)()
    (found,) = result.findings
    assert (found.verdict, found.traces, found.untraced) == (Verdict.OUT_OF_BAND, (trace,), "")
    assert [it.kind for it in found.ways] == ["accept", "ignore"]
    assert statuses(result)["vpc"] == "drifted"
    assert result.exit_code is Exit.CHANGES


def test_it_says_so_where_cloudtrail_has_nothing_and_where_it_cannot_be_read(checks: Checks) -> None:
    checks.drifting(VPC, MOVED).drifting(EKS, GONE)
    assert {it.untraced.partition(";")[0] for it in checks().findings} == {
        "CloudTrail has no event of the last 90 days"
    }
    checks.trail.asked.clear()
    checks.trail.trouble = OperationFailed("not allowed")
    assert {it.untraced for it in checks().findings} == {"CloudTrail cannot be read: not allowed"}
    assert len(checks.trail.asked) == 1, "what could not be read once is not tried again"


def test_more_than_cloudtrail_would_answer_in_time_is_not_asked(checks: Checks) -> None:
    many = (replace(MOVED, address=f"aws_vpc.this[{it}]") for it in range(MOST + 3))
    result = checks.drifting(VPC, *many)()
    assert len(checks.trail.asked) == MOST
    assert sum(it.untraced.startswith("not asked") for it in result.findings) == 3


def test_what_was_never_applied_is_one_finding(checks: Checks) -> None:
    del checks.world.cloud.resources[EFS]
    checks.world.engine.changes[EFS] = (create(), create())
    (found,) = checks().findings
    assert (found.verdict, found.address) == (Verdict.UNAPPLIED, "foundation/efs//")
