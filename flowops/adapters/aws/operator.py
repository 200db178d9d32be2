"""The operator: an IAM user's keys and one MFA code become a session of twelve hours, kept 0600 until it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.credentials import Credentials as SdkCredentials

from flowops.adapters.aws.client import AwsSession, Credentials, session_of
from flowops.adapters.aws.errors import AwsDenied
from flowops.adapters.aws.kept_sessions import kept_name, kept_or_made
from flowops.adapters.aws.session import AwsSessions, Mfa, assume
from flowops.errors import CredentialsError
from flowops.model.drift.people import PATH
from flowops.model.upkeep import RESERVE

LIFETIME = timedelta(hours=12)

_USER_KEY_SOURCES = ("shared-credentials-file", "config-file")
_CODE = re.compile(r"\d{6}")
_REFUSED_CODE = "MultiFactorAuthentication failed"
"""What AWS says of a code in its answer AccessDenied, which can mean much else."""


@dataclass(frozen=True)
class OperatorSession:
    """The operator at work.

    Where the profile is `renewing`, opening it again gives newer credentials without anybody being asked.
    """

    credentials: Credentials
    session: AwsSession
    renewing: bool = False

    @property
    def expires(self) -> datetime | None:
        """Return when the credentials end, None where nobody knows an end of them."""
        return self.credentials.expires

    def assume(self, role_arn: str, session_name: str, external_id: str = "", source_identity: str = "") -> AwsSession:
        """Return the session of a role that the operator assumes; AwsDenied when it may not."""
        return assume(self.session, role_arn, session_name, external_id, source_identity)


def open_operator(
    sessions: AwsSessions,
    profile: str,
    mfa: Mfa,
    cache: Path,
    clock: Callable[[], datetime],
    reserve: timedelta = RESERVE,
) -> OperatorSession:
    """Return the operator's session; `mfa` is asked only when no session kept in the folder `cache` is still good.

    One that ends within `reserve` is not. Of many callers at once one is asked; LockHeld when its answer takes long.

    A profile that is not an IAM user's keys (role, single sign-on, process) is used as it is: GetSessionToken is for
    users only. CredentialsError when the keys' profile names no `mfa_serial`, or when AWS does not take the code.
    """
    source = sessions.profile(profile, mfa)
    found = source.credentials()
    if found.method not in _USER_KEY_SOURCES or found.token:
        with source.explained("sts", f"sign-in of profile {profile}"):
            own = snapshot(found)
        return OperatorSession(own, source, renewing=own.expires is not None)
    serial = _mfa_serial(sessions, profile)
    # A name of its own for each key, device and AWS, so that a rotated key leaves its session behind.
    kept = cache / kept_name(found.access_key, serial, sessions.wire.endpoint_url or "")
    credentials = kept_or_made(kept, lambda: _session_token(source, serial, mfa), clock, reserve)
    signing = SdkCredentials(credentials.access_key, credentials.secret_key, credentials.token)
    session = session_of(signing, source.wire, f"profile {profile} with MFA")
    return OperatorSession(credentials, session)


def snapshot(found: SdkCredentials) -> Credentials:
    """Return the credentials as they are now; the SDK tells the end of renewing ones to nobody else."""
    frozen = found.get_frozen_credentials()
    expires: datetime | None = getattr(found, "_expiry_time", None)
    return Credentials(str(frozen.access_key), str(frozen.secret_key), frozen.token, expires)


def _mfa_serial(sessions: AwsSessions, profile: str) -> str:
    serial = sessions.settings(profile).get("mfa_serial")
    if not serial:
        raise CredentialsError(
            f"Profile {profile!r} in {sessions.config_file} names no mfa_serial; the roles want MFA.",
            not_done="AWS was not called.",
            next_step=f"aws configure set mfa_serial arn:aws:iam::ACCOUNT:mfa{PATH}USER --profile {profile}",
        )
    return str(serial)


def _session_token(source: AwsSession, serial: str, mfa: Mfa) -> Credentials:
    code = mfa(serial).strip()
    if not _CODE.fullmatch(code):
        raise CredentialsError(
            f"The code of {serial} is 6 digits.", not_done="AWS was not called.", next_step="the same command again"
        )
    wish = {"DurationSeconds": int(LIFETIME.total_seconds()), "SerialNumber": serial, "TokenCode": code}
    try:
        given = source.call("sts", "GetSessionToken", **wish)["Credentials"]
    except AwsDenied as error:
        if _REFUSED_CODE not in error.happened:
            raise
        raise CredentialsError(
            f"AWS does not take this code of {serial}: it is wrong, past its half minute, or was used before.",
            not_done="No session was made.",
            next_step="the same command with the next code, and a look at the phone's clock if that is refused, too",
        ) from error
    expires: datetime = given["Expiration"].astimezone(UTC)
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], expires)
