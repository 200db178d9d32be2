"""CloudFormation's own drift detection: what of a stack is otherwise in the account than its template says."""

from __future__ import annotations

import time
from collections.abc import Callable

from flowops.adapters.aws.client import AwsSession
from flowops.errors import OperationFailed

_PAUSE_SECONDS, _LOOKS = 2.0, 300


def drifted(session: AwsSession, stack: str, *, sleep: Callable[[float], None] = time.sleep) -> tuple[str, ...]:
    """Return the logical ids of the resources that were changed or deleted; OperationFailed when AWS cannot tell.

    AWS CloudFormation User Guide, "Detect drift on an entire CloudFormation stack".
    """
    asked = session.call("cloudformation", "DetectStackDrift", StackName=stack)["StackDriftDetectionId"]
    for _ in range(_LOOKS):
        found = session.call("cloudformation", "DescribeStackDriftDetectionStatus", StackDriftDetectionId=asked)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        sleep(_PAUSE_SECONDS)
    if found["DetectionStatus"] != "DETECTION_COMPLETE":
        reason = found.get("DetectionStatusReason", "it takes too long")
        raise OperationFailed(f"CloudFormation cannot tell the drift of {stack}: {reason}.")
    filters = ["MODIFIED", "DELETED"]
    answer = session.call(
        "cloudformation", "DescribeStackResourceDrifts", StackName=stack, StackResourceDriftStatusFilters=filters
    )
    rows = [it for it in answer["StackResourceDrifts"] if it["StackResourceDriftStatus"] in filters]
    return tuple(sorted(it["LogicalResourceId"] for it in rows))
