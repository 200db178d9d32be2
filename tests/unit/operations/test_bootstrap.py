from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import (
    CredentialsError,
    Declined,
    Exit,
    InvalidConfig,
    OperationFailed,
    Refused,
    UnknownTarget,
    UsageError,
    WrongAccount,
)
from flowops.model.bootstrap import BootstrapRequest, BootstrapResult, StackAction, StackOutcome
from flowops.model.config import Config
from flowops.model.facts import AccountFacts, Facts
from flowops.model.stack_changes import Stack, StackResource, stack_policy
from flowops.operations.bootstrap import bootstrap
from tests.fakes.aws import DEV, ORGANIZATION, SECURITY, World, config
from tests.fakes.cloudformation import Kept

EVERYTHING = (
    ("security", "flowops-security"),
    ("security", "flowops-access-dev"),
    ("security", "flowops-access-prod"),
    ("dev", "flowops-environment"),
    ("prod", "flowops-environment"),
)


def run(world: World, *accounts: str, allow_replace: tuple[str, ...] = (), of: Config | None = None) -> BootstrapResult:
    return bootstrap(BootstrapRequest(accounts, allow_replace), of or config(), world.ports())


def outcomes(result: BootstrapResult) -> dict[tuple[str, str], StackOutcome]:
    return {(it.account, it.stack): it.outcome for it in result.stacks}


def forget(world: World) -> World:
    """Forget what was shown and called so far: the stacks stand."""
    world.console.shown.clear()
    world.console.asked.clear()
    world.console.lines.clear()
    world.cloud.calls.clear()
    for door in world.cloud.doors.values():
        door.stacks.calls.clear()
    return world


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def standing(world: World) -> World:
    run(world)
    return forget(world)


def test_the_first_bootstrap_creates_security_and_then_what_needs_its_outputs(world: World) -> None:
    result = run(world)
    assert outcomes(result) == dict.fromkeys(EVERYTHING, StackOutcome.CREATED)
    assert result.exit_code is Exit.FINE
    first, second = world.console.asked
    assert [it.spec.id for it in first.stacks] == [f"security/{name}" for _, name in EVERYTHING[:3]]
    assert first.follows == ("dev/flowops-environment", "prod/flowops-environment")
    assert [it.spec.id for it in second.stacks] == ["dev/flowops-environment", "prod/flowops-environment"]
    assert second.follows == ()
    assert world.stacks("dev").kept["flowops-environment"].stack.parameters == {
        "Project": "flowable",
        "SecurityAccountId": SECURITY,
        "OrganizationId": ORGANIZATION.id,
        "ExternalId": "external-id-number-0001",
        "StateBucketName": "states",
        "StateKeyArn": "arn:flowops-security-StateKey",
        "Regions": "eu-central-1",
    }
    assert world.stacks("prod").kept["flowops-environment"].stack.parameters["Regions"] == "eu-central-1,eu-west-1"


def test_every_stack_is_tagged_and_secured(world: World) -> None:
    run(world)
    access = world.stacks("security").kept["flowops-access-dev"]
    assert access.spec is not None
    assert access.spec.tags == {
        "flowops:project": "flowable",
        "flowops:environment": "dev",
        "flowops:layer": "bootstrap",
        "flowops:unit": "flowops-access-dev",
    }
    stacks = [kept.stack for door in world.cloud.doors.values() for kept in door.stacks.kept.values()]
    assert len(stacks) == 5
    assert all(stack.secured for stack in stacks)


def test_a_second_bootstrap_changes_nothing_and_asks_nobody(standing: World) -> None:
    result = run(standing)
    assert outcomes(result) == dict.fromkeys(EVERYTHING, StackOutcome.UNCHANGED)
    assert result.exit_code is Exit.FINE
    assert standing.console.asked == []
    assert [it.action for plan in standing.console.shown for it in plan.stacks] == [StackAction.NONE] * 5
    assert not any(call.split()[1] in ("execute", "secure", "delete") for call in standing.cloud.worked)
    assert standing.external_ids == ["external-id-number-0001", "external-id-number-0002"]


