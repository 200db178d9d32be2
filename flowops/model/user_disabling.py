"""The two inline policies that take a user out of service and bring it back. Pure.

A deactivated key makes no new session, but those made before go on for up to 36 hours; what takes their rights away is
a policy of the user itself (IAM User Guide, "Disabling permissions for temporary security credentials").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST_SESSION = timedelta(hours=36)
"""How long a session of an IAM user can last (STS API Reference, GetSessionToken, DurationSeconds)."""

_SID = "ShutOut"
_ISSUED = "aws:TokenIssueTime"


def shut_out(active_keys: Iterable[str]) -> str:
    """Return a policy that denies everything, whoever calls and however; it remembers which keys were active.

    Without a condition: a key takes a while to be inactive everywhere, and a session made in between is none either.
    """
    return _document({"Sid": _SID + "".join(f"x{it}" for it in active_keys), "Effect": "Deny"})


def keys_to_activate(policy: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the keys that were active when a user was shut out by this policy."""
    sids = [str(it.get("Sid", "")) for it in policy.get("Statement", ())]
    return tuple(re.findall(r"[A-Z0-9]{16,}", "".join(it.removeprefix(_SID) for it in sids if it.startswith(_SID))))


def sessions_before(moment: datetime) -> str:
    """Return a policy that denies everything to sessions made before a moment, as AWS revokes those of a role.

    Only temporary credentials carry the time (IAM User Guide, "aws:TokenIssueTime").
    """
    # The next full second: the time of a session has no fractions, and one made in this second is from before, too.
    text = (moment.astimezone(UTC) + timedelta(microseconds=999_999)).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {"DateLessThan": {_ISSUED: text}}
    return _document({"Sid": "SessionsFromBefore", "Effect": "Deny", "Condition": condition})


def is_over(policy: Mapping[str, Any], now: datetime) -> bool:
    """Return whether no session can be left that a policy of `sessions_before` is there for."""
    times = [it.get("Condition", {}).get("DateLessThan", {}).get(_ISSUED, "") for it in policy.get("Statement", ())]
    return all(text and datetime.fromisoformat(text) + LONGEST_SESSION < now for text in times)


def _document(statement: Mapping[str, Any]) -> str:
    whole = {"Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **whole}]})
