"""What AWS takes its time for is waited for, and after an interruption the same command goes on."""

from __future__ import annotations

import pytest

from flowops.errors import Exit, Interrupted
from flowops.model.accounts import CreateRequest, Decision, Outcome, WantedAccount
from tests.fakes.accounts import AccountsWorld
from tests.unit.operations.accounts.creating import create, outcomes


def test_a_new_role_is_waited_for_and_said_once_a_minute(world: AccountsWorld) -> None:
    world.organization.looks, world.organization.tries = 30, 25
    result = create(world, CreateRequest(("dev",), email_base="aws@example.com", yes=True))
    assert result.exit_code is Exit.FINE
    assert 120 < world.time.now < 300
    assert len(world.console.lines) == 6
    assert world.console.lines[0] == "account dev: AWS is making it"
    assert "cannot be assumed yet" in world.console.lines[-1]


def test_an_interruption_says_what_is_under_way_and_the_same_command_goes_on(world: AccountsWorld) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    create(world, CreateRequest(("security",), email_base="aws@example.com", yes=True))
    world.organization.on_look = interrupt
    with pytest.raises(Interrupted) as interrupted:
        create(world)
    assert interrupted.value.happened == "Interrupted while AWS makes account dev (request car-00000002)."
    assert f"Written into flowops.yaml: security ({world.file.ids['security']})" in interrupted.value.not_done
    assert interrupted.value.next_step.startswith("flowops accounts create --email-base aws@example.com --yes")
    world.organization.on_look = lambda: None
    result = create(world)
    assert world.console.shown[-1].accounts[1].decision is Decision.WAIT
    assert result.exit_code is Exit.FINE
    assert [it for it in world.organization.changes if it == "order dev"] == ["order dev"]
    assert set(world.file.ids) == {"security", "dev", "prod"}


def test_an_account_that_another_project_waits_for_is_not_taken(world: AccountsWorld) -> None:
    world.organization.looks = 3
    world.organization.order(WantedAccount("dev", "aws@example.org", "OrganizationAccountAccessRole", "orders"))
    dev = CreateRequest(("dev",), email_base="aws@example.com", yes=True)
    result = create(world, dev)
    (row,) = result.accounts
    assert (row.outcome, result.exit_code, world.file.ids) == (Outcome.FAILED, Exit.FAILED, {})
    assert row.error is not None
    assert "was asked for by another command, for project 'orders'" in row.error.happened
    assert row.error.next_step.startswith(dev.command())
    again = create(world, dev)
    assert outcomes(again) == {"dev": Outcome.CREATED}
    assert world.organization.changes.count("order dev") == 2


def test_an_account_made_before_the_interruption_is_adopted(world: AccountsWorld) -> None:
    create(world)
    world.file.ids.pop("prod")
    result = create(world)
    assert outcomes(result)["prod"] is Outcome.ADOPTED
    assert world.organization.changes.count("order prod") == 1


def test_what_aws_takes_too_long_for_is_under_way_and_the_others_are_made(world: AccountsWorld) -> None:
    world.organization.looks = 10**6
    result = create(world, CreateRequest(("dev", "prod"), email_base="aws@example.com", yes=True))
    assert set(outcomes(result).values()) == {Outcome.UNDER_WAY}
    assert result.exit_code is Exit.PARTLY_DONE
    assert "AWS is still making account dev after 15 minutes" in str(result.accounts[0].error)
