"""What is ignored is no drift, and a rule that matches nothing of what was looked at is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from flowops.errors import Exit, OperationFailed
from flowops.model.drift.finding import Verdict
from flowops.model.drift.merging import merged
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import DriftResult, Shard
from flowops.model.drift.rules import NEVER_MATCHED, DriftRules, IgnoreRule
from flowops.model.job import Step
from flowops.model.lease import taken
from tests.fakes.lease import HOLDER
from tests.unit.operations.drift.checks import DEV, EKS, MOVED, VPC, Checks, FakeOther, statuses
from tests.unit.operations.runs import FOUNDATION, NOW


def test_noise_and_what_is_ignored_is_no_drift_and_nobody_is_asked_about_it(checks: Checks) -> None:
    noise = replace(MOVED, after={"id": "vpc-1", "size": "1"})
    checks.drifting(VPC, MOVED).drifting(EKS, noise)
    rule = IgnoreRule("flowops.drift.yaml:2", "foundation/vpc//*", "because", "ann", date(2027, 1, 1))
    checks.rules = DriftRules((rule,))
    result = checks()
    assert result.exit_code is Exit.FINE
    assert [it.verdict for it in result.findings] == [Verdict.NOISE, Verdict.OUT_OF_BAND]
    assert set(statuses(result).values()) == {"clean"}
    assert checks.trail.asked == []
    assert result.rules == ()


IDLE = IgnoreRule("", "", "because", "ann", date(2027, 1, 1))
NO_UNIT = replace(IDLE, where="no unit", address="foundation/none//*")
NO_RESOURCE = replace(IDLE, where="no resource", address="foundation/vpc//aws_none.*", environment="dev")
EVERYWHERE = replace(IDLE, where="everywhere", address="foundation/eks//aws_none.*")
NO_STACK = replace(IDLE, where="no stack", address="dev/flowops-environment//Resources/None")
NO_USER = replace(IDLE, where="no user", address="arn:aws:iam::*:user/none*")
IDLERS = (NO_UNIT, NO_RESOURCE, EVERYWHERE, NO_STACK, NO_USER)


@pytest.fixture
def idle(checks: Checks) -> Checks:
    """Return checks of two environments that stand, in which every source but what is unmanaged is looked at."""
    checks.world.standing(*(f"foundation/{it}" for it in FOUNDATION), environment="prod")
    checks.rules = DriftRules(IDLERS)
    checks.others = (checks.other, FakeOther(name="rendered"))
    checks.shared.name = "iam"
    return checks


def never(result: DriftResult) -> set[str]:
    assert {it.trouble for it in result.rules} <= {NEVER_MATCHED}
    return {it.where for it in result.rules}


def test_a_rule_that_can_match_nothing_of_what_was_looked_at_is_told(idle: Checks) -> None:
    assert never(idle(DEV)) == {"no unit", "no resource", "no stack"}
    everything = {"no unit", "no resource", "everywhere", "no stack"}
    assert never(idle(DriftRequest())) == everything, "it may be about an ARN that only --unmanaged looks at"
    idle.others = (*idle.others, FakeOther(name="unmanaged"))
    assert never(idle(DriftRequest(unmanaged=True))) == {*everything, "no user"}


def test_of_a_rule_that_may_be_about_what_could_not_be_checked_nothing_is_said(idle: Checks) -> None:
    idle.world.engine.failing[Step.PLAN, VPC] = "no"
    assert never(idle(DriftRequest())) == {"no unit", "everywhere", "no stack"}
    idle.world.engine.failing.clear()
    idle.other.trouble = OperationFailed("detection failed")
    assert never(idle(DriftRequest())) == {"no unit", "no resource", "everywhere"}
    idle.other.trouble = None
    idle.world.leases.holders["prod"] = taken("1", HOLDER, NOW)
    assert never(idle(DriftRequest())) == {"no unit", "no resource", "no stack"}


def test_shards_together_tell_the_rules_that_an_undivided_check_tells(idle: Checks) -> None:
    parts = [idle(DriftRequest(shard=Shard(it, 3))) for it in (1, 2, 3)]
    assert never(merged(parts)) == never(idle(DriftRequest()))
