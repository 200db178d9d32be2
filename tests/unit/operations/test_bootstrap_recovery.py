"""Stacks that failed before: what is offered, what is explained, and what happens once the operator says yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import Exit, OperationFailed, Refused, UnknownTarget, UsageError
from flowops.model.bootstrap import StackAction, StackOutcome
from flowops.model.stack_changes import ChangeAction, Stack, StackResource
from tests.fakes.aws import World
from tests.fakes.cloudformation import Kept
from tests.unit.operations.bootstrapping import EVERYTHING, outcomes, run, stood_up


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def standing() -> World:
    return stood_up()


def left(logical_id: str, kind: str, physical_id: str, status: str, reason: str = "") -> StackResource:
    return StackResource(logical_id, kind, physical_id, status, reason)


BUCKET = left("StateBucket", "AWS::S3::Bucket", "states", "DELETE_FAILED", "The bucket is not empty")
KEPT_BUCKET = left("StateBucket", "AWS::S3::Bucket", "states", "DELETE_SKIPPED")
KEPT_KEY = left("StateKey", "AWS::KMS::Key", "1234-abcd", "DELETE_SKIPPED")
POLICY = left("Boundary", "AWS::IAM::ManagedPolicy", "arn:boundary", "DELETE_FAILED", "is attached to Other")
ROLE = left("DevOpsAdminRole", "AWS::IAM::Role", "DevOpsAdminRole", "UPDATE_FAILED", "NoSuchEntity: DevOpsAdminRole")


def failed_security(world: World, status: str, *resources: StackResource, protected: bool = False) -> World:
    """Let flowops-security have failed with these resources left."""
    stack = Stack("flowops-security", status, protected=protected)
    world.stacks("security").kept["flowops-security"] = Kept(stack, left=resources)
    return world


def stuck(standing: World, *resources: StackResource) -> World:
    """Let the rollback of dev's stack have failed on these resources."""
    kept = standing.stacks("dev").kept["flowops-environment"]
    broken = replace(kept.stack, status="UPDATE_ROLLBACK_FAILED")
    standing.stacks("dev").kept["flowops-environment"] = replace(kept, stack=broken, left=resources)
    return standing


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"])
def test_a_stack_whose_creation_failed_is_deleted_and_made_anew(world: World, status: str) -> None:
    gone = left("StateKey", "AWS::KMS::Key", "1234", "DELETE_COMPLETE")
    never_made = left("StateBucket", "AWS::S3::Bucket", "", "CREATE_FAILED", "exists already")
    result = run(failed_security(world, status, gone, never_made))
    first, second = world.console.asked[0].stacks[0], world.console.asked[1].stacks[0]
    assert first.action is StackAction.CLEAR
    assert first.note == "its creation failed and left nothing; it is made anew afterwards"
    assert second.action is StackAction.CREATE
    assert outcomes(result) == dict.fromkeys(EVERYTHING, StackOutcome.CREATED)


@pytest.mark.parametrize("status", ["ROLLBACK_FAILED", "CREATE_FAILED"])
def test_a_failed_creation_of_which_something_stands_is_not_deleted(world: World, status: str) -> None:
    result = run(failed_security(world, status, BUCKET, KEPT_KEY))
    error = result.stacks[0].error
    assert error is not None
    assert error.happened == (
        f"The creation of security/flowops-security failed ({status}), and these resources still stand:\n"
        "  StateBucket (AWS::S3::Bucket states): The bucket is not empty\n"
        "  StateKey (AWS::KMS::Key 1234-abcd): kept by its DeletionPolicy"
    )
    assert error.next_step == (
        "aws cloudformation delete-stack --stack-name flowops-security --region eu-central-1 --profile flw-sec, "
        "which deletes them if they may go; then: flowops bootstrap"
    )
    assert not any("delete" in call for call in world.cloud.worked)
    assert result.exit_code is Exit.FAILED


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_what_a_failed_stack_was_told_to_keep_blocks_its_successor_until_somebody_says_so(
    world: World, status: str
) -> None:
    result = run(failed_security(world, status, KEPT_BUCKET, KEPT_KEY))
    error = result.stacks[0].error
    assert error is not None
    assert error.happened == (
        f"Stack security/flowops-security is {status}, and left behind what it was told to retain:\n"
        "  StateBucket (AWS::S3::Bucket states): kept by its DeletionPolicy\n"
        "  StateKey (AWS::KMS::Key 1234-abcd): kept by its DeletionPolicy\n"
        "Taken names, on which a stack made anew fails: StateBucket"
    )
    assert error.next_step.startswith(
        "flowops bootstrap --retain-resource security/StateBucket --retain-resource security/StateKey, "
    )
    assert not any("delete" in call for call in world.cloud.worked)
    named = run(world, retain=("StateBucket", "StateKey"))
    assert named.exit_code is Exit.FINE
    # Nothing of it was CloudFormation's any more, so there was nothing to tell it.
    assert "delete flowops-security" in world.stacks("security").calls