def test_it_ends_with_facts_and_rendered_files(world: World) -> None:
    world.templates.texts = {"aws/non-prod/account.hcl.j2": "rendered"}
    result = run(world)
    assert world.facts_file.facts == result.facts
    assert result.facts is not None
    assert result.facts.accounts["dev"].id == DEV
    assert result.facts.accounts["dev"].external_id == "external-id-number-0001"
    assert result.facts.environments["prod"].outputs["LicenseSecretArn"] == "flowops-access-prod-LicenseSecret"
    assert world.templates.files == {"aws/non-prod/account.hcl.j2": "rendered"}


def test_events_are_told_with_the_stack_they_belong_to(world: World) -> None:
    run(world)
    assert "prod/flowops-environment: CREATE_COMPLETE DevOpsAdminRole (AWS::IAM::Role)" in world.console.lines


def test_an_account_without_id_is_told_before_any_call(world: World) -> None:
    with pytest.raises(UsageError, match="no id for account prod") as refused:
        run(world, of=config(prod=None))
    assert "flowops rehearse" in refused.value.next_step
    assert world.cloud.calls == []


def test_another_accounts_missing_id_does_not_matter_to_a_chosen_one(standing: World) -> None:
    result = run(standing, "dev", of=config(prod=None))
    assert outcomes(result) == {("dev", "flowops-environment"): StackOutcome.UNCHANGED}


def test_security_needs_every_id_because_its_policies_name_the_accounts(world: World) -> None:
    with pytest.raises(UsageError, match="no id for account prod"):
        run(world, "security", of=config(prod=None))


def test_an_unknown_account_is_answered_with_the_nearest(world: World) -> None:
    with pytest.raises(UnknownTarget, match="did you mean 'prod'"):
        run(world, "prodd")
    with pytest.raises(UsageError, match="'logging' holds no environment"):
        run(world, "logging")
    assert world.cloud.calls == []


@pytest.mark.parametrize("account", ["security", "dev", "prod"])
def test_a_wrong_account_stops_everything_before_it_starts(world: World, account: str) -> None:
    world.cloud.actual[account] = "999999999999"
    with pytest.raises(WrongAccount):
        run(world)
    assert world.cloud.worked == []


def test_declined_leaves_nothing_behind(world: World) -> None:
    world.console.answers = [False]
    with pytest.raises(Declined):
        run(world)
    assert world.stacks("security").kept == {}
    assert world.stacks("security").proposed == {}
    assert world.facts_file.facts is None


def test_an_interrupt_at_the_question_leaves_nothing_behind(world: World) -> None:
    def interrupted(plan: object) -> bool:
        raise KeyboardInterrupt

    world.console.confirm = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        run(world)
    assert world.stacks("security").kept == {}


def test_declined_in_the_second_phase_is_partly_done(world: World) -> None:
    world.console.answers = [True, False]
    result = run(world)
    assert [it.outcome for it in result.stacks] == [StackOutcome.CREATED] * 3 + [StackOutcome.NOT_RUN] * 2
    assert isinstance(result.stacks[-1].error, Declined)
    assert result.exit_code is Exit.PARTLY_DONE
    assert world.stacks("dev").kept == {}


def test_the_outputs_of_a_changed_security_stack_bring_a_phase_of_its_own(standing: World) -> None:
    standing.stack_templates.change("security-account.yaml", "Outputs", "StateBucketName", to={"Value": "moved"})
    result = run(standing)
    assert [[it.spec.account for it in plan.stacks] for plan in standing.console.asked] == [
        ["security", "security", "security", "dev", "prod"],
        ["dev", "prod"],
    ]
    assert standing.stacks("dev").kept["flowops-environment"].stack.parameters["StateBucketName"] == "moved"
    assert result.exit_code is Exit.FINE


def test_unchanged_outputs_need_one_phase_only(standing: World) -> None:
    standing.stack_templates.change(
        "environment-account.yaml",
        "Resources",
        "Extra",
        to={"Type": "AWS::IAM::ManagedPolicy", "Properties": {}},
    )
    result = run(standing)
    assert len(standing.console.asked) == 1
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.UPDATED


