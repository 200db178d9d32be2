"""The operator: an IAM user's keys and one MFA code become a session of twelve hours, kept 0600 until it ends."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials as SdkCredentials

from flowops import atomic_file
from flowops.adapters.aws.client import AwsSession, Credentials, session_of
from flowops.adapters.aws.session import AwsSessions, Mfa, assume
from flowops.errors import CredentialsError

LIFETIME = timedelta(hours=12)
RESERVE = timedelta(hours=2)
"""A kept session with less time than this left is not used any more: an apply must not outlive its credentials."""

_USER_KEY_SOURCES = ("shared-credentials-file", "config-file")
_CODE = re.compile(r"\d{6}")


@dataclass(frozen=True)
class OperatorSession:
    """The operator at work; `expires` None means that the profile renews its credentials by itself."""

    credentials: Credentials
    expires: datetime | None
    session: AwsSession

    def assume(self, role_arn: str, session_name: str) -> AwsSession:
        """Return the session of a role that the operator assumes; AwsDenied when it may not."""
        return assume(self.session, role_arn, session_name)


def open_operator(
    sessions: AwsSessions, profile: str, mfa: Mfa, cache: Path, clock: Callable[[], datetime]
) -> OperatorSession:
    """Return the operator's session; `mfa` is asked only when no session kept in the folder `cache` is still good.

    A profile that is not an IAM user's keys (role, single sign-on, process) is used as it is: GetSessionToken is for
    users only. CredentialsError when the keys' profile names no `mfa_serial`, or when AWS does not take the code.
    """
    source = sessions.profile(profile, mfa)
    found = source.credentials()
    if found.method not in _USER_KEY_SOURCES or found.token:
        own = _snapshot(found)
        return OperatorSession(own, own.expires, source)
    serial = _mfa_serial(sessions, profile)
    kept = cache / _file_name(found.access_key, serial, sessions.wire.endpoint_url)
    credentials = _read(kept, clock()) or _session_token(source, serial, mfa, kept)
    signing = SdkCredentials(credentials.access_key, credentials.secret_key, credentials.token)
    session = session_of(signing, source.wire, f"profile {profile} with MFA")
    return OperatorSession(credentials, credentials.expires, session)


def _snapshot(found: SdkCredentials) -> Credentials:
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
            next_step=f"aws configure set mfa_serial arn:aws:iam::ACCOUNT:mfa/USER --profile {profile}",
        )
    return str(serial)


def _session_token(source: AwsSession, serial: str, mfa: Mfa, kept: Path) -> Credentials:
    code = mfa(serial).strip()
    if not _CODE.fullmatch(code):
        raise CredentialsError(
            f"The code of {serial} is 6 digits.", not_done="AWS was not called.", next_step="the same command again"
        )
    seconds = int(LIFETIME.total_seconds())
    answer = source.call("sts", "GetSessionToken", DurationSeconds=seconds, SerialNumber=serial, TokenCode=code)
    given = answer["Credentials"]
    expires: datetime = given["Expiration"].astimezone(UTC)
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], expires)
    atomic_file.private_folder(kept.parent)
    atomic_file.write(kept, process_document(credentials))
    return credentials


def process_document(credentials: Credentials) -> bytes:
    """Return credentials as a `credential_process` prints them (docs.aws.amazon.com/sdkref, process credentials)."""
    document = {
        "Version": 1,
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret_key,
        "SessionToken": credentials.token,
        "Expiration": credentials.expires.isoformat() if credentials.expires else None,
    }
    return json.dumps({key: value for key, value in document.items() if value is not None}).encode()


def _file_name(access_key: str, serial: str, endpoint_url: str | None) -> str:
    """Return a name that differs for each key, device and AWS, so that a rotated key leaves its session behind."""
    return sha256("\n".join((access_key, serial, endpoint_url or "")).encode()).hexdigest()[:32] + ".json"


def _read(kept: Path, now: datetime) -> Credentials | None:
    """Return the kept session if it is still good, is ours, and was readable by nobody else."""
    try:
        descriptor = os.open(kept, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
        text = file.read(65536) if ours else b""
    try:
        credentials = _parsed(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None
    return credentials if credentials.expires and credentials.expires - now > RESERVE else None


def _parsed(document: Any) -> Credentials:
    expires = datetime.fromisoformat(document["Expiration"])
    if expires.tzinfo is None:
        raise ValueError(expires)
    return Credentials(document["AccessKeyId"], document["SecretAccessKey"], document["SessionToken"], expires)
