"""Accounts of the emulated organization: their ids, their access role, and what AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulated_identity import DEV, MANAGEMENT, PROD, Cloud, Keys, emulated


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulated(tmp_path_factory.mktemp("aws")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def admin(cloud: Cloud) -> Keys:
    return cloud.administrator(MANAGEMENT)


@pytest.fixture(scope="module")
def organizations(cloud: Cloud, admin: Keys) -> Any:
    client = cloud.client("organizations", admin)
    client.create_organization(FeatureSet="ALL")
    return client


def created(organizations: Any, name: str, email: str) -> dict[str, Any]:
    """Return the final status of a request for an account."""
    begun = organizations.create_account(AccountName=name, Email=email)["CreateAccountStatus"]
    assert begun["State"] == "IN_PROGRESS"
    assert "AccountId" not in begun
    ended = organizations.describe_create_account_status(CreateAccountRequestId=begun["Id"])
    return dict(ended["CreateAccountStatus"])


def test_the_organization_belongs_to_the_management_account(organizations: Any) -> None:
    organization = organizations.describe_organization()["Organization"]
    assert organization["MasterAccountId"] == MANAGEMENT
    assert [account["Id"] for account in organizations.list_accounts()["Accounts"]][:1] == [MANAGEMENT]


def test_no_other_account_can_found_one(cloud: Cloud, organizations: Any) -> None:
    stranger = cloud.client("organizations", cloud.administrator("999999999999"))
    with pytest.raises(ClientError, match="the organization belongs to account 100000000001"):
        stranger.create_organization(FeatureSet="ALL")


def test_an_account_gets_the_id_that_its_name_has_in_the_settings(organizations: Any) -> None:
    status = created(organizations, "dev", "dev@example.com")
    assert (status["State"], status["AccountId"]) == ("SUCCEEDED", DEV)
    assert organizations.describe_account(AccountId=DEV)["Account"]["Name"] == "dev"


def test_an_account_that_the_settings_do_not_name_gets_some_id(organizations: Any) -> None:
    status = created(organizations, "sandbox", "sandbox@example.com")
    assert len(status["AccountId"]) == 12


def test_a_second_account_of_the_same_name_gets_another_id(organizations: Any) -> None:
    created(organizations, "prod", "prod@example.com")
    assert created(organizations, "prod", "other@example.com")["AccountId"] != PROD


def test_an_address_makes_one_account_only(organizations: Any) -> None:
    created(organizations, "first", "shared@example.com")
    status = created(organizations, "second", "Shared@example.com")
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in status
    failed = organizations.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [request["AccountName"] for request in failed] == ["second"]
    assert "second" not in [account["Name"] for account in organizations.list_accounts()["Accounts"]]


def test_the_management_account_enters_a_new_account_through_its_access_role(
    cloud: Cloud, admin: Keys, organizations: Any
) -> None:
    account = created(organizations, "entered", "entered@example.com")["AccountId"]
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    session = cloud.assume(admin, role)
    assert cloud.whoami(session) == f"arn:aws:sts::{account}:assumed-role/OrganizationAccountAccessRole/test"
    assert cloud.client("organizations", session).describe_organization()["Organization"]["Id"].startswith("o-")


def test_nobody_else_enters_it_that_way(cloud: Cloud, organizations: Any) -> None:
    account = created(organizations, "closed", "closed@example.com")["AccountId"]
    neighbour = cloud.administrator(DEV)
    with pytest.raises(
        ClientError, match=f"no statement of trust policy .* allows .* to arn:aws:iam::{DEV}:user/admin"
    ):
        cloud.assume(neighbour, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")


def test_the_access_role_may_have_another_name(cloud: Cloud, admin: Keys, organizations: Any) -> None:
    organizations.create_account(AccountName="renamed", Email="renamed@example.com", RoleName="Entry")
    accounts = {account["Name"]: account["Id"] for account in organizations.list_accounts()["Accounts"]}
    assert cloud.assume(admin, f"arn:aws:iam::{accounts['renamed']}:role/Entry").token
