"""What the tests of both database modules look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flowops.adapters.process import Processes
from tests.integration.emulated_aws import DEV
from tests.integration.modules.example import Example
from tests.integration.modules.tags import lacking

Aws = Callable[[str], Any]
BOUNDARY = f"arn:aws:iam::{DEV}:policy/flowable/FlowableWorkloadBoundary"
NOTHING = [None, None, None]


def override(example: Example, module: str, *lines: str) -> None:
    """Give the module other inputs than the example does."""
    inputs = "\n".join(f"  {line}" for line in lines)
    (example.folder / "case_override.tf").write_text(f'module "{module}" {{\n{inputs}\n}}\n')


def terraform(example: Example, *arguments: str) -> str:
    done = Processes().run([str(example.terraform), *arguments], env=example.env, cwd=example.folder, timeout=120)
    assert done.succeeded, done.stderr
    return done.stdout


def to_be_created(example: Example) -> dict[str, dict[str, Any]]:
    """Return what a plan would create, by address, as far as it is known before."""
    terraform(example, "plan", "-input=false", "-out=plan.bin")
    plan = json.loads(terraform(example, "show", "-json", "plan.bin"))
    return {
        it["address"]: it["change"]["after"] for it in plan["resource_changes"] if it["change"]["actions"] == ["create"]
    }


def state_of(example: Example) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((example.folder / "terraform.tfstate").read_text())
    return state


def untagged(example: Example, unit: str) -> list[str]:
    """Return what lacks one of the four tags, of all that the module made and AWS can tag."""
    tags = {
        "flowops:project": "flowable",
        "flowops:environment": "example",
        "flowops:layer": "app",
        "flowops:unit": unit,
    }
    return lacking(state_of(example), tags, module=f"module.{unit.replace('-', '_')}")


def made_by_the_module(example: Example, unit: str) -> list[str]:
    module = f"module.{unit.replace('-', '_')}"
    found = state_of(example)["resources"]
    return [it["type"] for it in found if it.get("module") == module and it["mode"] == "managed"]


def instances(aws: Aws, prefix: str) -> dict[str, dict[str, Any]]:
    """Return the instances whose name begins so, by component."""
    found = aws("rds").describe_db_instances()["DBInstances"]
    names = {it["DBInstanceIdentifier"]: it for it in found}
    return {name.removeprefix(prefix): it for name, it in names.items() if name.startswith(prefix)}


def final_snapshots(aws: Aws, prefix: str) -> list[str]:
    """Return the components that left a snapshot, and delete it."""
    found = []
    for snapshot in aws("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]:
        if snapshot["DBInstanceIdentifier"].startswith(prefix):
            assert snapshot["Encrypted"]
            found.append(snapshot["DBInstanceIdentifier"].removeprefix(prefix))
            aws("rds").delete_db_snapshot(DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"])
    return found


def is_closed_and_encrypted(instance: dict[str, Any], outputs: dict[str, Any]) -> None:
    key = outputs["kms_key_arn"]
    assert instance["StorageEncrypted"]
    assert instance["KmsKeyId"] == key
    assert instance["MasterUserSecret"]["KmsKeyId"] == key
    assert instance["PerformanceInsightsEnabled"]
    assert instance["PerformanceInsightsKMSKeyId"] == key
    assert not instance["PubliclyAccessible"]
    assert [it["VpcSecurityGroupId"] for it in instance["VpcSecurityGroups"]] == [outputs["security_group_id"]]
    assert instance["MaxAllocatedStorage"] > instance["AllocatedStorage"]
    assert instance["BackupRetentionPeriod"] == 14
    assert instance["CopyTagsToSnapshot"]
    assert instance["AutoMinorVersionUpgrade"]
    assert instance["MonitoringInterval"] == 60
    assert ":role/flowable/workload/" in instance["MonitoringRoleArn"]


def connection(instance: dict[str, Any], *, name: str) -> list[str]:
    """Return what JDBC needs: endpoint with port, name and the secret with user and password."""
    endpoint = instance["Endpoint"]
    assert instance["DBName"] == name
    return [f"{endpoint['Address']}:{endpoint['Port']}", name, instance["MasterUserSecret"]["SecretArn"]]


def is_rotated_every_ninety_days(aws: Aws, instance: dict[str, Any]) -> None:
    secret = aws("secretsmanager").describe_secret(SecretId=instance["MasterUserSecret"]["SecretArn"])
    assert secret["RotationRules"]["AutomaticallyAfterDays"] == 90


def parameters(aws: Aws, instance: dict[str, Any]) -> dict[str, str]:
    (group,) = instance["DBParameterGroups"]
    found = aws("rds").describe_db_parameters(DBParameterGroupName=group["DBParameterGroupName"], Source="user")
    return {it["ParameterName"]: it["ParameterValue"] for it in found["Parameters"]}


def admitted(aws: Aws, group: str) -> set[tuple[int, str]]:
    """Return ports and security groups that a group admits; a range of addresses is a failed test."""
    (found,) = aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert not any(it["IpRanges"] or it["Ipv6Ranges"] for it in found["IpPermissions"])
    return {(it["FromPort"], pair["GroupId"]) for it in found["IpPermissions"] for pair in it["UserIdGroupPairs"]}


def logs_are_encrypted(aws: Aws, prefix: str, types: set[str], key: str) -> None:
    groups = aws("logs").describe_log_groups(logGroupNamePrefix=f"/aws/rds/instance/{prefix}")["logGroups"]
    assert {it["logGroupName"].rpartition("/")[2] for it in groups} == types
    assert {it["kmsKeyId"] for it in groups} == {key}
    assert {it["retentionInDays"] for it in groups} == {365}


def the_role_is_bounded(aws: Aws, name: str) -> None:
    role = aws("iam").get_role(RoleName=name)["Role"]
    assert role["Path"] == "/flowable/workload/"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