def test_removing_the_state_bucket_is_refused(standing: World) -> None:
    standing.stack_templates.change("security-account.yaml", "Resources", "StateBucket")
    standing.stack_templates.change("security-account.yaml", "Outputs", "StateBucketName", to={"Value": "states"})
    with pytest.raises(Refused, match=r"StateBucket \(AWS::S3::Bucket\) would be removed") as refused:
        run(standing)
    assert "--allow-replace StateBucket" in refused.value.next_step
    assert standing.console.asked == []
    assert not any("execute" in call for call in standing.cloud.worked)
    assert standing.stacks("security").proposed == {}


def test_replacing_a_role_is_refused_in_every_account(standing: World) -> None:
    standing.stack_templates.change(
        "environment-account.yaml", "Resources", "DevOpsAdminRole", "Properties", "RoleName", to="Other"
    )
    with pytest.raises(Refused) as refused:
        run(standing)
    assert "dev/flowops-environment: DevOpsAdminRole (AWS::IAM::Role) would be replaced" in refused.value.happened
    assert "prod/flowops-environment: DevOpsAdminRole" in refused.value.happened


def test_an_allowed_replacement_lifts_the_stack_policy_for_that_update_only(standing: World) -> None:
    standing.stack_templates.change(
        "security-account.yaml", "Resources", "StateBucket", "Properties", "BucketName", to="other"
    )
    result = run(standing, allow_replace=("StateBucket",))
    assert outcomes(result)["security", "flowops-security"] is StackOutcome.UPDATED
    assert standing.stacks("security").calls[3:6] == [
        "secure flowops-security lifted",
        "execute flowops-security",
        "secure flowops-security",
    ]
    assert standing.stacks("security").kept["flowops-security"].stack.policy == stack_policy()


def test_the_stack_policy_is_back_in_force_after_a_failed_replacement(standing: World) -> None:
    standing.stack_templates.change(
        "security-account.yaml", "Resources", "StateBucket", "Properties", "BucketName", to="other"
    )
    standing.stacks("security").fails["flowops-security"] = OperationFailed("StateBucket UPDATE_FAILED")
    result = run(standing, allow_replace=("StateBucket",))
    assert result.exit_code is Exit.FAILED
    assert standing.stacks("security").kept["flowops-security"].stack.policy == stack_policy()


def test_allowing_an_unknown_logical_id_is_told_before_anything_is_planned(standing: World) -> None:
    with pytest.raises(UnknownTarget, match="no logical id 'StateBuckt'; did you mean 'StateBucket'"):
        run(standing, allow_replace=("StateBuckt",))
    assert standing.cloud.worked == []


def test_an_environment_account_that_fails_does_not_stop_the_other(world: World) -> None:
    world.stacks("dev").fails["flowops-environment"] = OperationFailed("DevOpsAdminRole CREATE_FAILED: no")
    result = run(world)
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.FAILED
    assert outcomes(result)["prod", "flowops-environment"] is StackOutcome.CREATED
    assert result.exit_code is Exit.PARTLY_DONE
    assert result.facts is not None
    assert result.facts.accounts["dev"].outputs == {}
    assert result.facts.accounts["prod"].outputs != {}


def test_a_failure_without_any_change_is_exit_1(standing: World) -> None:
    standing.stacks("dev").refuses["flowops-environment"] = OperationFailed("the template is wrong")
    result = run(standing)
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.FAILED
    assert result.exit_code is Exit.FAILED
    assert standing.console.asked == []


def test_missing_permissions_in_one_account_are_exit_5(world: World) -> None:
    world.stacks("prod").refuses["flowops-environment"] = CredentialsError("AccessDenied")
    assert run(world).exit_code is Exit.CREDENTIALS


def test_a_failed_security_stack_stops_everything_that_needs_it(world: World) -> None:
    world.stacks("security").fails["flowops-security"] = OperationFailed("StateKey CREATE_FAILED: no")
    result = run(world)
    assert [it.outcome for it in result.stacks] == [StackOutcome.FAILED] + [StackOutcome.NOT_RUN] * 4
    assert result.exit_code is Exit.FAILED
    assert "execute flowops-access-dev" not in world.stacks("security").calls
    assert "flowops-access-dev" not in world.stacks("security").kept


