"""drift: what is looked at, what could not be, and the one exit code."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest

from flowops.errors import DamagedState, Exit, FlowopsError, LockHeld, OperationFailed, UnknownTarget, UsageError
from flowops.model.access import Access
from flowops.model.changes import ResourceDrift
from flowops.model.deployment import Environment, Unit
from flowops.model.drift.finding import Finding, Source, Trace, Verdict
from flowops.model.drift.merging import merged
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Shard, Status
from flowops.model.drift.rules import NEVER_MATCHED, DriftRules, IgnoreRule
from flowops.model.drift.stored import from_data, to_data
from flowops.model.job import Step
from flowops.model.lease import taken
from flowops.model.run import Verb
from flowops.model.state import Lock
from flowops.operations.drift import DriftPorts, check
from flowops.operations.drift_traces import MOST
from tests.fakes import tree
from tests.fakes.lease import HOLDER
from tests.fakes.run import World, create
from tests.unit.operations.runs import FOUNDATION, NOW, everything_standing, steps

VPC, EKS, EFS = (tree.unit(f"foundation/{it}") for it in ("vpc", "eks", "efs"))
DEV = DriftRequest("dev", "foundation")
MOVED = ResourceDrift(
    "aws_vpc.this", "aws_vpc", gone=False, before={"id": "vpc-1", "size": 1}, after={"id": "vpc-1", "size": 2}
)
GONE = replace(MOVED, gone=True, after={})


@dataclass
class FakeTrail:
    known: dict[str, Sequence[Trace]] = field(default_factory=dict)
    asked: list[Sequence[str]] = field(default_factory=list)
    trouble: FlowopsError | None = None

    def traces(self, environment: Environment, ids: Sequence[str], since: datetime, type_: str = "") -> Sequence[Trace]:
        self.asked.append(ids)
        if self.trouble:
            raise self.trouble
        return self.known.get(ids[0], ())


@dataclass
class FakeOther:
    """Finds what it is told, in these environments."""

    found: dict[str, Sequence[Finding]] = field(default_factory=dict)
    trouble: FlowopsError | None = None
    asked: list[str] = field(default_factory=list)
    name: str = "cloudformation"
    breaks_off: FlowopsError | None = None

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        where = environment.name if environment else "security"
        self.asked.append(where)
        if self.trouble:
            raise self.trouble
        yield from self.found.get(where, ())
        if self.breaks_off:
            raise self.breaks_off


@dataclass
class Kept:
    results: list[DriftResult] = field(default_factory=list)

    def keep(self, result: DriftResult) -> None:
        self.results.append(result)


@dataclass
class Checks:
    """Drift checks of one project."""

    world: World
    rules: DriftRules = field(default_factory=DriftRules)
    trail: FakeTrail = field(default_factory=FakeTrail)
    other: FakeOther = field(default_factory=FakeOther)
    others: Sequence[FakeOther] = ()
    shared: FakeOther = field(default_factory=FakeOther)
    kept: Kept = field(default_factory=Kept)
    seconds: Iterator[int] = field(default_factory=itertools.count)

    def __call__(self, request: DriftRequest = DEV) -> DriftResult:
        ports = DriftPorts(
            self.world.ports,
            self.rules,
            self.trail,
            self.kept,
            self.others or (self.other,),
            (self.shared,),
            {},
            has_inputs=lambda _: False,
            clock=lambda: NOW + timedelta(seconds=next(self.seconds)),
            project="flowable",
            version="0.1",
        )
        return check(request, ports)

    def drifting(self, unit: Unit, *drift: ResourceDrift) -> Checks:
        self.world.engine.drifted[unit] = drift
        return self


@pytest.fixture
def checks() -> Checks:
    return Checks(everything_standing())


def dev(result: DriftResult) -> EnvironmentDrift:
    return next(it for it in result.environments if it.environment == "dev")


def statuses(result: DriftResult) -> dict[str, str]:
    return {it.name.rpartition("/")[2]: it.status.value for it in dev(result).checked}


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


# -- what cannot be checked ------------------------------------------------------------------------------------------


def failed(result: DriftResult) -> dict[str, str]:
    return {it.name.rpartition("/")[2]: it.reason for it in dev(result).checked if it.status is Status.FAILED}


def test_a_unit_that_cannot_be_planned_is_an_error_and_hides_no_other(checks: Checks) -> None:
    checks.world.engine.failing[Step.PLAN, EKS] = "AccessDenied: no"
    result = checks.drifting(VPC, MOVED)()
    assert failed(result) == {"eks": "AccessDenied: no"}
    assert statuses(result)["vpc"] == "drifted"
    assert result.exit_code is Exit.FAILED


def test_a_locked_unit_is_an_error_that_names_who_holds_it(checks: Checks) -> None:
    checks.world.cloud.held[EKS] = Lock("key", "77aa", "ann@host", "OperationTypeApply", "now")
    assert "locked by ann@host since now" in failed(checks())["eks"]
    assert EKS not in checks.world.engine.jobs[0].units


def test_a_damaged_or_unsaved_state_is_an_error_and_the_others_are_checked(checks: Checks) -> None:
    checks.world.cloud.damaged, checks.world.cloud.hurt = DamagedState("one is empty"), {EKS}
    checks.world.histories.kept = {EKS: [b""]}
    checks.world.engine.errored[EFS] = "/kept/efs"
    result = checks()
    assert "flowops recover dev foundation eks --list" in failed(result)["eks"]
    assert failed(result)["eks-components"].startswith("it reads of dev/foundation/eks: ")
    assert "flowops recover dev foundation efs" in failed(result)["efs"]
    assert set(checks.world.engine.jobs[0].units) == {tree.unit(f"foundation/{it}") for it in ("vpc", "resource-group")}


def test_a_provisional_input_is_never_clean_and_what_was_found_is_kept(checks: Checks) -> None:
    checks.world.engine.outputs[VPC] = ("subnets",)
    result = checks.drifting(EKS, MOVED)()
    assert set(failed(result)) == {"efs", "eks", "eks-components"}
    assert "of dev/foundation/vpc will change" in failed(result)["efs"]
    assert {it.unit for it in result.findings} == {EKS.id, VPC.id}
    assert result.exit_code is Exit.FAILED


def test_a_state_that_was_written_meanwhile_is_not_believed(checks: Checks) -> None:
    def write() -> None:
        checks.world.cloud.serials[VPC] = 7

    checks.world.engine.after_job = write
    assert failed(checks()) == {"vpc": "somebody else wrote its state while it was checked"}


def test_a_lock_taken_meanwhile_is_an_error_too(checks: Checks) -> None:
    def lock() -> None:
        checks.world.cloud.held[VPC] = Lock("key", "77aa", "ann@host", "OperationTypeApply", "now")

    checks.world.engine.after_job = lock
    assert failed(checks()) == {"vpc": "ann@host locked it while it was checked"}


def test_a_shard_knows_what_is_about_to_change_above_it_and_checks_only_its_own(checks: Checks) -> None:
    checks.world.engine.outputs[VPC] = ("subnets",)
    assigned = {f"dev/foundation/{it}": 1 for it in FOUNDATION} | {EKS.id: 2}
    result = checks(replace(DEV, shard=Shard(2, 2), assigned=assigned))
    assert set(statuses(result)) == {"eks"}
    assert "of dev/foundation/vpc will change" in failed(result)["eks"]


def test_what_was_never_applied_is_one_finding(checks: Checks) -> None:
    del checks.world.cloud.resources[EFS]
    checks.world.engine.changes[EFS] = (create(), create())
    (found,) = checks().findings
    assert (found.verdict, found.address) == (Verdict.UNAPPLIED, "foundation/efs//")


def test_something_else_that_cannot_be_looked_at_is_an_error_too(checks: Checks) -> None:
    checks.other.trouble = OperationFailed("detection failed")
    result = checks()
    assert failed(result)["cloudformation"].startswith("detection failed")
    assert result.exit_code is Exit.FAILED


def test_what_was_found_before_something_else_failed_is_kept(checks: Checks) -> None:
    stack = Finding("dev", Source.CLOUDFORMATION, "dev/flowops-environment//", "x", Verdict.MISSING)
    checks.other.found["dev"], checks.other.breaks_off = (stack,), OperationFailed("detection failed")
    result = checks()
    assert [it.address for it in result.findings] == [stack.address]
    assert failed(result)["cloudformation"].startswith("detection failed")
    assert result.exit_code is Exit.FAILED


# -- busy, failed, drifted, clean ------------------------------------------------------------------------------------


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


# -- what is asked ---------------------------------------------------------------------------------------------------


def test_without_an_environment_all_are_checked_and_what_they_share_once(checks: Checks) -> None:
    stack = Finding("security", Source.IAM, "user/ann", "AWS::IAM::User", Verdict.OUT_OF_BAND, summary="by hand")
    checks.shared.found["security"] = (stack,)
    result = checks(DriftRequest())
    assert [it.environment for it in result.environments] == ["dev", "prod", "security"]
    assert (checks.other.asked, checks.shared.asked) == (["dev", "prod"], ["security"])
    checks(DEV)
    assert checks.shared.asked == ["security"]


def test_a_name_that_is_not_there_is_an_error_before_anything_starts(checks: Checks) -> None:
    with pytest.raises(UnknownTarget, match="did you mean 'dev'"):
        checks(DriftRequest("dve"))
    with pytest.raises(UnknownTarget, match="layer"):
        checks(DriftRequest("dev", "fundation"))
    assert checks.world.journal.records == []


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_shards_check_each_unit_once_and_what_is_not_terraforms_once(checks: Checks, count: int) -> None:
    seen: list[str] = []
    for index in range(1, count + 1):
        seen += [it.name for it in dev(checks(replace(DEV, shard=Shard(index, count)))).checked]
    assert sorted(seen) == sorted([*(f"dev/foundation/{it}" for it in FOUNDATION), "cloudformation"])


def test_a_plan_of_shards_decides_where_a_unit_is_checked(checks: Checks) -> None:
    assigned = {f"dev/foundation/{it}": 2 for it in FOUNDATION} | {VPC.id: 1}
    result = checks(replace(DEV, shard=Shard(1, 2), assigned=assigned))
    assert set(statuses(result)) == {"vpc", "cloudformation"}


def test_the_run_behind_it_is_recorded_as_a_drift_check(checks: Checks) -> None:
    result = checks.drifting(VPC, MOVED)()
    (record,) = checks.world.journal.records
    assert record.finished is not None
    assert record.finished.request.verb is Verb.DRIFT
    assert dev(result).run == record.id
    assert [data["status"] for kind, data in record.events if kind == "checked"].count("drifted") == 1
