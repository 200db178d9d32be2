"""EFS: backup policies and file system policies."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.efs.responses import EFSResponse

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions


def install() -> None:
    """Switch backups on and off, and delete a file system policy; moto has neither, and terraform hangs on both."""
    add_actions(EFSResponse, put_backup_policy, describe_backup_policy, delete_file_system_policy)


def put_backup_policy(self: Any) -> ActionResult:
    """Switch automatic backups on or off."""
    status = self._get_param("BackupPolicy")["Status"]
    _file_system(self)._backup = status in ("ENABLED", "ENABLING")
    return ActionResult({"BackupPolicy": {"Status": status}})


def describe_backup_policy(self: Any) -> ActionResult:
    """Say whether automatic backups are on."""
    return ActionResult({"BackupPolicy": {"Status": "ENABLED" if _file_system(self)._backup else "DISABLED"}})


def delete_file_system_policy(self: Any) -> EmptyResult:
    """Go back to the default policy."""
    _file_system(self).file_system_policy = None
    return EmptyResult()


def _file_system(self: Any) -> Any:
    wanted = self._get_param("FileSystemId")
    if wanted not in self.efs_backend.file_systems_by_id:
        raise AwsError("FileSystemNotFound", f"File system '{wanted}' does not exist.")
    return self.efs_backend.file_systems_by_id[wanted]