def test_only_some_of_what_was_kept_is_not_enough(world: World) -> None:
    result = run(failed_security(world, "ROLLBACK_COMPLETE", KEPT_BUCKET, KEPT_KEY), retain=("StateBucket",))
    error = result.stacks[0].error
    assert error is not None
    assert "StateKey" in error.happened
    assert "StateBucket" not in error.happened
    both = "flowops bootstrap --retain-resource StateBucket --retain-resource security/StateKey, "
    assert error.next_step.startswith(both)
    assert not any("delete" in call for call in world.cloud.worked)


def test_a_failed_deletion_is_offered_again_with_what_it_takes_along(world: World) -> None:
    result = run(failed_security(world, "DELETE_FAILED", POLICY))
    plan = world.console.asked[0].stacks[0]
    assert plan.action is StackAction.DELETE_AGAIN
    assert [(it.action, it.logical_id) for it in plan.changes] == [(ChangeAction.REMOVE, "Boundary")]
    assert plan.note == (
        "its deletion failed and is tried again; it is made anew afterwards; it failed on:\n"
        "  Boundary (AWS::IAM::ManagedPolicy arn:boundary): is attached to Other"
    )
    assert result.exit_code is Exit.FINE


def test_a_deletion_that_would_lose_data_is_refused_unless_it_is_named(world: World) -> None:
    failed_security(world, "DELETE_FAILED", POLICY, BUCKET)
    with pytest.raises(Refused, match=r"flowops-security: StateBucket \(AWS::S3::Bucket\) would be removed") as refused:
        run(world)
    assert refused.value.next_step == (
        "to keep them outside: flowops bootstrap --retain-resource security/StateBucket; or, to lose them: "
        "flowops bootstrap --allow-replace security/StateBucket"
    )
    assert refused.value.happened.endswith(
        "\nsecurity/flowops-security cannot be made again before StateBucket is gone or renamed, also where it is kept "
        "outside."
    )
    assert not any("delete" in call for call in world.cloud.worked)
    assert run(world, allow_replace=("StateBucket",)).exit_code is Exit.FINE
    assert "delete flowops-security" in world.stacks("security").calls


def test_a_named_resource_is_left_behind_by_the_deletion(world: World) -> None:
    run(failed_security(world, "DELETE_FAILED", POLICY, BUCKET), retain=("StateBucket",))
    plan = world.console.asked[0].stacks[0]
    assert [it.logical_id for it in plan.changes] == ["Boundary"]
    assert "StateBucket stays outside, and what bears its name cannot be made until it is gone" in plan.note
    assert "delete flowops-security StateBucket" in world.stacks("security").calls


def test_a_protected_stack_is_not_deleted(world: World) -> None:
    result = run(failed_security(world, "DELETE_FAILED", protected=True))
    error = result.stacks[0].error
    assert error is not None
    assert "protected against deletion" in error.happened
    assert "update-termination-protection --no-enable-termination-protection" in error.next_step
    assert not any("delete" in call for call in world.cloud.worked)


def test_a_failed_rollback_is_continued_and_the_stack_planned_anew(standing: World) -> None:
    stuck(standing, replace(ROLE, status="UPDATE_COMPLETE"))
    standing.stack_templates.change("environment-account.yaml", "Outputs", "More", to={"Value": "more"})
    result = run(standing, "dev")
    assert [it.action for plan in standing.console.asked for it in plan.stacks] == [
        StackAction.ROLL_BACK,
        StackAction.UPDATE,
    ]
    assert outcomes(result) == {("dev", "flowops-environment"): StackOutcome.UPDATED}


