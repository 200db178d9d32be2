"""The port of organizations: one suite for the one in memory and for Organizations on the emulated AWS."""

from __future__ import annotations

from uuid import uuid4

import pytest

from flowops.adapters.aws.organizations import Organizations
from flowops.model.accounts import AccountFailed, OrganizationAccount, WantedAccount
from flowops.operations.ports.accounts import OrganizationApi
from tests.fakes.accounts import FakeOrganization
from tests.integration.organization import PROFILE, ROLE


@pytest.fixture(params=["fake", "emulated"])
def organizations(request: pytest.FixtureRequest) -> OrganizationApi:
    """Return an organization with an account dev."""
    if request.param == "fake":
        fake = FakeOrganization()
        fake.add("222222222222", "dev", "dev@example.com")
        return fake
    return Organizations(request.getfixturevalue("home").sessions().profile(PROFILE))


def wanted() -> WantedAccount:
    name = f"a{uuid4().hex[:8]}"
    return WantedAccount(name, f"{name}@example.net", ROLE, "orders")


def test_a_request_is_under_way_until_somebody_asks_how_it_ended(organizations: OrganizationApi) -> None:
    account = wanted()
    request = organizations.order(account)
    assert (request.name, request.account_id, request.failure) == (account.name, "", None)
    assert [it.id for it in organizations.under_way() if it.name == account.name] == [request.id]
    made = organizations.look(request.id, account.email)
    assert made.id == request.id
    assert [it for it in organizations.under_way() if it.name == account.name] == []
    assert OrganizationAccount(made.account_id, account.name, account.email) in organizations.accounts()
    assert organizations.project_of(made.account_id) == "orders"


def test_an_address_in_use_ends_a_request_with_its_reason(organizations: OrganizationApi) -> None:
    account = WantedAccount("twin", "DEV@example.com", ROLE, "flowable")
    request = organizations.order(account)
    assert request.failure is None
    failure = organizations.look(request.id, account.email).failure
    assert isinstance(failure, AccountFailed)
    assert failure.happened.startswith("Account twin with DEV@example.com was not made: another AWS account")
    assert "twin" not in {it.name for it in organizations.accounts()}


def test_an_account_that_was_made_otherwise_has_no_project(organizations: OrganizationApi) -> None:
    assert organizations.project_of(organizations.caller()) == ""


def test_an_account_is_moved_into_units_that_are_made(organizations: OrganizationApi) -> None:
    account = wanted()
    moved = organizations.look(organizations.order(account).id, account.email).account_id
    assert organizations.tree().places[moved] == ""
    path = f"Workloads {moved}/NonProd/Dev"
    organizations.move(moved, path)
    tree = organizations.tree()
    assert tree.places[moved] == path
    assert set(tree.units) >= {"", f"Workloads {moved}", f"Workloads {moved}/NonProd", path}
    organizations.move(moved, path)
    assert organizations.tree().units == tree.units
