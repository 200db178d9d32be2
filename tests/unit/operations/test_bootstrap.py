"""The way of a bootstrap: its phases, its accounts, its questions, and what it writes down."""

from __future__ import annotations

import pytest

from flowops.errors import Declined, Exit, Interrupted, OperationFailed, UnknownTarget, UsageError, WrongAccount
from flowops.model.bootstrap import StackAction, StackOutcome
from flowops.model.facts import AccountFacts, Facts
from tests.fakes.aws import DEV, ORGANIZATION, SECURITY, World, config
from tests.unit.operations.bootstrapping import EVERYTHING, outcomes, run, stood_up


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def standing() -> World:
    return stood_up()


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


def test_with_nobody_to_ask_the_next_command_is_the_same_with_a_yes(world: World) -> None:
    world.console.nobody = True
    with pytest.raises(Declined) as declined:
        run(world, "security", "dev")
    assert declined.value.next_step == "flowops bootstrap security dev --yes"
    assert world.stacks("security").proposed == {}


def test_an_interrupt_at_the_question_leaves_nothing_behind(world: World) -> None:
    def interrupted(plan: object) -> bool:
        raise KeyboardInterrupt

    world.console.confirm = interrupted  # type: ignore[method-assign]
    with pytest.raises(Interrupted, match="The bootstrap was interrupted") as ended:
        run(world)
    assert ended.value.not_done.startswith("No stack was being changed.")
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
