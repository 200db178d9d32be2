"""IAM users of the security account: below /flowable/, in groups, with one key and a virtual MFA device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flowops.adapters.aws.client import AwsSession, Credentials
from flowops.adapters.aws.errors import AwsFailed
from flowops.errors import OperationFailed
from flowops.model import totp

USER_PATH = "/flowable/"


@dataclass(frozen=True)
class MfaDevice:
    """A virtual MFA device; `seed` is its base32 secret, from which every code follows."""

    serial: str
    seed: str = field(repr=False)


class Users:
    """The IAM users of one account; `clock` tells the aware time that MFA codes are made for."""

    def __init__(self, session: AwsSession, *, clock: Callable[[], datetime]) -> None:
        self._session, self._clock = session, clock

    def ensure_user(self, name: str, groups: Iterable[str]) -> str:
        """Return the ARN of the user, made below /flowable/ where it was missing, in at least these groups.

        OperationFailed when a user of that name stands at another path: the roles' trust would not admit it.
        """
        user = self._find(name) or self._call("CreateUser", Path=USER_PATH, UserName=name)["User"]
        if user["Path"] != USER_PATH:
            raise OperationFailed(
                f"IAM user {name!r} stands at path {user['Path']}, but the roles admit users at {USER_PATH} only.",
                next_step=f"aws iam update-user --user-name {name} --new-path {USER_PATH}",
            )
        for group in groups:
            self._call("AddUserToGroup", GroupName=group, UserName=name)
        return str(user["Arn"])

    def create_key(self, name: str) -> Credentials:
        """Return a new access key of the user; AWS shows its secret this once. A user can have two."""
        key = self._call("CreateAccessKey", UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def enrol_mfa(self, name: str) -> MfaDevice:
        """Return a new virtual device, enabled for the user with two codes of its own.

        OperationFailed when the user has a device already: nobody can read the seed of that one any more.
        """
        if devices := self._call("ListMFADevices", UserName=name)["MFADevices"]:
            raise OperationFailed(f"IAM user {name!r} has an MFA device already: {devices[0]['SerialNumber']}.")
        made = self._call("CreateVirtualMFADevice", Path=USER_PATH, VirtualMFADeviceName=name)["VirtualMFADevice"]
        device = MfaDevice(made["SerialNumber"], made["Base32StringSeed"].decode())
        # The code before and the one of now: AWS wants two in a row, and nobody has to wait for the next.
        first, second = totp.two_codes_at(device.seed, self._clock().timestamp() - totp.STEP_SECONDS)
        self._call(
            "EnableMFADevice",
            UserName=name,
            SerialNumber=device.serial,
            AuthenticationCode1=first,
            AuthenticationCode2=second,
        )
        return device

    def _find(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._call("GetUser", UserName=name)["User"]
        except AwsFailed as error:
            if error.code == "NoSuchEntity":
                return None
            raise
        return found

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._session.call("iam", operation, **parameters)
