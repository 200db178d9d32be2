"""What fails stops what needs it, and nothing else; the exit code says how much was done."""

from __future__ import annotations

import pytest

from flowops.errors import CredentialsError, Exit, InvalidConfig, OperationFailed
from flowops.model.bootstrap import StackOutcome
from tests.fakes.aws import World
from tests.unit.operations.bootstrapping import outcomes, run, stood_up


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def standing() -> World:
    return stood_up()


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


def test_a_template_that_cannot_be_rendered_leaves_the_bootstrap_partly_done(world: World) -> None:
    world.templates.texts = {"aws/non-prod/account.hcl.j2": ""}
    result = run(world)
    assert isinstance(result.problems[0], InvalidConfig)
    assert result.exit_code is Exit.PARTLY_DONE
    assert world.facts_file.facts is not None
    assert run(world).exit_code is Exit.FAILED