def test_a_rollback_that_fails_again_says_on_what_and_how_to_leave_it_out(standing: World) -> None:
    result = run(stuck(standing, ROLE))
    plan = standing.console.asked[0].stacks[3]
    assert "DevOpsAdminRole (AWS::IAM::Role DevOpsAdminRole): NoSuchEntity: DevOpsAdminRole" in plan.note
    error = result.stacks[3].error
    assert error is not None
    assert error.happened == (
        "The rollback of dev/flowops-environment failed again:\n"
        "  DevOpsAdminRole (AWS::IAM::Role DevOpsAdminRole): NoSuchEntity: DevOpsAdminRole"
    )
    assert error.not_done == "flowops-environment is still UPDATE_ROLLBACK_FAILED."
    assert error.next_step == (
        "flowops bootstrap, after mending the cause; or, to leave them as they are: "
        "flowops bootstrap --skip-resource dev/DevOpsAdminRole"
    )
    assert outcomes(result)["prod", "flowops-environment"] is StackOutcome.UNCHANGED


def test_a_resource_that_is_named_is_left_out_of_the_rollback(standing: World) -> None:
    result = run(stuck(standing, ROLE), "dev", skip=("dev/DevOpsAdminRole",))
    plan = standing.console.asked[0].stacks[0]
    assert plan.names == ("DevOpsAdminRole",)
    assert "DevOpsAdminRole is left out, stays as it is, and may differ from the template then" in plan.note
    assert "roll back flowops-environment DevOpsAdminRole" in standing.stacks("dev").calls
    assert outcomes(result) == {("dev", "flowops-environment"): StackOutcome.RECOVERED}
    assert result.exit_code is Exit.FINE


def test_declined_after_a_rollback_was_continued_is_partly_done(standing: World) -> None:
    stuck(standing)
    standing.stack_templates.change("environment-account.yaml", "Outputs", "More", to={"Value": "more"})
    standing.console.answers = [True, False]
    result = run(standing, "dev")
    assert result.stacks[0].outcome is StackOutcome.NOT_RUN
    assert result.exit_code is Exit.PARTLY_DONE


def test_a_recovered_stack_is_guarded_like_any_other(standing: World) -> None:
    stuck(standing)
    standing.stack_templates.change(
        "environment-account.yaml", "Resources", "DevOpsAdminRole", "Properties", "RoleName", to="Other"
    )
    result = run(standing, "dev")
    assert isinstance(result.stacks[0].error, Refused)
    assert "DevOpsAdminRole (AWS::IAM::Role) would be replaced" in str(result.stacks[0].error)
    assert result.exit_code is Exit.REFUSED


@pytest.mark.parametrize(
    ("resources", "name", "known"),
    [
        ((ROLE,), "DevOpsAdminRol", "did you mean 'DevOpsAdminRole'? known: DevOpsAdminRole."),
        ((ROLE, replace(POLICY, status="UPDATE_COMPLETE")), "Boundary", "known: DevOpsAdminRole."),
        ((ROLE, replace(POLICY, status="UPDATE_FAILED", reason="Resource update cancelled")), "Boundary", "known: Dev"),
        ((ROLE,), "*", "known: DevOpsAdminRole."),
    ],
)
def test_only_what_a_rollback_failed_on_is_left_out_and_only_by_name(
    standing: World, resources: tuple[StackResource, ...], name: str, known: str
) -> None:
    with pytest.raises(UnknownTarget) as refused:
        run(stuck(standing, *resources), skip=(name,))
    assert f"There is no resource {name!r} that a rollback failed on" in refused.value.happened
    assert known in refused.value.happened
    assert standing.cloud.worked == []


