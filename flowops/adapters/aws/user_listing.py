"""What IAM tells of its users: each with everything that hangs on it, put together from a dozen calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.model.users import AccessKey, User

_AT_ONCE = 4
_GONE = "NoSuchEntity"

Spares = Mapping[str, tuple[str, ...]]
"""Serial numbers of virtual MFA devices that are in nobody's use, by their name."""


def names(session: AwsSession) -> tuple[str, ...]:
    """Return the name of every user, at whatever path."""
    return tuple(it["UserName"] for it in session.each("iam", "ListUsers", "Users"))


def groups(session: AwsSession) -> frozenset[str]:
    """Return the names of all groups."""
    return frozenset(it["GroupName"] for it in session.each("iam", "ListGroups", "Groups"))


def members(session: AwsSession, group: str) -> tuple[str, ...]:
    """Return the names of a group's members."""
    return tuple(it["UserName"] for it in session.each("iam", "GetGroup", "Users", GroupName=group))


def everybody(session: AwsSession) -> tuple[User, ...]:
    """Return every user, at whatever path, by name; one that goes away meanwhile is left out."""
    left = spares(session)
    found = sorted(session.each("iam", "ListUsers", "Users"), key=lambda it: str(it["UserName"]))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        users = pool.map(lambda it: _if_there(session, it, left), found)
        return tuple(it for it in users if it is not None)


def _if_there(session: AwsSession, found: Mapping[str, Any], left: Spares) -> User | None:
    try:
        return in_full(session, found, left)
    except AwsFailed as error:
        if error.code == _GONE:
            return None
        raise


def bare(found: Mapping[str, Any]) -> User:
    """Return a user as GetUser, CreateUser or ListUsers tells it."""
    boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    return User(found["UserName"], found["Arn"], found["Path"], _moment(found["CreateDate"]), boundary=boundary)


def in_full(session: AwsSession, found: Mapping[str, Any], left: Spares) -> User:
    """Return a user with everything that hangs on it."""
    user = bare(found)

    def of(operation: str, key: str) -> Iterator[Any]:
        return session.each("iam", operation, key, UserName=user.name)

    # Neither has pages in the SDK.
    service = session.call("iam", "ListServiceSpecificCredentials", UserName=user.name)
    return User(
        user.name,
        user.arn,
        user.path,
        user.made,
        groups=tuple(it["GroupName"] for it in of("ListGroupsForUser", "Groups")),
        keys=tuple(_key(session, it) for it in of("ListAccessKeys", "AccessKeyMetadata")),
        devices=tuple(it["SerialNumber"] for it in of("ListMFADevices", "MFADevices")),
        spares=left.get(user.name, ()),
        attached=tuple(it["PolicyArn"] for it in of("ListAttachedUserPolicies", "AttachedPolicies")),
        inline=tuple(of("ListUserPolicies", "PolicyNames")),
        password=_has_password(session, user.name),
        certificates=tuple(it["CertificateId"] for it in of("ListSigningCertificates", "Certificates")),
        ssh_keys=tuple(it["SSHPublicKeyId"] for it in of("ListSSHPublicKeys", "SSHPublicKeys")),
        service_credentials=tuple(
            it["ServiceSpecificCredentialId"] for it in service.get("ServiceSpecificCredentials", ())
        ),
        boundary=user.boundary,
    )


def spares(session: AwsSession) -> Spares:
    """Return the virtual MFA devices that were made and never enabled, or deactivated and not deleted."""
    found: dict[str, tuple[str, ...]] = {}
    for it in session.each("iam", "ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus="Unassigned"):
        serial = str(it["SerialNumber"])
        name = serial.rpartition("/")[2]
        found[name] = (*found.get(name, ()), serial)
    return found


def _key(session: AwsSession, found: Mapping[str, Any]) -> AccessKey:
    """Return a key with its last use, which AWS leaves out where there was none (API Reference, AccessKeyLastUsed)."""
    last = session.call("iam", "GetAccessKeyLastUsed", AccessKeyId=found["AccessKeyId"])["AccessKeyLastUsed"]
    used = last.get("LastUsedDate")
    return AccessKey(
        found["AccessKeyId"],
        found["Status"] == "Active",
        _moment(found["CreateDate"]),
        _moment(used) if used else None,
        last["ServiceName"] if used else "",
    )


def _has_password(session: AwsSession, name: str) -> bool:
    try:
        session.call("iam", "GetLoginProfile", UserName=name)
    except AwsFailed as error:
        if error.code == _GONE:
            return False
        raise
    return True


def _moment(found: datetime) -> datetime:
    return found.astimezone(UTC)
