"""The calls about drift."""

from __future__ import annotations

from uuid import uuid4

from flowops.rehearsal.cloudformation.call import Answer, Call, stack_of
from flowops.rehearsal.cloudformation.drift import detect
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.stack import UPDATABLE, Detection, Status
from flowops.rehearsal.cloudformation.views import detection_view, drift_view

_NO_STACK = "Stack [{name}] does not exist"
_DETECTABLE = UPDATABLE - {Status.CREATE_FAILED, Status.UPDATE_FAILED} | {Status.UPDATE_ROLLBACK_FAILED}


def detect_stack_drift(engine: Engine, call: Call) -> Answer:
    """Start comparing a stack with what the services hold."""
    stack = stack_of(engine, call, _NO_STACK)
    if stack.status not in _DETECTABLE:
        raise Rejected(f"Drift detection cannot be performed on stack [{stack.arn}] in {stack.status} state")
    detection = Detection(str(uuid4()), stack.arn, time=engine.now())
    engine.keep_detection(detection)
    engine.start(stack, lambda: detect(engine, stack, detection))
    return {"StackDriftDetectionId": detection.id}


def describe_stack_drift_detection_status(engine: Engine, call: Call) -> Answer:
    """Return how far a detection is."""
    detection = engine.detection(call.text("StackDriftDetectionId"))
    if detection is None:
        raise Rejected(f"Drift detection status [{call.text('StackDriftDetectionId')}] does not exist")
    return detection_view(detection)


def describe_stack_resource_drifts(engine: Engine, call: Call) -> Answer:
    """Return what the last detection found, resource by resource."""
    stack = stack_of(engine, call, _NO_STACK)
    wanted = set(call.items("StackResourceDriftStatusFilters"))
    found = [each for each in stack.drifts if not wanted or each.status in wanted]
    return {"StackResourceDrifts": [drift_view(stack, each) for each in found]}
