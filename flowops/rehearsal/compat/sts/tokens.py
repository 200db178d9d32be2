"""GetSessionToken: a user's own temporary credentials, which remember when MFA was shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.utils import random_session_token

from flowops.rehearsal.compat.patching import Function
from flowops.rehearsal.compat.sts.admission import holder_of
from flowops.rehearsal.compat.sts.callers import Caller
from flowops.rehearsal.compat.sts.errors import AccessDenied, ValidationError
from flowops.rehearsal.compat.sts.mfa import proven_at
from flowops.rehearsal.compat.sts.sessions import PARTITION, Session, end_of, remember

SHORTEST, LONGEST, DEFAULT = 900, 129_600, 43_200
LONGEST_OF_ROOT = 3_600


def get_session_token(now: Callable[[], datetime], original: Function, self: Any) -> ActionResult:
    """Issue credentials for the calling user. No policy is asked: STS API Reference, GetSessionToken, Permissions."""
    caller, moment = holder_of(self), now()
    if caller.session is not None:
        raise AccessDenied("Cannot call GetSessionToken with session credentials")
    mfa_at = proven_at(caller, self._get_param("SerialNumber"), self._get_param("TokenCode"), moment)
    lifetime = _lifetime(self._get_int_param("DurationSeconds", DEFAULT), caller)
    key = iam_backends[caller.principal.account][PARTITION].create_temp_access_key()
    session = Session(
        access_key=key.access_key_id,
        token=random_session_token(),
        account=caller.principal.account,
        principal=caller.principal.arn,
        arn=caller.arn,
        user_id=caller.user_id,
        issued=moment,
        expires=end_of(moment, lifetime),
        mfa_at=mfa_at,
    )
    remember(session)
    return ActionResult({"Credentials": credentials(session, key.secret_access_key)})


def credentials(session: Session, secret: str) -> dict[str, Any]:
    """Return the Credentials element of an answer."""
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": secret,
        "SessionToken": session.token,
        "Expiration": session.expires.replace(tzinfo=None),
    }


def _lifetime(seconds: int, caller: Caller) -> int:
    if not SHORTEST <= seconds <= LONGEST:
        raise ValidationError(
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
            f"Member must have value between {SHORTEST} and {LONGEST}"
        )
    # The root user's credentials never live longer: STS API Reference, GetSessionToken, DurationSeconds.
    return min(seconds, LONGEST_OF_ROOT) if caller.principal.kind == "root" else seconds
