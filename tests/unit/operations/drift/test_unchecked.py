"""What cannot be checked, or not be believed, is an error that hides nothing else."""

from __future__ import annotations

from dataclasses import replace

from flowops.errors import DamagedState, Exit, OperationFailed
from flowops.model.drift.finding import Finding, Source, Verdict
from flowops.model.drift.result import Shard
from flowops.model.job import Step
from flowops.model.state import Lock
from tests.fakes import tree
from tests.unit.operations.drift.checks import DEV, EFS, EKS, MOVED, VPC, Checks, failed, statuses
from tests.unit.operations.runs import FOUNDATION


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


def test_a_lock_that_says_nothing_is_told_as_one(checks: Checks) -> None:
    checks.world.cloud.held[EKS] = Lock("key", "", "unknown", "unknown", "")
    told = "locked by somebody unknown: its lock is empty or damaged; flowops locks list dev"
    assert failed(checks())["eks"] == told


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
