"""Accounts that stand already: by what they are recognized, and which ones are not taken."""

from __future__ import annotations

import pytest

from flowops.errors import CredentialsError, Exit, Refused, UsageError
from flowops.model.accounts import CreateRequest, Outcome
from tests.fakes.accounts import OWNER, AccountsWorld
from tests.unit.operations.accounts.creating import DEV, PROD, SECURITY, config, create, outcomes


def test_an_account_is_recognized_by_adopt_then_address_then_name(world: AccountsWorld) -> None:
    world.organization.add("444444444444", "sicherheit")
    world.organization.add(SECURITY, "security")
    world.organization.add(DEV, "entwicklung", "AWS+flowable-dev@example.com")
    world.organization.add(PROD, "prod")
    result = create(world, CreateRequest(adopt={"security": "444444444444"}, email_base="aws@example.com", yes=True))
    assert world.file.ids == {"security": "444444444444", "dev": DEV, "prod": PROD}
    assert set(outcomes(result).values()) == {Outcome.ADOPTED}
    assert [it.why for it in world.console.shown[0].accounts] == ["by --adopt", "by its e-mail address", "by its name"]
    assert world.organization.changes == []


def test_a_name_that_two_accounts_have_says_nothing(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.add(PROD, "dev", "dev2@example.org")
    create(world, CreateRequest(("dev",), email_base="aws@example.com", yes=True))
    assert world.organization.changes == ["order dev"]
    assert "another account has this name" in world.console.shown[0].accounts[0].why


def test_an_account_of_another_project_is_not_taken_by_its_name(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.projects[DEV] = "orders"
    create(world, CreateRequest(("dev",), email_base="aws@example.com", yes=True))
    assert world.organization.changes == ["order dev"]


def test_who_says_the_address_does_not_get_another_account_of_that_name(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    create(world, CreateRequest(("dev",), emails={"dev": "mine@example.com"}, yes=True))
    assert world.organization.changes == ["order dev"]


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"])
def test_a_closed_account_is_refused(world: AccountsWorld, state: str) -> None:
    world.organization.add(DEV, "dev", state=state)
    refusals = [
        (CreateRequest(("dev",), adopt={"dev": DEV}), config()),
        (CreateRequest(("dev",), emails={"dev": "dev@example.org"}), config()),
        (CreateRequest(("dev",)), config(dev={"id": DEV})),
    ]
    for request, of in refusals:
        with pytest.raises(Refused, match=rf"Account dev \({DEV}\) is {state}"):
            create(world, request, of)


def test_an_account_that_was_invited_has_no_role_and_is_not_written_down(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.tries = 10**6
    result = create(world, CreateRequest(("dev",), yes=True))
    assert result.exit_code is Exit.FAILED
    error = result.accounts[0].error
    assert error is not None
    assert "An account that was invited has no such role" in error.happened
    assert error.next_step.endswith("flowops accounts create dev --yes")
    assert world.file.ids == {}
    assert world.time.now < 120


def test_an_id_of_another_organization_is_named(world: AccountsWorld) -> None:
    with pytest.raises(UsageError, match=f"id {DEV}, the account id of another organization") as refused:
        create(world, CreateRequest(("dev",)), config(dev={"id": DEV}))
    assert refused.value.next_step.startswith("flowops accounts list")
    world.organization.standing = None
    with pytest.raises(UsageError, match=f"leads to no organization: {OWNER} has none"):
        create(world, CreateRequest(("dev",)), config(dev={"id": DEV}))


def test_adopt_does_not_overrule_flowops_yaml(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    with pytest.raises(UsageError, match=f"--adopt says {PROD}, but flowops.yaml gives account dev the id {DEV}"):
        create(world, CreateRequest(("dev",), adopt={"dev": PROD}), config(dev={"id": DEV}))


def test_a_member_account_is_refused(world: AccountsWorld) -> None:
    world.organization.stranger = True
    with pytest.raises(CredentialsError, match="a member account"):
        create(world)
