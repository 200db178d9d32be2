"""What must not be lost is guarded: by refusals, by the stack policy, and by termination protection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowops.errors import CredentialsError, Exit, FlowopsError, Interrupted, OperationFailed, Refused, UnknownTarget
from flowops.model.bootstrap import StackAction, StackOutcome
from flowops.model.stack_changes import stack_policy
from tests.fakes.aws import World
from tests.unit.operations.bootstrapping import outcomes, run, stood_up


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def standing() -> World:
    return stood_up()


def test_removing_the_state_bucket_is_refused(standing: World) -> None:
    standing.stack_templates.change("security-account.yaml", "Resources", "StateBucket")
    standing.stack_templates.change("security-account.yaml", "Outputs", "StateBucketName", to={"Value": "states"})
    with pytest.raises(Refused, match=r"StateBucket \(AWS::S3::Bucket\) would be removed") as refused:
        run(standing)
    assert refused.value.next_step == (
        "mend the template; or, to lose them: flowops bootstrap --allow-replace security/StateBucket"
    )
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


class Unsecurable(dict[str, FlowopsError]):
    """Stacks that take no policy any more once the change set was executed."""

    def __init__(self, stacks: Any, error: FlowopsError) -> None:
        super().__init__()
        self._stacks, self._error = stacks, error

    def __contains__(self, name: object) -> bool:
        return f"execute {name}" in self._stacks.calls

    def __getitem__(self, name: str) -> FlowopsError:
        return self._error


def renamed_bucket(standing: World) -> World:
    """Let the template ask for a replacement that the guard has to be lifted for."""
    standing.stack_templates.change(
        "security-account.yaml", "Resources", "StateBucket", "Properties", "BucketName", to="other"
    )
    return standing


def policy(world: World, account: str = "security", stack: str = "flowops-security") -> str:
    return world.stacks(account).kept[stack].stack.policy


def test_a_policy_that_was_lifted_only_half_is_put_back(standing: World) -> None:
    renamed_bucket(standing)
    standing.stacks("security").unprotectable["flowops-security"] = OperationFailed("UpdateTerminationProtection")
    result = run(standing, allow_replace=("StateBucket",))
    assert policy(standing) == stack_policy()
    assert str(result.stacks[0].error).startswith("UpdateTerminationProtection")
    assert result.stacks[0].lifted is None
    assert "execute flowops-security" not in standing.stacks("security").calls


def test_an_interrupt_puts_the_policy_back_and_says_what_goes_on(standing: World) -> None:
    renamed_bucket(standing)
    standing.stacks("security").interrupts["flowops-security"] = KeyboardInterrupt()
    with pytest.raises(Interrupted) as interrupted:
        run(standing, "security", allow_replace=("StateBucket",))
    assert policy(standing) == stack_policy()
    assert interrupted.value.exit_code is Exit.INTERRUPTED
    assert str(interrupted.value) == (
        "The bootstrap was interrupted.\n"
        "CloudFormation goes on by itself with security/flowops-security. What was finished before stays as it is.\n"
        "Next: flowops bootstrap security --allow-replace StateBucket, which waits for what is under way, puts the "
        "protections back in force, and shows what is left"
    )


def test_an_interrupt_puts_the_policy_of_an_environments_account_back(standing: World) -> None:
    standing.stack_templates.change(
        "environment-account.yaml", "Resources", "DevOpsAdminRole", "Properties", "RoleName", to="Other"
    )
    standing.stacks("dev").interrupts["flowops-environment"] = KeyboardInterrupt()
    with pytest.raises(Interrupted, match="The bootstrap was interrupted"):
        run(standing, allow_replace=("DevOpsAdminRole",))
    assert policy(standing, "dev", "flowops-environment") == stack_policy()
    assert policy(standing, "prod", "flowops-environment") == stack_policy()


def test_an_interrupt_that_cannot_put_the_policy_back_says_so(standing: World) -> None:
    security = renamed_bucket(standing).stacks("security")
    security.interrupts["flowops-security"] = KeyboardInterrupt()
    security.insecurable = Unsecurable(security, OperationFailed("no connection"))
    with pytest.raises(Interrupted) as interrupted:
        run(standing, allow_replace=("StateBucket",))
    assert "The stack policy of security/flowops-security is still lifted: no connection" in str(interrupted.value)


def test_an_error_of_our_own_puts_the_policy_back(standing: World) -> None:
    renamed_bucket(standing)
    standing.stacks("security").interrupts["flowops-security"] = KeyError("StackStatus")
    with pytest.raises(KeyError):
        run(standing, allow_replace=("StateBucket",))
    assert policy(standing) == stack_policy()


def test_a_policy_that_stays_lifted_is_told_beside_the_first_error(standing: World) -> None:
    security = renamed_bucket(standing).stacks("security")
    security.fails["flowops-security"] = CredentialsError("ExpiredToken while waiting")
    security.insecurable = Unsecurable(security, OperationFailed("no connection"))
    result = run(standing, "security", allow_replace=("StateBucket",))
    failed = result.stacks[0]
    assert [it.happened for it in failed.errors] == [
        "ExpiredToken while waiting",
        "The stack policy of security/flowops-security is still lifted: no connection",
    ]
    assert failed.lifted is not None
    assert failed.lifted.next_step == (
        "flowops bootstrap security --allow-replace StateBucket, which puts it back in force"
    )
    assert failed.touched
    assert result.exit_code is Exit.CREDENTIALS


def test_a_policy_that_stays_lifted_is_never_nothing_changed(standing: World) -> None:
    security = renamed_bucket(standing).stacks("security")
    security.fails["flowops-security"] = OperationFailed("StateBucket UPDATE_FAILED")
    security.insecurable = Unsecurable(security, OperationFailed("no connection"))
    assert run(standing, allow_replace=("StateBucket",)).exit_code is Exit.PARTLY_DONE


def renamed_role(standing: World) -> World:
    standing.stack_templates.change(
        "environment-account.yaml", "Resources", "DevOpsAdminRole", "Properties", "RoleName", to="Other"
    )
    return standing


def test_the_command_after_a_refusal_reaches_no_other_account(standing: World) -> None:
    with pytest.raises(Refused) as refused:
        run(renamed_role(standing), "dev")
    assert refused.value.next_step.endswith("to lose them: flowops bootstrap dev --allow-replace DevOpsAdminRole")


def test_a_resource_named_with_its_account_is_allowed_there_only(standing: World) -> None:
    with pytest.raises(Refused) as refused:
        run(renamed_role(standing), allow_replace=("dev/DevOpsAdminRole",))
    assert "prod/flowops-environment: DevOpsAdminRole" in refused.value.happened
    assert "dev/flowops-environment" not in refused.value.happened
    both = "flowops bootstrap --allow-replace dev/DevOpsAdminRole --allow-replace prod/DevOpsAdminRole"
    assert refused.value.next_step.endswith(both)


def test_an_unknown_resource_of_an_account_is_answered_with_those_it_has(standing: World) -> None:
    with pytest.raises(UnknownTarget, match="did you mean 'dev/DevOpsAdminRole'"):
        run(standing, allow_replace=("dev/DevOpsAdminRol",))


def test_the_next_command_of_somebody_who_knows_no_request_is_this_requests(standing: World) -> None:
    adapters = OperationFailed("DevOpsAdminRole failed", next_step="flowops bootstrap, after mending the cause")
    standing.stacks("dev").refuses["flowops-environment"] = adapters
    error = run(standing, "dev").stacks[0].error
    assert error is not None
    assert error.next_step == "flowops bootstrap dev, after mending the cause"
