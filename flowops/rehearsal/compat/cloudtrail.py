"""CloudTrail: LookupEvents over what the recorder saw."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult

from flowops.rehearsal.recognition import reads_only
from flowops.rehearsal.recorder import Call, Recorder

PAGE = 50
EVENT_NAMESPACE = uuid.UUID("6f2d6c0e-6f0b-5d7c-9a83-3a3f6d1f2c55")


def install(recorder: Recorder) -> None:
    """Answer LookupEvents from the recorded calls of the account and region; moto has no events.

    Drift is explained with it: who changed a resource, and when. Unlike CloudTrail's, these events are
    there at once.
    """

    def lookup_events(self: Any) -> ActionResult:
        events = [_event(call) for call in recorder.newest(self.current_account, self.region)]
        wanted = {each["AttributeKey"]: each["AttributeValue"] for each in self._get_param("LookupAttributes") or []}
        start, end = _moment(self._get_param("StartTime")), _moment(self._get_param("EndTime"))
        found = [event for event in events if _within(event, start, end) and _fits(event, wanted)]
        first = int(self._get_param("NextToken") or 0)
        following = first + int(self._get_param("MaxResults") or PAGE)
        page: dict[str, Any] = {"Events": found[first:following]}
        return ActionResult(page | ({"NextToken": str(following)} if following < len(found) else {}))

    CloudTrailResponse.lookup_events = lookup_events


def _event(call: Call) -> dict[str, Any]:
    source, _, name = call.action.partition(":")
    details = {
        "eventVersion": "1.08",
        "eventTime": call.time,
        "eventName": name,
        "eventSource": f"{source}.amazonaws.com",
        "awsRegion": call.region,
        "recipientAccountId": call.account,
        "readOnly": reads_only(call.action),
        "userIdentity": {"arn": call.principal, "accountId": call.account, "sessionIssuer": call.role},
        "requestParameters": call.parameters,
    }
    if call.status >= 400:
        details["errorCode"] = str(call.status)
    return {
        "EventId": str(uuid.uuid5(EVENT_NAMESPACE, call.to_json())),
        "EventName": name,
        "ReadOnly": str(details["readOnly"]).lower(),
        "EventTime": datetime.fromisoformat(call.time),
        "EventSource": details["eventSource"],
        "Username": call.principal.rpartition("/")[2],
        "Resources": [],
        "CloudTrailEvent": json.dumps(details),
    }


def _moment(given: Any) -> float | None:
    return None if given is None else float(given)


def _within(event: Mapping[str, Any], start: float | None, end: float | None) -> bool:
    at = event["EventTime"].timestamp()
    return (start is None or start <= at) and (end is None or at <= end)


def _fits(event: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Return whether an event has all wanted attributes; a resource name counts wherever the request names it."""
    for key, value in wanted.items():
        if key == "ResourceName":
            if f'"{value}"' not in event["CloudTrailEvent"]:
                return False
        elif event.get(key) != value:
            return False
    return True
