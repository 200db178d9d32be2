"""Roles, groups and policies: really made and changed, with each property given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.cloudformation_moto import Account, served
from tests.integration.cloudformation_templates import IDENTITY, SECOND, made, pairs, statement


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with served() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def identity(endpoint: str) -> Account:
    """Return an account with the identity stack as it was created, for tests that only look."""
    return made(endpoint, IDENTITY)


def test_the_role_stands_under_its_path_with_its_boundary(identity: Account) -> None:
    iam = identity.client("iam")
    role = iam.get_role(RoleName="DevOpsAdminRole")["Role"]

    assert role["Arn"] == f"arn:aws:iam::{identity.id}:role/flowable/DevOpsAdminRole"
    boundary = f"arn:aws:iam::{identity.id}:policy/flowable/FlowableBoundary"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert (role["Description"], role["MaxSessionDuration"]) == ("first", 7200)
    assert pairs(role["Tags"]) == {"note": "first"}
    assert sorted(iam.list_role_policies(RoleName="DevOpsAdminRole")["PolicyNames"]) == ["own", "shared"]
    (attached,) = iam.list_attached_role_policies(RoleName="DevOpsAdminRole")["AttachedPolicies"]
    assert "Attached" in attached["PolicyName"]


def test_the_group_has_inline_shared_and_managed_policies(identity: Account) -> None:
    iam = identity.client("iam")
    group = iam.get_group(GroupName="dev_dev_ops_admin")["Group"]

    assert group["Path"] == "/flowable/"
    assert sorted(iam.list_group_policies(GroupName="dev_dev_ops_admin")["PolicyNames"]) == ["assume", "shared"]
    attached = iam.list_attached_group_policies(GroupName="dev_dev_ops_admin")["AttachedPolicies"]
    assert len(attached) == 2
    assume = iam.get_group_policy(GroupName="dev_dev_ops_admin", PolicyName="assume")["PolicyDocument"]
    assert statement(assume)["Resource"].endswith(":role/flowable/DevOpsAdminRole")


def test_the_identity_stack_is_updated_in_place_boundary_included(endpoint: str) -> None:
    account = made(endpoint, IDENTITY)
    body = IDENTITY.replace("PermissionsBoundary: !Ref Boundary", "PermissionsBoundary: !Ref OtherBoundary")
    body = body.replace("Groups: [!Ref Group]", "Groups: []").replace(
        "ManagedPolicyArns: [!Ref OtherBoundary]", "ManagedPolicyArns: []"
    )

    assert account.update("s", body, Parameters=SECOND) == "UPDATE_COMPLETE", account.failures("s")

    iam = account.client("iam")
    role = iam.get_role(RoleName="DevOpsAdminRole")["Role"]
    assert "OtherBoundary" in role["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert statement(role["AssumeRolePolicyDocument"])["Sid"] == "second"
    assert (role["Description"], pairs(role["Tags"])) == ("second", {"note": "second"})
    for name in ("own", "shared"):
        assert (
            statement(iam.get_role_policy(RoleName="DevOpsAdminRole", PolicyName=name)["PolicyDocument"])["Sid"]
            == "second"
        )
    assert iam.list_group_policies(GroupName="dev_dev_ops_admin")["PolicyNames"] == ["assume"]
    assert iam.list_attached_group_policies(GroupName="dev_dev_ops_admin")["AttachedPolicies"] == []
    boundary = f"arn:aws:iam::{account.id}:policy/flowable/FlowableBoundary"
    (version,) = iam.list_policy_versions(PolicyArn=boundary)["Versions"]
    document = iam.get_policy_version(PolicyArn=boundary, VersionId=version["VersionId"])["PolicyVersion"]["Document"]
    assert statement(document)["Sid"] == "second"
    assert account.drifts("s") == {}


def test_a_role_that_loses_its_boundary_in_the_template_loses_it_in_iam(endpoint: str) -> None:
    account = made(endpoint, IDENTITY)

    account.update("s", IDENTITY.replace("      PermissionsBoundary: !Ref Boundary\n", ""))

    assert "PermissionsBoundary" not in account.client("iam").get_role(RoleName="DevOpsAdminRole")["Role"]
