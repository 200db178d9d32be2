"""Roles: a boundary has to exist, and an update changes only what it names."""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import NoSuchEntity
from moto.iam.models import IAMBackend

from flowops.rehearsal.compat.patching import Function, around


def install() -> None:
    """Check boundaries and keep what an update leaves out."""
    around(IAMBackend, "create_role", _create)
    around(IAMBackend, "put_role_permissions_boundary", _put_boundary)
    around(IAMBackend, "update_role", _update)


def checked_boundary(backend: Any, arn: str) -> str:
    """Return the ARN of a managed policy; IAM API Reference, PutRolePermissionsBoundary: NoSuchEntity without one."""
    if arn not in backend.managed_policies:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn


def _create(original: Function, backend: Any, *given: Any, **named: Any) -> Any:
    role = original(backend, *given, **named)
    try:
        if role.permissions_boundary_arn:
            checked_boundary(backend, role.permissions_boundary_arn)
    except NoSuchEntity:
        del backend.roles[role.id]
        raise
    return role


def _put_boundary(original: Function, backend: Any, role_name: str, permissions_boundary: str) -> None:
    original(backend, role_name, checked_boundary(backend, permissions_boundary))


def _update(
    original: Function, backend: Any, role_name: str, role_description: str | None, max_session_duration: Any
) -> Any:
    """Update a role; moto forgets the description of a role whose session duration changes."""
    description = backend.get_role(role_name).description if role_description is None else role_description
    return original(backend, role_name, description, max_session_duration)
