"""CloudTrail: LookupEvents over what the recorder saw."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.reading import reads_only
from flowops.rehearsal.recognition import POLICY_PREFIXES
from flowops.rehearsal.recorder import Call, Recorder

PAGE = 50
EVENT_NAMESPACE = uuid.UUID("6f2d6c0e-6f0b-5d7c-9a83-3a3f6d1f2c55")
GLOBAL = ("cloudfront", "iam", "organizations", "route53", "sts")
GLOBAL_REGION = "us-east-1"
SOURCES = {prefix: signed for signed, prefix in POLICY_PREFIXES.items()}

# What is in a bucket, table or queue is no management event: the history has none of it.
DATA = {
    "s3": ("DeleteObjects", "ListObjectVersions", "ListObjects", "ListObjectsV2"),
    "dynamodb": ("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"),
    "lambda": ("Invoke",),
    "sns": ("Publish", "PublishBatch"),
    "sqs": ("DeleteMessage", "ReceiveMessage", "SendMessage", "SendMessageBatch"),
}


def install(recorder: Recorder) -> None:
    """Answer LookupEvents from the recorded calls of the account and region; moto has no events.

    Drift is explained with it: who changed a resource, and when. Unlike CloudTrail's, these events are
    there at once, and an older one is forgotten by number, not by age.
    """

    def lookup_events(self: Any) -> ActionResult:
        most, wanted = _size(self._get_param("MaxResults")), _attribute(self._get_param("LookupAttributes") or [])
        start, end = _moment(self._get_param("StartTime")), _moment(self._get_param("EndTime"))
        if start is not None and end is not None and start > end:
            raise AwsError("InvalidTimeRangeException", "The start time is later than the end time.")
        calls = (it for it in recorder.newest(self.current_account) if _is_event(it) and _region(it) == self.region)
        found = [it for it in calls if _within(it, start, end) and _fits(it, *wanted)]
        # Counted from the oldest: this very call will be the newest one when the next page is asked for.
        rest = found[len(found) - int(self._get_param("NextToken") or len(found)) :]
        page: dict[str, Any] = {"Events": [_event(call) for call in rest[:most]]}
        return ActionResult(page | ({"NextToken": str(len(rest) - most)} if len(rest) > most else {}))

    CloudTrailResponse.lookup_events = lookup_events


def _event(call: Call) -> dict[str, Any]:
    details = {
        "eventVersion": "1.08",
        "userIdentity": _identity(call),
        "eventTime": call.time,
        "eventSource": _source(call),
        "eventName": _name(call),
        "awsRegion": _region(call),
        "sourceIPAddress": call.address,
        "requestParameters": call.parameters,
        "resources": [
            {"ARN": name, "type": type_} for name, type_ in call.resources.items() if name.startswith("arn:")
        ],
        "readOnly": reads_only(call.action),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": call.account,
    }
    if call.status >= 400:
        details["errorCode"] = str(call.status)
    username = {"Username": name} if (name := _username(call)) else {}
    return {
        "EventId": str(uuid.uuid5(EVENT_NAMESPACE, call.to_json())),
        "EventName": details["eventName"],
        "ReadOnly": str(details["readOnly"]).lower(),
        "EventTime": datetime.fromisoformat(call.time),
        "EventSource": details["eventSource"],
        **username,
        "Resources": [{"ResourceType": type_, "ResourceName": name} for name, type_ in call.resources.items()],
        "CloudTrailEvent": json.dumps(details),
    }


def _identity(call: Call) -> dict[str, Any]:
    """Return who called, as the AWS CloudTrail User Guide has it: "CloudTrail userIdentity element"."""
    if not call.principal.startswith("arn:"):
        return {"type": "AWSService", "invokedBy": call.principal}
    account, _, name = call.principal.split(":", 4)[4].partition(":")
    caller: dict[str, Any] = {"arn": call.principal, "accountId": account}
    match name.split("/"):
        case ["user", *_, user]:
            return {"type": "IAMUser", **caller, "userName": user}
        case ["assumed-role", role, _]:
            issuer = {"type": "Role", "arn": call.role, "accountId": account, "userName": role}
            told = {"sourceIdentity": call.source_identity} if call.source_identity else {}
            return {"type": "AssumedRole", **caller, "sessionContext": {"sessionIssuer": issuer, **told}}
        case ["root"]:
            return {"type": "Root", **caller}
        case _:
            return {"type": "Unknown", **caller}


def _username(call: Call) -> str:
    return call.principal.rpartition("/")[2] if call.principal.startswith("arn:") and "/" in call.principal else ""


def _name(call: Call) -> str:
    return call.action.partition(":")[2]


def _source(call: Call) -> str:
    return f"{SOURCES.get(call.service, call.service)}.amazonaws.com"


def _region(call: Call) -> str:
    return GLOBAL_REGION if call.service in GLOBAL else call.region


def _is_event(call: Call) -> bool:
    return not (call.service == "s3" and "Key" in call.parameters) and _name(call) not in DATA.get(call.service, ())


def _attribute(given: list[Mapping[str, str]]) -> tuple[str, str]:
    if len(given) > 1:
        raise AwsError("InvalidLookupAttributesException", "Only one lookup attribute is supported.")
    return (given[0]["AttributeKey"], given[0]["AttributeValue"]) if given else ("", "")


def _size(given: Any) -> int:
    size = int(given or PAGE)
    if not 1 <= size <= PAGE:
        raise AwsError("InvalidMaxResultsException", f"A valid maximum is between 1 and {PAGE}.")
    return size


def _moment(given: Any) -> float | None:
    return None if given is None else float(given)


def _within(call: Call, start: float | None, end: float | None) -> bool:
    at = datetime.fromisoformat(call.time).timestamp()
    return (start is None or start <= at) and (end is None or at <= end)


def _fits(call: Call, key: str, value: str) -> bool:
    """Return whether an event has the wanted attribute; without one, all have it."""
    match key:
        case "":
            return True
        case "ResourceName":
            return value in call.resources
        case "ResourceType":
            return value in call.resources.values()
        case "EventName":
            return _name(call) == value
        case "EventSource":
            return _source(call) == value
        case "ReadOnly":
            return str(reads_only(call.action)).lower() == value
        case "Username":
            return _username(call) == value
        case "EventId":
            return bool(_event(call)["EventId"] == value)
        case _:
            raise AwsError("InvalidLookupAttributesException", f"{key} is not emulated.")
