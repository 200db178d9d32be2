"""Whole stacks in their services: nothing has drifted, what drifts is found, and nothing stays behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cloudformation_moto import IAM, Account, served
from tests.integration.cloudformation_templates import IDENTITY, LOGGING, READ, SECURITY, made


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with served() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def security(endpoint: str) -> Account:
    """Return an account with the security stack as it was created, for tests that only look."""
    return made(endpoint, SECURITY, Tags=[{"Key": "flowops:project", "Value": "flowable"}])


@pytest.fixture(scope="module")
def identity(endpoint: str) -> Account:
    """Return an account with the identity stack as it was created, for tests that only look."""
    return made(endpoint, IDENTITY)


def test_nothing_has_drifted_right_after_creation(security: Account, identity: Account) -> None:
    assert security.drifts("s") == {}
    assert identity.drifts("s") == {}


def test_deleting_the_stacks_leaves_only_what_aws_itself_keeps(endpoint: str) -> None:
    # Without access logs: those of the deletion itself would keep their bucket.
    account = made(endpoint, SECURITY.replace(LOGGING, ""))
    key = account.outputs("s")["KeyArn"]
    account.create("i", IDENTITY)

    assert account.delete("s") == "DELETE_COMPLETE", account.failures("s")
    assert account.delete("i") == "DELETE_COMPLETE"

    assert account.client("s3").list_buckets()["Buckets"] == []
    assert account.client("secretsmanager").list_secrets()["SecretList"] == []
    assert account.client("dynamodb").list_tables()["TableNames"] == []
    assert account.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    iam = account.client("iam")
    assert (iam.list_roles()["Roles"], iam.list_groups()["Groups"]) == ([], [])
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_changes_behind_the_stack_s_back_are_drift(endpoint: str) -> None:
    account = made(endpoint, SECURITY)
    account.create("i", IDENTITY)
    key = account.outputs("s")["KeyArn"]
    account.client("s3").put_bucket_versioning(
        Bucket=f"state-{account.id}", VersioningConfiguration={"Status": "Suspended"}
    )
    account.client("kms").disable_key_rotation(KeyId=key)
    account.client("ssm").delete_parameter(Name="/flowable/note")
    account.client("s3").delete_bucket_policy(Bucket=f"logs-{account.id}")
    iam = account.client("iam")
    iam.put_role_policy(RoleName="DevOpsAdminRole", PolicyName="extra", PolicyDocument=json.dumps(READ))
    iam.delete_role_permissions_boundary(RoleName="DevOpsAdminRole")

    security, identity = account.drifts("s"), account.drifts("i")

    assert {name: drift["StackResourceDriftStatus"] for name, drift in security.items()} == {
        "State": "MODIFIED",
        "Key": "MODIFIED",
        "Parameter": "DELETED",
        "LogsPolicy": "DELETED",
    }
    (versioning,) = security["State"]["PropertyDifferences"]
    assert versioning["PropertyPath"] == "/VersioningConfiguration/Status"
    assert (versioning["ExpectedValue"], versioning["ActualValue"]) == ("Enabled", "Suspended")
    assert identity.keys() == {"Role"}
    paths = {difference["PropertyPath"] for difference in identity["Role"]["PropertyDifferences"]}
    assert paths == {"/Policies", "/PermissionsBoundary"}


def test_a_change_set_that_reverts_drift_puts_back_what_an_ordinary_one_does_not_see(endpoint: str) -> None:
    account = made(endpoint, SECURITY)
    account.client("s3").put_bucket_versioning(
        Bucket=f"state-{account.id}", VersioningConfiguration={"Status": "Suspended"}
    )
    account.client("ssm").delete_parameter(Name="/flowable/note")
    cloudformation = account.client("cloudformation")

    def change_set(name: str, **mode: str) -> Any:
        given = {"StackName": "s", "UsePreviousTemplate": True, "Capabilities": IAM, **mode}
        cloudformation.create_change_set(ChangeSetName=name, **given)
        account.settled("s")
        return cloudformation.describe_change_set(StackName="s", ChangeSetName=name)

    assert change_set("ordinary")["Status"] == "FAILED"
    found = change_set("reverting", DeploymentMode="REVERT_DRIFT")
    assert {it["ResourceChange"]["LogicalResourceId"]: it["ResourceChange"]["Action"] for it in found["Changes"]} == {
        "State": "Modify",
        "Parameter": "Add",
    }
    assert account.drifts("s").keys() == {"State", "Parameter"}, "asking changes nothing"
    cloudformation.execute_change_set(StackName="s", ChangeSetName="reverting")
    assert account.settled("s") == "UPDATE_COMPLETE", account.failures("s")
    assert account.drifts("s") == {}
