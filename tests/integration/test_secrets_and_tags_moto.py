"""Secrets and tags on the emulated AWS: made once, found again; and who may not manage."""

from __future__ import annotations

import pytest

from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.resources import tagged
from flowops.adapters.aws.secrets import SecretsManager
from flowops.errors import CredentialsError, OperationFailed
from tests.integration.hired import made
from tests.integration.organization import DEV, ROLE, SECURITY, Home


def test_a_management_profile_of_a_member_account_is_found_out(home: Home) -> None:
    keys, _ = made(home.into(DEV), "member")
    home.into(DEV).call(
        "iam", "AttachUserPolicy", UserName="member", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    home.add_profile("member", keys.access_key, keys.secret_key)
    with pytest.raises(CredentialsError, match=f"'member' belongs to account {DEV}, but the management account"):
        ManagementAws(home.sessions(), "member", ROLE).organization()


@pytest.mark.parametrize("value", [b"text \xc3\xa9", b"\xff\xfe binary"])
def test_a_secret_gets_its_value_and_keeps_it(home: Home, value: bytes) -> None:
    session = home.into(SECURITY)
    name = f"/flowable/{len(value)}"
    session.call("secretsmanager", "CreateSecret", Name=name)
    secrets = SecretsManager(session)
    secrets.put(name, value)
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
    (found,) = tagged(session, {"flowops:project": "flowable", "flowops:environment": "dev"})
    assert ":secret:one" in found.arn
    assert found.tags["flowops:environment"] == "dev"
    assert len(tagged(session, {"flowops:project": "flowable"})) == 2
    assert tagged(session, {"flowops:project": "other"}) == ()