def test_a_security_stack_that_cannot_be_planned_is_not_asked_about(world: World) -> None:
    world.stacks("security").refuses["flowops-security"] = OperationFailed("the template is wrong")
    result = run(world)
    assert [it.outcome for it in result.stacks] == [StackOutcome.FAILED] + [StackOutcome.NOT_RUN] * 4
    assert world.console.asked == []
    assert world.stacks("security").kept == {}


def test_a_failed_access_stack_does_not_stop_the_accounts(world: World) -> None:
    world.stacks("security").fails["flowops-access-dev"] = OperationFailed("no")
    result = run(world)
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.CREATED
    assert result.exit_code is Exit.PARTLY_DONE


def test_one_account_alone_takes_the_outputs_of_the_standing_security_stack(standing: World) -> None:
    standing.stack_templates.change("security-account.yaml", "Resources", "StateBucketPolicy")
    result = run(standing, "dev")
    assert list(outcomes(result)) == [("dev", "flowops-environment")]
    assert standing.cloud.calls.count("enter prod") == 0
    assert standing.stacks("security").calls == []
    assert result.facts is not None
    assert set(result.facts.accounts) == {"security", "dev", "prod"}


def test_one_account_alone_needs_the_security_stack(world: World) -> None:
    with pytest.raises(OperationFailed, match="flowops-security does not stand") as failed:
        run(world, "dev")
    assert failed.value.next_step == "flowops bootstrap security"


def test_an_external_id_that_is_presented_already_is_kept(world: World) -> None:
    world.facts_file.facts = Facts(ORGANIZATION, {"dev": AccountFacts(DEV, {}, "kept-in-flowops-lock-0001")})
    run(world)
    assert world.stacks("dev").kept["flowops-environment"].stack.parameters["ExternalId"] == "kept-in-flowops-lock-0001"
    world.facts_file.facts = None
    assert run(world).exit_code is Exit.FINE
    assert world.facts_file.read() is not None
    assert world.stacks("dev").kept["flowops-environment"].stack.parameters["ExternalId"] == "kept-in-flowops-lock-0001"


def test_a_stack_whose_creation_failed_is_deleted_and_made_anew(world: World) -> None:
    world.stacks("security").kept["flowops-security"] = Kept(Stack("flowops-security", "ROLLBACK_COMPLETE"))
    result = run(world)
    assert world.console.asked[0].stacks[0].action is StackAction.CLEAR
    assert "made anew" in world.console.asked[0].stacks[0].note
    assert world.console.asked[1].stacks[0].action is StackAction.CREATE
    assert outcomes(result) == dict.fromkeys(EVERYTHING, StackOutcome.CREATED)


def test_a_failed_creation_that_left_a_resource_is_not_deleted(world: World) -> None:
    left = (StackResource("StateBucket", "AWS::S3::Bucket", "states", "DELETE_SKIPPED"),)
    kept = Kept(Stack("flowops-security", "ROLLBACK_COMPLETE"), left=left)
    world.stacks("security").kept["flowops-security"] = kept
    result = run(world)
    assert "left resources behind: StateBucket (states)" in str(result.stacks[0].error)
    assert "delete flowops-security" not in world.stacks("security").calls
    assert result.exit_code is Exit.FAILED


def test_a_review_that_nobody_finished_is_taken_over(world: World) -> None:
    world.stacks("security").kept["flowops-security"] = Kept(Stack("flowops-security", "REVIEW_IN_PROGRESS"))
    assert run(world).exit_code is Exit.FINE


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("ROLLBACK_FAILED", "delete-stack"),
        ("CREATE_FAILED", "delete-stack"),
        ("DELETE_FAILED", "delete-stack"),
    ],
)
def test_a_stack_that_takes_no_change_is_explained(standing: World, status: str, command: str) -> None:
    kept = standing.stacks("dev").kept["flowops-environment"]
    broken = replace(kept.stack, status=status, reason="DevOpsAdminRole could not be restored")
    standing.stacks("dev").kept["flowops-environment"] = replace(kept, stack=broken)
    result = run(standing)
    error = result.stacks[3].error
    assert error is not None
    assert f"dev/flowops-environment is {status}" in error.happened
    assert "DevOpsAdminRole could not be restored" in error.happened
    assert f"aws cloudformation {command} --stack-name flowops-environment" in error.next_step
    assert outcomes(result)["prod", "flowops-environment"] is StackOutcome.UNCHANGED


