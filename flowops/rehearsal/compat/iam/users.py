"""Users: permissions boundaries, and tags and devices that follow a user to another path."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import IAMBackend, User
from moto.iam.responses import IamResponse

from flowops.rehearsal.compat.iam.roles import checked_boundary
from flowops.rehearsal.compat.patching import Function, add_actions, around


def install() -> None:
    """Add what moto lacks for users."""
    User.permissions_boundary_arn = None
    User.permissions_boundary = property(_boundary)
    around(IamResponse, "create_user", _create)
    around(IAMBackend, "update_user", _update)
    add_actions(IamResponse, put_user_permissions_boundary, delete_user_permissions_boundary)


def put_user_permissions_boundary(self: Any) -> EmptyResult:
    """Cap a user with a managed policy."""
    user = self.backend.get_user(self._get_param("UserName"))
    user.permissions_boundary_arn = checked_boundary(self.backend, self._get_param("PermissionsBoundary"))
    return EmptyResult()


def delete_user_permissions_boundary(self: Any) -> EmptyResult:
    """Take a user's boundary away."""
    self.backend.get_user(self._get_param("UserName")).permissions_boundary_arn = None
    return EmptyResult()


def _boundary(user: Any) -> dict[str, str] | None:
    if user.permissions_boundary_arn is None:
        return None
    return {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": user.permissions_boundary_arn,
    }


def _create(original: Function, self: Any) -> ActionResult:
    boundary = self._get_param("PermissionsBoundary")
    checked = checked_boundary(self.backend, boundary) if boundary else None
    result: ActionResult = original(self)
    result.result["User"].permissions_boundary_arn = checked
    return result


def _update(original: Function, backend: Any, user_name: str, *new: Any, **named: Any) -> None:
    """Rename or move a user; moto keeps tags by ARN, and a copy of the ARN with each device."""
    user = backend.users.get(user_name)
    old_arn = user.arn if user else ""
    original(backend, user_name, *new, **named)
    if user and user.arn != old_arn:
        tags = backend.tagger.list_tags_for_resource(old_arn)["Tags"]
        backend.tagger.delete_all_tags_for_resource(old_arn)
        backend.tagger.tag_resource(user.arn, tags)
        for device in backend.virtual_mfa_devices.values():
            if device.user is user:
                device.user_attribute |= {"Path": user.path, "UserName": user.name, "Arn": user.arn}
