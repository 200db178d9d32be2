"""Temporary credentials: what a session remembers of how it came about.

They live in moto's STS backend of their account, so that a snapshot of the emulator keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.iam.models import AccessKey, iam_backends
from moto.sts.models import sts_backends

PARTITION = "aws"
FORGOTTEN_AFTER = timedelta(hours=1)
_SESSIONS = "flowops_sessions"


class _Longest:
    """How many seconds a session lasts at most, whatever was asked for; 0 for as long as AWS lets it."""

    seconds = 0


def shorten(seconds: int) -> None:
    """Let no session of this process last longer than that; 0 leaves AWS's own limits."""
    _Longest.seconds = seconds


def end_of(moment: datetime, seconds: int) -> datetime:
    """Return when a session ends that begins now and was granted for this long."""
    return moment + timedelta(seconds=min(seconds, _Longest.seconds or seconds))


@dataclass(frozen=True)
class Session:
    """One set of temporary credentials.

    `principal` is the ARN of the user, or of the role with its path; `arn` and `user_id` are what GetCallerIdentity
    answers. `tags` and `transitive` are the session's own; `policies` the JSON texts of its session policies.
    """

    access_key: str
    token: str
    account: str
    principal: str
    arn: str
    user_id: str
    issued: datetime
    expires: datetime
    mfa_at: datetime | None = None
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    policies: tuple[str, ...] = ()

    @property
    def is_role(self) -> bool:
        """Whether the session acts for a role."""
        return ":role/" in self.principal


def session_of(access_key: str, account: str) -> Session | None:
    """Return the session behind an access key, expired or not."""
    return _of(account).get(access_key)


def remember(session: Session) -> None:
    """Keep a session, and forget those of its account that expired long ago."""
    known = _of(session.account)
    keys = iam_backends[session.account][PARTITION].access_keys
    backend = sts_backends[session.account][PARTITION]
    over = {old.access_key for old in known.values() if old.expires + FORGOTTEN_AFTER < session.issued}
    for access_key in over:
        known.pop(access_key, None)
        keys.pop(access_key, None)
    for role in [role for role in list(backend.assumed_roles) if role.access_key_id in over]:
        backend.assumed_roles.remove(role)
    known[session.access_key] = session


def account_of(access_key: str) -> str | None:
    """Return the account that an access key, lasting or temporary, belongs to."""
    for account, partitions in list(iam_backends.items()):
        if access_key in partitions[PARTITION].access_keys:
            return str(account)
    return None


def lasting_key(access_key: str, account: str) -> AccessKey | None:
    """Return an IAM user's access key; None for one that is unknown or temporary."""
    key = iam_backends[account][PARTITION].access_keys.get(access_key)
    return key if key is not None and key.user_name else None


def _of(account: str) -> dict[str, Any]:
    sessions: dict[str, Any] = vars(sts_backends[account][PARTITION]).setdefault(_SESSIONS, {})
    return sessions
