"""STS: who may assume what, decided by the policies that stand in the emulated accounts.

moto lets anybody assume any role, existing or not. Here the trust policy and the caller's own policies, boundary and
session policy decide, through the evaluator that `auth check` uses too; MFA, external ids, organizations, durations
and expiry count. Permission policies of other services stay unenforced.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from moto.iam.models import IAMBackend
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse

from flowops.rehearsal.compat.patching import around
from flowops.rehearsal.compat.sts import admission, assumption, identity, sessions, tokens, web_identity
from flowops.rehearsal.settings import Settings

Clock = Callable[[], datetime]


def install(settings: Settings, now: Clock = lambda: datetime.now(UTC)) -> None:
    """Make STS decide; `now` is the clock that sessions and MFA are held to."""
    admission.install(settings, now)
    sessions.shorten(settings.session_seconds)
    around(TokenResponse, "assume_role", partial(assumption.assume_role, now))
    around(TokenResponse, "assume_role_with_web_identity", partial(web_identity.assume_role, now))
    around(TokenResponse, "get_session_token", partial(tokens.get_session_token, now))
    around(STSBackend, "get_caller_identity", identity.get_caller_identity)
    around(IAMBackend, "get_user_from_access_key_id", identity.user_of_key)
