"""CloudFormation's own drift detection: what of a stack is otherwise in the account than its template says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.model.plaintext import printable
from flowops.model.stack_drift import DriftedResource, PropertyDrift, StackDrift

_DRIFTED = ("MODIFIED", "DELETED")


def detected(session: AwsSession, stack: str, ticks: Iterable[None]) -> StackDrift:
    """Return what CloudFormation finds, looking once for each of `ticks` until it is done.

    Where detection fails for some resources, what it found for the others is told with the reason.
    AWS CloudFormation User Guide, "Detect drift on an entire CloudFormation stack".
    """
    asked = session.call("cloudformation", "DetectStackDrift", StackName=stack)["StackDriftDetectionId"]
    for _ in ticks:
        found = session.call("cloudformation", "DescribeStackDriftDetectionStatus", StackDriftDetectionId=asked)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
    else:
        return StackDrift(trouble="it takes too long")
    if found["DetectionStatus"] == "DETECTION_COMPLETE":
        return StackDrift(_sorted(drifted_rows(session, stack)))
    trouble = printable(found.get("DetectionStatusReason", "")) or "CloudFormation names no reason"
    # Of the resources that could not be read, an earlier detection's rows are still there.
    fresh = (it for it in drifted_rows(session, stack) if it["Timestamp"] >= found["Timestamp"])
    return StackDrift(_sorted(fresh), trouble)


def drifted_rows(session: AwsSession, stack: str) -> Iterator[dict[str, Any]]:
    """Yield what the last detection found of each resource that drifted, as CloudFormation tells it."""
    wanted = {"StackName": stack, "StackResourceDriftStatusFilters": list(_DRIFTED)}
    more: dict[str, str] = {}
    while True:
        page = session.call("cloudformation", "DescribeStackResourceDrifts", **wanted, **more)
        yield from (it for it in page["StackResourceDrifts"] if it["StackResourceDriftStatus"] in _DRIFTED)
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _sorted(rows: Iterable[Mapping[str, Any]]) -> tuple[DriftedResource, ...]:
    return tuple(sorted(map(_resource, rows), key=lambda it: it.logical_id))


def _resource(found: Mapping[str, Any]) -> DriftedResource:
    differences = tuple(
        PropertyDrift(*(printable(str(it.get(key, ""))) for key in ("PropertyPath", "ExpectedValue", "ActualValue")))
        for it in found.get("PropertyDifferences", ())
    )
    deleted = found["StackResourceDriftStatus"] == "DELETED"
    physical_id = printable(found.get("PhysicalResourceId", ""))
    return DriftedResource(found["LogicalResourceId"], found["ResourceType"], differences, deleted, physical_id)
