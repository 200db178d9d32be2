"""Who calls, and the condition keys that every request carries.

IAM User Guide, "AWS global condition context keys". What a record cannot tell is left out: the caller's address, the
times of tokens, tags of principals and resources.
"""

from __future__ import annotations

from datetime import datetime

from flowops.model.authorization.call import Call, Need, requested_region
from flowops.model.authorization.history import History
from flowops.model.authorization.tagging import facts_of as tag_facts_of
from flowops.model.policy import Principal

_SESSION = ":assumed-role/"


def principal_of(call: Call) -> Principal:
    """Return who made the call; of a session the role, with the session's ARN beside it."""
    arn = call.role or call.principal
    account = arn.split(":")[4] if arn.startswith("arn:") else ""
    return Principal(arn, account, call.principal if _SESSION in call.principal else "")


def facts_of(call: Call, need: Need, history: History, organization: str) -> dict[str, tuple[str, ...]]:
    """Return the context of one request: the call's circumstances, its tags, and the facts of the permission itself."""
    owner, service = _owner(call, need, history), need.action.partition(":")[0]
    told = {
        "aws:requestedregion": requested_region(service, call.region),
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:principalorgid": organization,
        "aws:resourceorgid": organization,
        "aws:resourceaccount": owner,
        **_times(call.time),
        **_of_caller(call),
        **_of_service(call, service, owner),
    }
    tags = tag_facts_of(call) if service == call.service else {}
    return {key: (value,) for key, value in told.items() if value} | tags | dict(need.facts)


def _of_caller(call: Call) -> dict[str, str]:
    """Return what temporary credentials of a role tell: they never carry MFA ("Secure API access with MFA")."""
    if call.role:
        return {"aws:principaltype": "AssumedRole", "aws:multifactorauthpresent": "false"}
    return {"aws:principaltype": "User"} if ":user/" in call.principal else {}


def _of_service(call: Call, service: str, owner: str) -> dict[str, str]:
    """Return the keys that one service sets on all its requests.

    AWS answers with TLS 1.2 at least ("TLS 1.2 to become the minimum"), and every SDK signs headers with version 4.
    """
    if service == "s3":
        signed = {"s3:signatureversion": "AWS4-HMAC-SHA256", "s3:authtype": "REST-HEADER"}
        return {"s3:resourceaccount": owner, "s3:tlsversion": "1.3", **signed}
    return {"kms:calleraccount": principal_of(call).account} if service == "kms" else {}


def _owner(call: Call, need: Need, history: History) -> str:
    """Return the account that owns the resource: in its ARN, of its bucket, else the caller's."""
    parts = need.resource.split(":", 5)
    if len(parts) == 6 and parts[4]:
        return parts[4]
    if len(parts) == 6 and parts[2] == "s3":
        return history.owner(parts[5].partition("/")[0]) or call.account
    return call.account


def _times(text: str) -> dict[str, str]:
    if not text:
        return {}
    moment = datetime.fromisoformat(text)
    return {"aws:currenttime": moment.isoformat(), "aws:epochtime": str(int(moment.timestamp()))}
