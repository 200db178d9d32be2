"""Who GetCallerIdentity and GetUser say one is: users, their sessions, assumed roles, the CloudFormation engine."""

from __future__ import annotations

from typing import Any

from flowops.rehearsal.compat.patching import Function
from flowops.rehearsal.compat.sts.callers import caller_of
from flowops.rehearsal.compat.sts.sessions import session_of


def get_caller_identity(original: Function, backend: Any, access_key: str, region: str) -> tuple[str, str, str]:
    """Return user id, ARN and account of who holds an access key.

    A session of a role is `assumed-role/<name>/<session>` without the role's path; a session of a user is that user
    (STS API Reference, GetCallerIdentity).
    """
    caller = caller_of(access_key, backend.account_id)
    if caller is None:
        answer: tuple[str, str, str] = original(backend, access_key, region)
        return answer
    return caller.user_id, caller.arn, caller.principal.account


def user_of_key(original: Function, backend: Any, access_key: str) -> Any:
    """Return the user behind an access key, also behind one of GetSessionToken; None for a role's."""
    session = session_of(access_key, backend.account_id)
    if session is None:
        return original(backend, access_key)
    return next((user for user in backend.users.values() if user.id == session.user_id), None)
