from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.integration.modules.example import NO_CHANGES, Example

Aws = Callable[[str], Any]


def test_a_file_system_reached_by_tls_only_and_backed_up(started: Callable[[str], Example], aws: Aws) -> None:
    efs = started("efs")
    efs.apply()
    assert efs.plan_exit_code() == NO_CHANGES
    assert efs.untagged("efs") == []
    outputs = efs.outputs()
    file_system = outputs["file_system_id"]
    (found,) = aws("efs").describe_file_systems(FileSystemId=file_system)["FileSystems"]
    assert found["Encrypted"]
    targets = aws("efs").describe_mount_targets(FileSystemId=file_system)["MountTargets"]
    assert sorted(it["AvailabilityZoneName"] for it in targets) == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    assert clear_text_is_denied(aws, file_system)
    assert ports(aws, outputs["security_group_id"]) == {(2049, 2049)}
    (point,) = aws("efs").describe_access_points(AccessPointId=outputs["access_point_id"])["AccessPoints"]
    assert (point["PosixUser"]["Uid"], point["RootDirectory"]["Path"]) == (1000, "/flowable")
    assert backed_up(aws) == {(outputs["backup_vault_name"], found["FileSystemArn"], 35)}

    efs.destroy()
    assert not aws("efs").describe_file_systems()["FileSystems"]


def clear_text_is_denied(aws: Aws, file_system: str) -> bool:
    policy = json.loads(aws("efs").describe_file_system_policy(FileSystemId=file_system)["Policy"])
    return any(
        it["Effect"] == "Deny" and it["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for it in policy["Statement"]
    )


def ports(aws: Aws, group: str) -> set[tuple[int, int]]:
    (found,) = aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return {(it["FromPort"], it["ToPort"]) for it in found["IpPermissions"]}


def backed_up(aws: Aws) -> set[tuple[str, str, int]]:
    """Return vault, resource and days of each backup rule."""
    backup = aws("backup")
    found = set()
    for plan in backup.list_backup_plans()["BackupPlansList"]:
        rules = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]
        for it in backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]:
            selection = backup.get_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=it["SelectionId"])
            found |= {
                (rule["TargetBackupVaultName"], resource, int(rule["Lifecycle"]["DeleteAfterDays"]))
                for rule in rules
                for resource in selection["BackupSelection"]["Resources"]
            }
    return found