def test_work_under_way_is_waited_for_not_begun_again(standing: World) -> None:
    kept = standing.stacks("dev").kept["flowops-environment"]
    busy = replace(kept.stack, status="UPDATE_IN_PROGRESS")
    standing.stacks("dev").kept["flowops-environment"] = replace(kept, stack=busy)
    result = run(standing)
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.UNCHANGED
    assert "dev/flowops-environment: UPDATE_IN_PROGRESS flowops-environment" in standing.console.lines


def test_missing_protection_is_put_in_place_without_another_change(standing: World) -> None:
    kept = standing.stacks("prod").kept["flowops-environment"]
    standing.stacks("prod").kept["flowops-environment"] = replace(kept, stack=replace(kept.stack, protected=False))
    result = run(standing)
    assert [it.action for it in standing.console.asked[0].stacks][-1] is StackAction.SECURE
    assert outcomes(result)["prod", "flowops-environment"] is StackOutcome.UPDATED
    assert standing.stacks("prod").kept["flowops-environment"].stack.secured


def test_a_stack_that_was_made_but_not_secured_counts_as_changed(world: World) -> None:
    world.stacks("security").insecurable["flowops-security"] = OperationFailed("SetStackPolicy failed")
    result = run(world)
    assert outcomes(result)["security", "flowops-security"] is StackOutcome.FAILED
    assert result.exit_code is Exit.PARTLY_DONE


def test_empty_secrets_are_filled_from_what_is_at_hand_and_shown_by_source_only(world: World) -> None:
    world.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "some-user", "FLOWABLE_REPO_AUTH_PASSWORD": "canary-1"}
    world.secret_files.contents = {"./dev.license": b"canary-2"}
    result = run(world)
    secrets = world.cloud.doors["security"].secrets.values
    assert secrets == {
        "/flowable/repository": b'{"username": "some-user", "password": "canary-1"}',
        "flowops-access-dev-LicenseSecret": b"canary-2",
    }
    planned = [(it.name, it.environment, it.source) for it in world.console.asked[0].secrets]
    assert planned == [
        ("repository", "", "FLOWABLE_REPO_AUTH_USERNAME and FLOWABLE_REPO_AUTH_PASSWORD"),
        ("license", "dev", "./dev.license"),
    ]
    assert [(it.name, it.filled, it.note) for it in result.secrets][2] == (
        "license prod",
        False,
        "not set: name the file under flowable.licenses.prod, then: flowops bootstrap security",
    )
    said = f"{world.console.shown} {world.console.lines} {result}"
    assert "canary" not in said
    assert "some-user" not in said


def test_a_secret_that_has_a_value_is_left_alone(standing: World) -> None:
    standing.cloud.doors["security"].secrets.values["/flowable/repository"] = b"set by hand"
    standing.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": "other"}
    result = run(standing)
    assert standing.cloud.doors["security"].secrets.values["/flowable/repository"] == b"set by hand"
    assert result.secrets[0].filled
    assert standing.console.asked == []


def test_secrets_alone_are_worth_a_question(standing: World) -> None:
    standing.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": "word"}
    run(standing)
    assert len(standing.console.asked) == 1
    assert "/flowable/repository" in standing.cloud.doors["security"].secrets.values


def test_half_of_the_repository_credentials_is_nothing(world: World) -> None:
    world.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": ""}
    result = run(world)
    assert (
        result.secrets[0].note
        == "not set: FLOWABLE_REPO_AUTH_USERNAME=… FLOWABLE_REPO_AUTH_PASSWORD=… flowops bootstrap security"
    )
    assert world.cloud.doors["security"].secrets.values == {}


def test_a_template_that_cannot_be_rendered_leaves_the_bootstrap_partly_done(world: World) -> None:
    world.templates.texts = {"aws/non-prod/account.hcl.j2": ""}
    result = run(world)
    assert isinstance(result.problems[0], InvalidConfig)
    assert result.exit_code is Exit.PARTLY_DONE
    assert world.facts_file.facts is not None
    assert run(world).exit_code is Exit.FAILED
