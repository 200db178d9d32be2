"""The emulated organization with its people: operators with MFA, CI, strangers; and how each is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flowops.model import totp
from tests.integration.emulated_identity import (
    DEV,
    EXTERNAL_ID,
    MANAGEMENT,
    PROD,
    SECURITY,
    Cloud,
    Keys,
    Person,
    allow,
    document,
    emulated,
    text,
)

DEPLOY = f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"
DEPLOY_PROD = f"arn:aws:iam::{PROD}:role/flowable/DevOpsAdminRole"
CI = f"arn:aws:iam::{SECURITY}:role/flowable/FlowopsCiRole"
GITHUB = "token.actions.githubusercontent.com"
OURS = "repo:acme/platform:ref:main"
OUTSIDER = "999999999999"


@dataclass(frozen=True)
class World:
    """The organization with its people, made once for all stories."""

    cloud: Cloud
    alice: Person
    eve: Person
    outsider: Person
    organization: str


@contextmanager
def organization(folder: Path) -> Iterator[World]:
    """Run an emulated AWS with the organization in it."""
    with emulated(folder) as cloud:
        made = _create_organization(cloud)
        for account, role in ((DEV, DEPLOY), (PROD, DEPLOY_PROD)):
            make_role(cloud, account, role, _trust(made))
        make_role(cloud, SECURITY, CI, _ci_trust(), allow("sts:AssumeRole", [DEPLOY, DEPLOY_PROD]))
        _make_group(cloud, SECURITY, "dev_dev_ops_admin", allow("sts:AssumeRole", DEPLOY, Sid="DeployDev"))
        yield World(
            cloud=cloud,
            alice=_make_person(cloud, SECURITY, "alice", group="dev_dev_ops_admin"),
            eve=_make_person(cloud, SECURITY, "eve"),
            outsider=_make_person(cloud, OUTSIDER, "mallory", policy=allow("*")),
            organization=made,
        )


def _create_organization(cloud: Cloud) -> str:
    organizations = cloud.client("organizations", cloud.administrator(MANAGEMENT))
    organization = str(organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"])
    for name in ("security", "dev", "prod"):
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    return organization


def _trust(organization: str) -> dict[str, Any]:
    humans = {
        "Sid": "HumansWithMfa",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        "Condition": {
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "NumericLessThan": {"aws:MultiFactorAuthAge": "43200"},
            "StringEquals": {"aws:PrincipalOrgID": organization},
            "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{SECURITY}:user/flowable/*"},
        },
    }
    machines = {
        "Sid": "ContinuousIntegration",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"sts:ExternalId": EXTERNAL_ID, "aws:PrincipalOrgID": organization},
            "ArnEquals": {"aws:PrincipalArn": CI},
        },
    }
    everybody_elsewhere = {
        "Sid": "OtherOrganizations",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": organization}},
    }
    return document(humans, machines, everybody_elsewhere)


def _ci_trust() -> dict[str, Any]:
    return document(
        {
            "Sid": "GitHubMain",
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{SECURITY}:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": OURS}},
        }
    )


def make_role(cloud: Cloud, account: str, arn: str, trust: dict[str, Any], policy: Any = None) -> None:
    iam = cloud.engine("iam", account)
    name = arn.rpartition("/")[2]
    iam.create_role(RoleName=name, Path="/flowable/", AssumeRolePolicyDocument=text(trust), MaxSessionDuration=7200)
    if policy:
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=text(policy))


def _make_group(cloud: Cloud, account: str, name: str, policy: dict[str, Any]) -> None:
    iam = cloud.engine("iam", account)
    iam.create_group(GroupName=name, Path="/flowable/")
    iam.put_group_policy(GroupName=name, PolicyName="roles", PolicyDocument=text(policy))


def _make_person(cloud: Cloud, account: str, name: str, *, group: str = "", policy: Any = None) -> Person:
    iam = cloud.engine("iam", account)
    iam.create_user(UserName=name, Path="/flowable/", Tags=[{"Key": "team", "Value": "platform"}])
    if group:
        iam.add_user_to_group(GroupName=group, UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text(policy))
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/flowable/")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    first, second = totp.two_codes_at(seed, cloud.now())
    iam.enable_mfa_device(
        UserName=name, SerialNumber=device["SerialNumber"], AuthenticationCode1=first, AuthenticationCode2=second
    )
    keys = Keys.of(iam.create_access_key(UserName=name)["AccessKey"])
    return Person(keys, device["SerialNumber"], seed)


def refused(code: str, call: Any, *given: Any, **wish: Any) -> str:
    """Return the message of the error with which a call must end."""
    with pytest.raises(ClientError) as error:
        call(*given, **wish)
    assert error.value.response["Error"]["Code"] == code
    return str(error.value.response["Error"]["Message"])
