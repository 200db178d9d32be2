"""AWS Backup: selections of plans, and tags."""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.models import BackupBackend
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult, EmptyResult

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, add_actions, around, state_of

SUMMARY = ("SelectionId", "BackupPlanId", "CreationDate")


def install() -> None:
    """Add backup selections, which terraform waits for in vain, tags of plans, and ends of vaults and plans.

    The AWS SDK for Go leaves out the slash at the end of the tags path; moto then finds no tags at all. A vault that
    may be destroyed with what is in it is asked for its recovery points; and a deleted plan's name is free again.
    """
    add_actions(
        BackupResponse,
        create_backup_selection,
        get_backup_selection,
        delete_backup_selection,
        list_backup_selections,
        list_tags,
        list_recovery_points_by_backup_vault,
    )
    urls.url_paths["{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$"] = BackupResponse.dispatch
    around(BackupBackend, "delete_backup_plan", _delete_plan)


def create_backup_selection(self: Any) -> ActionResult:
    """Assign resources to a backup plan."""
    selection = {
        "SelectionId": str(uuid.uuid4()),
        "BackupPlanId": _plan(self),
        "CreationDate": time.time(),
        "CreatorRequestId": self._get_param("CreatorRequestId"),
        "BackupSelection": self._get_param("BackupSelection"),
    }
    _selections(self)[selection["SelectionId"]] = selection
    return ActionResult({name: selection[name] for name in SUMMARY})


def get_backup_selection(self: Any) -> ActionResult:
    """Return one selection."""
    return ActionResult(_selection(self))


def delete_backup_selection(self: Any) -> EmptyResult:
    """Forget one selection."""
    del _selections(self)[_selection(self)["SelectionId"]]
    return EmptyResult()


def list_backup_selections(self: Any) -> ActionResult:
    """List the selections of one plan."""
    plan = _plan(self)
    return ActionResult(
        {
            "BackupSelectionsList": [
                {name: selection[name] for name in SUMMARY}
                | {name: selection["BackupSelection"][name] for name in ("SelectionName", "IamRoleArn")}
                for selection in _selections(self).values()
                if selection["BackupPlanId"] == plan
            ]
        }
    )


def list_tags(self: Any) -> ActionResult:
    """Return the tags of a vault or plan."""
    arn = unquote(self.path).partition("/tags/")[2].rstrip("/")
    return ActionResult({"Tags": self.backup_backend.list_tags(arn)})


def list_recovery_points_by_backup_vault(self: Any) -> ActionResult:
    """List what a vault holds: nothing, because no backup ever runs here."""
    return ActionResult({"RecoveryPoints": []})


def _delete_plan(original: Function, self: Any, backup_plan_id: str) -> Any:
    deleted = original(self, backup_plan_id)
    del self.plans[backup_plan_id]
    return deleted


def _selections(self: Any) -> dict[str, Any]:
    return state_of(self.backup_backend, "selections")


def _plan(self: Any) -> str:
    return str(self.uri_match["backupPlanId"])


def _selection(self: Any) -> dict[str, Any]:
    found: dict[str, Any] | None = _selections(self).get(self.uri_match["selectionId"])
    if found is None or found["BackupPlanId"] != _plan(self):
        raise AwsError("ResourceNotFoundException", "Cannot find the backup selection.")
    return found
