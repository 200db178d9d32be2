"""Accounts that are missing are made: shown and asked first, each once, and written down."""

from __future__ import annotations

import pytest

from flowops.errors import Declined, Exit
from flowops.model.accounts import AccountsPlan, CreateRequest, Decision, Outcome
from tests.fakes.accounts import ORGANIZATION, OWNER, AccountsWorld, FakeOrganization
from tests.unit.operations.accounts.creating import DEV, PROD, SECURITY, config, create, outcomes


def decisions(plan: AccountsPlan) -> dict[str, tuple[Decision, str]]:
    return {it.name: (it.decision, it.account_id or it.email) for it in plan.accounts}


def test_every_account_is_made_entered_and_written_down(world: AccountsWorld) -> None:
    result = create(world)
    assert result.exit_code is Exit.FINE
    assert set(outcomes(result).values()) == {Outcome.CREATED}
    assert world.file.ids == {it.name: it.account_id for it in result.accounts}
    assert {it.email for it in world.organization.accounts()} == {
        "aws@example.com",
        "aws+flowable-security@example.com",
        "aws+flowable-dev@example.com",
        "aws+flowable-prod@example.com",
    }
    assert set(world.organization.projects.values()) == {"flowable"}


def test_a_second_time_nothing_changes_and_nobody_is_asked(world: AccountsWorld) -> None:
    create(world)
    shown, changes, writes = len(world.console.shown), list(world.organization.changes), list(world.file.writes)
    result = create(world, CreateRequest())
    assert (result.exit_code, set(outcomes(result).values())) == (Exit.FINE, {Outcome.UNCHANGED})
    assert (len(world.console.shown), world.organization.changes, world.file.writes) == (shown, changes, writes)


def test_what_is_to_become_of_each_is_shown_before_the_question(world: AccountsWorld) -> None:
    world.organization.add(SECURITY, "security")
    world.organization.add(PROD, "main site", "aws+flowable-prod@example.com")
    world.console.interactive = True
    world.console.answers = ["", "no"]
    with pytest.raises(Declined, match="was declined"):
        create(world, CreateRequest(email_base="aws@example.com"))
    assert world.console.asked == [
        "E-mail address of account dev [aws+flowable-dev@example.com]: ",
        "Create dev; adopt security, prod? [y/N] ",
    ]
    assert decisions(world.console.shown[0]) == {
        "security": (Decision.ADOPT, SECURITY),
        "dev": (Decision.CREATE, "aws+flowable-dev@example.com"),
        "prod": (Decision.ADOPT, PROD),
    }
    assert (world.organization.changes, world.file.writes) == ([], [])


def test_without_a_terminal_the_question_ends_with_7_and_names_the_flag(world: AccountsWorld) -> None:
    with pytest.raises(Declined) as declined:
        create(world, CreateRequest(("dev",), email_base="aws@example.com"))
    assert declined.value.next_step == "flowops accounts create dev --email-base aws@example.com --yes"
    assert world.organization.changes == []


def test_an_organization_is_made_where_there_is_none(world: AccountsWorld) -> None:
    world.organization = FakeOrganization(standing=None)
    result = create(world)
    assert result.founded
    assert result.organization == ORGANIZATION
    assert world.console.shown[0].organization is None
    assert world.console.shown[0].caller == OWNER
    assert world.console.shown[0].question.startswith(f"Found an organization in account {OWNER}; create security")
    assert world.organization.changes[0] == "organization"


def test_only_the_accounts_asked_for_are_made(world: AccountsWorld) -> None:
    result = create(world, CreateRequest(("prod",), email_base="aws@example.com", yes=True))
    assert outcomes(result) == {"prod": Outcome.CREATED}
    assert world.organization.changes == ["order prod"]


def test_a_planned_id_that_nobody_has_yet_means_create(world: AccountsWorld) -> None:
    world.planned_ids = True
    world.organization.planned = {"dev": DEV}
    of = config(dev={"id": DEV})
    request = CreateRequest(("dev",), email_base="aws@example.com", yes=True)
    assert outcomes(create(world, request, of)) == {"dev": Outcome.CREATED}
    assert world.file.ids == {"dev": DEV}
    assert outcomes(create(world, request, of)) == {"dev": Outcome.UNCHANGED}
