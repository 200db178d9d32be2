"""What IAM refuses to delete because something still hangs on it.

IAM API Reference, DeleteUser, DeleteGroup, DeletePolicy: the error DeleteConflict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend

from flowops.rehearsal.compat.iam.service_credentials import credentials_of
from flowops.rehearsal.compat.patching import Function, around


def install() -> None:
    """Refuse as AWS does where moto deletes and leaves loose ends."""
    for name, hindrance in (("delete_user", _of_user), ("delete_group", _of_group), ("delete_policy", _of_policy)):
        around(IAMBackend, name, _guarded(hindrance))


def _guarded(hindrance: Callable[[Any, str], str]) -> Function:
    def delete(original: Function, backend: Any, name: str) -> Any:
        if found := hindrance(backend, name):
            raise DeleteConflictException(f"Cannot delete {found}")
        return original(backend, name)

    return delete


def _of_user(backend: Any, name: str) -> str:
    user = backend.users.get(name)
    if user is None:
        return ""
    hanging = {
        "access keys": user.access_keys,
        "MFA devices": user.mfa_devices,
        "login profile": user.password,
        "signing certificates": user.signing_certificates,
        "SSH public keys": user.ssh_public_keys,
        "service specific credentials": credentials_of(user),
        "policies": user.policies,
        "all attached policies": user.managed_policies,
        "groups": backend.get_groups_for_user(name),
    }
    first = next((what for what, there in hanging.items() if there), "")
    verb = {"MFA devices": "deactivate", "all attached policies": "detach", "groups": "leave"}.get(first, "delete")
    return f"entity, must {verb} {first} first." if first else ""


def _of_group(backend: Any, name: str) -> str:
    group = backend.groups.get(name)
    if group is None:
        return ""
    if group.users:
        return "entity, must remove users from group first."
    return "entity, must delete policies first." if group.policies or group.managed_policies else ""


def _of_policy(backend: Any, arn: str) -> str:
    return "a policy attached to entities." if any(arn in held for held in _held(backend)) else ""


def _held(backend: Any) -> Iterator[Any]:
    """Yield the managed policies of every user, group and role."""
    for entities in (backend.users, backend.groups, backend.roles):
        yield from (entity.managed_policies for entity in entities.values())