@pytest.mark.parametrize(
    ("status", "known"),
    [("DELETE_FAILED", "Boundary, StateBucket"), ("ROLLBACK_COMPLETE", "StateBucket")],
)
def test_only_what_a_failed_stack_has_left_is_left_behind(world: World, status: str, known: str) -> None:
    with pytest.raises(UnknownTarget) as refused:
        run(failed_security(world, status, KEPT_BUCKET, POLICY), retain=("Bucket*",))
    assert "There is no resource 'Bucket*' that a failed stack could leave behind" in refused.value.happened
    assert known in refused.value.happened
    assert world.cloud.worked == []


@pytest.mark.parametrize("option", ["skip", "retain"])
def test_a_name_is_of_no_use_where_nothing_failed(standing: World, option: str) -> None:
    with pytest.raises(UsageError, match=f"--{option}-resource DevOpsAdminRole: there is no resource that") as refused:
        run(standing, **{option: ("DevOpsAdminRole",)})  # type: ignore[arg-type]
    assert refused.value.next_step == f"flowops bootstrap, without --{option}-resource"
    assert standing.cloud.worked == []


def test_an_update_that_stopped_halfway_and_has_nothing_to_do_is_explained(standing: World) -> None:
    kept = standing.stacks("dev").kept["flowops-environment"]
    halfway = replace(kept.stack, status="UPDATE_FAILED", reason="DevOpsAdminRole failed")
    standing.stacks("dev").kept["flowops-environment"] = replace(kept, stack=halfway)
    result = run(standing, "dev")
    error = result.stacks[0].error
    assert error is not None
    assert error.happened == (
        "Stack dev/flowops-environment is UPDATE_FAILED, and its template asks for no change: DevOpsAdminRole failed"
    )
    stack = "--stack-name flowops-environment --region eu-central-1"
    command = f"aws cloudformation rollback-stack {stack} --profile flw-dev"
    assert error.next_step == f"{command}; then: flowops bootstrap dev"


def test_a_review_that_nobody_finished_is_taken_over_and_whose_work_ends_is_said(world: World) -> None:
    failed_security(world, "REVIEW_IN_PROGRESS")
    world.stacks("security").others["flowops-security"] = ("by-hand of 2026-11-23 09:00 UTC",)
    assert run(world).exit_code is Exit.FINE
    plan = world.console.asked[0].stacks[0]
    assert plan.action is StackAction.CREATE
    assert plan.note == "executing it makes other change sets void: by-hand of 2026-11-23 09:00 UTC"


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS"])
def test_work_under_way_is_waited_for_not_begun_again(standing: World, status: str) -> None:
    kept = standing.stacks("dev").kept["flowops-environment"]
    busy = replace(kept.stack, status=status)
    standing.stacks("dev").kept["flowops-environment"] = replace(kept, stack=busy)
    result = run(standing)
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.UNCHANGED
    assert f"dev/flowops-environment: {status}: waiting for it" in standing.console.lines


def test_one_account_alone_waits_for_the_security_stack_it_needs(standing: World) -> None:
    kept = standing.stacks("security").kept["flowops-security"]
    busy = replace(kept.stack, status="UPDATE_IN_PROGRESS")
    standing.stacks("security").kept["flowops-security"] = replace(kept, stack=busy)
    assert run(standing, "dev").exit_code is Exit.FINE
    assert "security/flowops-security: UPDATE_IN_PROGRESS: waiting for it" in standing.console.lines


def test_one_account_alone_is_told_what_the_security_stack_suffers_from(standing: World) -> None:
    kept = standing.stacks("security").kept["flowops-security"]
    broken = replace(kept.stack, status="UPDATE_ROLLBACK_FAILED")
    standing.stacks("security").kept["flowops-security"] = replace(kept, stack=broken)
    with pytest.raises(OperationFailed, match="flowops-security is UPDATE_ROLLBACK_FAILED in the security") as failed:
        run(standing, "dev")
    assert failed.value.next_step == "flowops bootstrap security"


def test_a_deletion_under_way_is_waited_for_and_the_stack_made_anew(standing: World) -> None:
    kept = standing.stacks("dev").kept["flowops-environment"]
    leaving = replace(kept.stack, status="DELETE_IN_PROGRESS")
    standing.stacks("dev").kept["flowops-environment"] = replace(kept, stack=leaving)
    result = run(standing, "dev")
    assert outcomes(result) == {("dev", "flowops-environment"): StackOutcome.CREATED}
