"""What AWS or the disk refuses: which accounts it stops, and with which exit code."""

from __future__ import annotations

import pytest

from flowops.errors import Exit, UsageError
from flowops.model.accounts import Busy, CreateRequest, Outcome
from tests.fakes.accounts import AccountsWorld
from tests.unit.operations.accounts.creating import DEV, create, outcomes


def test_an_address_in_use_stops_that_account_alone(world: AccountsWorld) -> None:
    world.organization.reasons["dev"] = "EMAIL_ALREADY_EXISTS"
    result = create(world)
    assert outcomes(result) == {"security": Outcome.CREATED, "dev": Outcome.FAILED, "prod": Outcome.CREATED}
    assert result.exit_code is Exit.PARTLY_DONE
    error = result.accounts[1].error
    assert error is not None
    assert "another AWS account, of this organization or of anybody, has that address" in error.happened
    assert "--email dev=ADDRESS" in error.next_step
    assert "--adopt dev=ID" in error.next_step


def test_a_full_organization_stops_everything(world: AccountsWorld) -> None:
    world.organization.reasons["dev"] = "ACCOUNT_LIMIT_EXCEEDED"
    result = create(world)
    assert outcomes(result) == {"security": Outcome.CREATED, "dev": Outcome.FAILED, "prod": Outcome.NOT_BEGUN}
    assert result.exit_code is Exit.PARTLY_DONE
    assert "aws service-quotas request-service-quota-increase" in str(result.accounts[1].error)
    assert world.organization.changes == ["order security", "order dev"]


def test_nothing_made_is_1_and_not_3(world: AccountsWorld) -> None:
    world.organization.reasons["security"] = "ACCOUNT_LIMIT_EXCEEDED"
    assert create(world).exit_code is Exit.FAILED


def test_a_busy_organization_is_asked_again(world: AccountsWorld) -> None:
    world.organization.refusals = [Busy("the organization is still being set up")] * 3
    assert create(world).exit_code is Exit.FINE
    assert [it for it in world.console.lines if "Trying again" in it] == [
        "the organization is still being set up Trying again for 15 minutes."
    ]


def test_an_organization_that_stays_busy_is_given_up(world: AccountsWorld) -> None:
    world.organization.refusals = [Busy("busy", next_step="the same command again, a little later")] * 1000
    result = create(world)
    assert outcomes(result)["security"] is Outcome.FAILED
    assert outcomes(result)["prod"] is Outcome.NOT_BEGUN
    assert result.exit_code is Exit.FAILED


def test_a_role_that_leads_elsewhere_is_not_waited_for(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.leads_elsewhere.add(DEV)
    result = create(world, CreateRequest(("dev",), yes=True))
    assert result.exit_code is Exit.CREDENTIALS
    assert (world.time.now, world.file.ids) == (0.0, {})


def test_a_file_without_room_for_ids_is_said_before_anything_is_made(world: AccountsWorld) -> None:
    world.file.full = True
    with pytest.raises(UsageError, match="would not hold"):
        create(world)
    assert (world.organization.changes, world.console.shown) == ([], [])


def test_a_file_that_cannot_be_written_any_more_stops_before_the_next_account(world: AccountsWorld) -> None:
    world.file.broken = UsageError("flowops.yaml cannot be written: No space left on device.")
    result = create(world)
    assert outcomes(result) == {"security": Outcome.FAILED, "dev": Outcome.NOT_BEGUN, "prod": Outcome.NOT_BEGUN}
    assert result.exit_code is Exit.PARTLY_DONE
    assert result.accounts[0].account_id
    world.file.broken = None
    assert create(world).exit_code is Exit.FINE
    assert world.organization.changes.count("order security") == 1
