"""IAM users of the security account: below /flowable/, in groups, with access keys and a virtual MFA device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flowops.adapters.aws import user_listing
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.model.drift.people import PATH
from flowops.model.users import Kind, NewKey, Piece, User

USER_PATH = PATH
_GONE, _IN_THE_WAY = "NoSuchEntity", "EntityAlreadyExists"
_WRONG_CODES = "InvalidAuthenticationCode"

_TAKEN: Mapping[Kind, tuple[str, str]] = {
    Kind.KEY: ("DeleteAccessKey", "AccessKeyId"),
    Kind.PASSWORD: ("DeleteLoginProfile", ""),
    Kind.CERTIFICATE: ("DeleteSigningCertificate", "CertificateId"),
    Kind.SSH_KEY: ("DeleteSSHPublicKey", "SSHPublicKeyId"),
    Kind.SERVICE_CREDENTIAL: ("DeleteServiceSpecificCredential", "ServiceSpecificCredentialId"),
    Kind.ATTACHED: ("DetachUserPolicy", "PolicyArn"),
    Kind.INLINE: ("DeleteUserPolicy", "PolicyName"),
    Kind.GROUP: ("RemoveUserFromGroup", "GroupName"),
}
"""How each kind of thing is taken off a user, and the parameter that says which."""


@dataclass(frozen=True)
class MfaDevice:
    """A virtual MFA device; `seed` is its base32 secret, from which every code follows."""

    serial: str
    seed: str = field(repr=False)


class Users:
    """The IAM users of one account."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    # -- looking ------------------------------------------------------------------------------------------------------

    @cached_property
    def account(self) -> str:
        """Return the account's id."""
        return str(self._session.call("sts", "GetCallerIdentity")["Account"])

    @property
    def partition(self) -> str:
        """Return the second part of every ARN."""
        return self._session.partition()

    def names(self) -> tuple[str, ...]:
        """Return the name of every user, at whatever path."""
        return user_listing.names(self._session)

    def everybody(self) -> tuple[User, ...]:
        """Return every user, at whatever path, by name."""
        return user_listing.everybody(self._session)

    def user(self, name: str) -> User | None:
        """Return the user of that name, at whatever path, None where there is none."""
        found = self._find(name)
        return user_listing.in_full(self._session, found, user_listing.spares(self._session)) if found else None

    def groups(self) -> frozenset[str]:
        """Return the names of all groups."""
        return user_listing.groups(self._session)

    def members(self, group: str) -> tuple[str, ...]:
        """Return the names of a group's members."""
        return user_listing.members(self._session, group)

    def policy(self, name: str, policy: str) -> Mapping[str, Any]:
        """Return an inline policy of the user, empty where there is none."""
        try:
            found: Mapping[str, Any] = self._call("GetUserPolicy", UserName=name, PolicyName=policy)["PolicyDocument"]
        except AwsFailed as error:
            _require_gone(error)
            return {}
        return found

    # -- changing -----------------------------------------------------------------------------------------------------

    def create(self, name: str) -> User:
        """Make a user below /flowable/."""
        return user_listing.bare(self._call("CreateUser", Path=USER_PATH, UserName=name)["User"])

    def move(self, name: str) -> None:
        """Bring a user below /flowable/, with all that it has; its ARN changes."""
        self._call("UpdateUser", UserName=name, NewPath=USER_PATH)

    def join(self, name: str, group: str) -> None:
        """Make a user a member of a group; one that is stays one."""
        self._call("AddUserToGroup", GroupName=group, UserName=name)

    def create_key(self, name: str) -> NewKey:
        """Return a new access key of the user; AWS shows its secret this once. A user can have two."""
        key = self._call("CreateAccessKey", UserName=name)["AccessKey"]
        return NewKey(key["AccessKeyId"], key["SecretAccessKey"])

    def activate_key(self, name: str, key: str, *, active: bool) -> None:
        """Make a key usable, or unusable until it is made usable again."""
        self._call("UpdateAccessKey", UserName=name, AccessKeyId=key, Status="Active" if active else "Inactive")

    def create_device(self, name: str) -> MfaDevice:
        """Return a new virtual device of the user's name; one that was never enabled gives way."""
        try:
            return self._new_device(name)
        except AwsFailed as error:
            if error.code != _IN_THE_WAY:
                raise
        for serial in user_listing.spares(self._session).get(name, ()):
            self.discard_device(serial)
        return self._new_device(name)

    def _new_device(self, name: str) -> MfaDevice:
        made = self._call("CreateVirtualMFADevice", Path=USER_PATH, VirtualMFADeviceName=name)["VirtualMFADevice"]
        return MfaDevice(made["SerialNumber"], made["Base32StringSeed"].decode())

    def enable_device(self, name: str, serial: str, first: str, second: str) -> bool:
        """Give the user the device, and return whether AWS took the two codes for right."""
        codes = {"AuthenticationCode1": first, "AuthenticationCode2": second}
        try:
            self._call("EnableMFADevice", UserName=name, SerialNumber=serial, **codes)
        except AwsFailed as error:
            if error.code == _WRONG_CODES:
                return False
            raise
        return True

    def discard_device(self, serial: str) -> None:
        """Delete a virtual device that is in nobody's use, or find it gone; OperationFailed for one that is in use."""
        self._ignoring_gone("DeleteVirtualMFADevice", SerialNumber=serial)

    def put_policy(self, name: str, policy: str, document: str) -> None:
        """Give the user an inline policy, in place of the one of that name."""
        self._call("PutUserPolicy", UserName=name, PolicyName=policy, PolicyDocument=document)

    def take(self, name: str, piece: Piece) -> None:
        """Take one thing off a user, or find it gone; a virtual MFA device is deleted, too."""
        if piece.kind is Kind.DEVICE:
            self._ignoring_gone("DeactivateMFADevice", UserName=name, SerialNumber=piece.id)
            # A hardware key has no ARN of an `mfa` of this account, and nothing of it is kept.
            if ":mfa/" in piece.id:
                self.discard_device(piece.id)
            return
        operation, parameter = _TAKEN[piece.kind]
        which = {parameter: piece.id} if parameter else {}
        self._ignoring_gone(operation, UserName=name, **which)

    def delete(self, name: str) -> None:
        """Delete a user on which nothing hangs any more, or find it gone."""
        self._ignoring_gone("DeleteUser", UserName=name)

    def _find(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._call("GetUser", UserName=name)["User"]
        except AwsFailed as error:
            _require_gone(error)
            return None
        return found

    def _ignoring_gone(self, operation: str, **parameters: Any) -> None:
        try:
            self._call(operation, **parameters)
        except AwsFailed as error:
            _require_gone(error)

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._session.call("iam", operation, **parameters)


def _require_gone(error: AwsFailed) -> None:
    """Raise an error again, unless it says that something is not there."""
    if error.code != _GONE:
        raise error
