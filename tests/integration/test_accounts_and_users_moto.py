"""Accounts, users, secrets and tags on the emulated AWS: made once, found again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.identity import Users
from flowops.adapters.aws.organizations import NewAccount, Organizations
from flowops.adapters.aws.resources import tagged
from flowops.adapters.aws.secrets import SecretsManager
from flowops.errors import CredentialsError, OperationFailed
from flowops.model import totp
from tests.integration.organization import DEV, MANAGEMENT, PROFILE, ROLE, SECURITY, Home, organization


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with organization(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture
def organizations(home: Home) -> Organizations:
    return Organizations(home.sessions().profile(PROFILE), sleep=lambda seconds: None)


@pytest.fixture
def users(home: Home) -> Users:
    return Users(home.into(SECURITY), clock=lambda: datetime.now(UTC))


def test_an_organization_is_founded_once(organizations: Organizations) -> None:
    assert organizations.ensure_organization() == organizations.organization()
    assert organizations.organization().management_account == MANAGEMENT


def test_an_account_is_made_once_and_waited_for(home: Home, organizations: Organizations) -> None:
    lines: list[str] = []
    wanted = NewAccount("sandbox", "sandbox@example.com", ROLE)
    made = organizations.ensure_account(wanted, lines.append)
    assert lines == ["account sandbox: AWS is making it"]
    assert organizations.ensure_account(wanted, lines.append) == made
    assert [it.name for it in organizations.accounts() if it.id == made.id] == ["sandbox"]
    assert home.sessions().identity(home.into(made.id)).account == made.id


def test_an_account_that_cannot_be_made_says_why(organizations: Organizations) -> None:
    with pytest.raises(OperationFailed, match="Account 'twin' was not made: EMAIL_ALREADY_EXISTS"):
        organizations.ensure_account(NewAccount("twin", "dev@example.com", ROLE), lambda line: None)


def test_a_management_profile_of_a_member_account_is_found_out(home: Home) -> None:
    users = Users(home.into(DEV), clock=lambda: datetime.now(UTC))
    users.ensure_user("member", ())
    home.into(DEV).call(
        "iam", "AttachUserPolicy", UserName="member", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    keys = users.create_key("member")
    home.add_profile("member", keys.access_key, keys.secret_key)
    with pytest.raises(CredentialsError, match=f"'member' belongs to account {DEV}, but the management account"):
        ManagementAws(home.sessions(), "member", ROLE).organization()


def test_a_user_at_another_path_is_not_taken(home: Home, users: Users) -> None:
    home.into(SECURITY).call("iam", "CreateUser", UserName="by-hand")
    with pytest.raises(OperationFailed, match="stands at path /,") as refused:
        users.ensure_user("by-hand", ())
    assert refused.value.next_step == "aws iam update-user --user-name by-hand --new-path /flowable/"


def test_a_device_is_enrolled_at_once_and_only_once(users: Users) -> None:
    users.ensure_user("ann", ())
    device = users.enrol_mfa("ann")
    assert device.serial == f"arn:aws:iam::{SECURITY}:mfa/flowable/ann"
    assert len(totp.code_at(device.seed, time.time())) == 6
    assert device.seed not in repr(device)
    with pytest.raises(OperationFailed, match="has an MFA device already"):
        users.enrol_mfa("ann")


@pytest.mark.parametrize("value", [b"text \xc3\xa9", b"\xff\xfe binary"])
def test_a_secret_gets_its_value_and_keeps_it(home: Home, value: bytes) -> None:
    session = home.into(SECURITY)
    name = f"/flowable/{len(value)}"
    session.call("secretsmanager", "CreateSecret", Name=name)
    secrets = SecretsManager(session)
    assert not secrets.has_value(name)
    secrets.put(name, value)
    assert secrets.has_value(name)
    stored = session.call("secretsmanager", "GetSecretValue", SecretId=name)
    assert stored.get("SecretBinary", stored.get("SecretString", "").encode()) == value


@pytest.mark.parametrize("value", [b"", b"x" * 65_537])
def test_a_secret_that_cannot_be_one_is_refused_without_being_shown(home: Home, value: bytes) -> None:
    with pytest.raises(OperationFailed, match="allowed: 1 to 65536") as refused:
        SecretsManager(home.into(SECURITY)).put("/flowable/any", value)
    assert "xx" not in str(refused.value)


def test_the_sweep_finds_what_the_tags_name(home: Home) -> None:
    session = home.into(DEV)
    for name, environment in (("one", "dev"), ("two", "prod")):
        tags = [{"Key": "flowops:project", "Value": "flowable"}, {"Key": "flowops:environment", "Value": environment}]
        session.call("secretsmanager", "CreateSecret", Name=name, Tags=tags)
    session.call("secretsmanager", "CreateSecret", Name="untagged")
    (found,) = tagged(session, "flowable", "dev")
    assert ":secret:one" in found.arn
    assert found.tags["flowops:environment"] == "dev"
    assert len(tagged(session, "flowable")) == 2
    assert tagged(session, "other") == ()
