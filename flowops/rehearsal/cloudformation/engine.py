"""All stacks of the emulated AWS, and the threads that work on them.

Requests and workers change a stack under one lock. A worker never holds it while it calls a service, and the
services never call CloudFormation, so nobody waits in a circle.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock, Thread
from typing import Any

from flowops.rehearsal.cloudformation.checks import Types
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.parameters import MASK
from flowops.rehearsal.cloudformation.resources import TYPES
from flowops.rehearsal.cloudformation.resources.base import Aws
from flowops.rehearsal.cloudformation.stack import Detection, Event, Scope, Stack, Status, now

STACK_TYPE = "AWS::CloudFormation::Stack"
INTERRUPTED = "The emulator ended while this operation was running."
_AFTER_INTERRUPTION: Mapping[Status, Status] = {
    Status.CREATE_IN_PROGRESS: Status.CREATE_FAILED,
    Status.ROLLBACK_IN_PROGRESS: Status.ROLLBACK_FAILED,
    Status.UPDATE_IN_PROGRESS: Status.UPDATE_ROLLBACK_FAILED,
    Status.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: Status.UPDATE_COMPLETE,
    Status.UPDATE_ROLLBACK_IN_PROGRESS: Status.UPDATE_ROLLBACK_FAILED,
    Status.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: Status.UPDATE_ROLLBACK_FAILED,
    Status.IMPORT_IN_PROGRESS: Status.IMPORT_ROLLBACK_FAILED,
    Status.IMPORT_ROLLBACK_IN_PROGRESS: Status.IMPORT_ROLLBACK_FAILED,
    Status.DELETE_IN_PROGRESS: Status.DELETE_FAILED,
}

Connect = Callable[[Scope], Aws]
log = logging.getLogger(__name__)


def nothing() -> None:
    """Do nothing."""


@dataclass
class State:
    """Everything that outlives the process."""

    stacks: tuple[Stack, ...] = ()
    detections: Mapping[str, Detection] = field(default_factory=dict)


class Engine:
    """Knows the stacks and runs their operations; `changed` is called after every change of its state."""

    def __init__(
        self,
        connect: Connect,
        *,
        types: Types = TYPES,
        now: Callable[[], datetime] = now,
        changed: Callable[[], None] = nothing,
    ) -> None:
        self.connect, self.types, self.now = connect, types, now
        self.lock = RLock()
        self._changed = changed
        self._state = State()
        self._workers: tuple[Thread, ...] = ()

    def state(self) -> State:
        """Return a copy of the state, whole even while workers run."""
        with self.lock:
            return copy.deepcopy(self._state)

    def restore(self, state: State) -> None:
        """Take over a state; operations that were running in it have failed."""
        with self.lock:
            self._state = copy.deepcopy(state)
            for stack in self._state.stacks:
                self.interrupt(stack, INTERRUPTED)
                ended = {name: each.interrupted(INTERRUPTED) for name, each in stack.change_sets.items()}
                self.change(stack, change_sets=ended)
            for detection in tuple(self._state.detections.values()):
                self.keep_detection(detection.interrupted(INTERRUPTED))

    def settle(self, patience: float) -> bool:
        """Wait until no worker runs; False when that takes longer than `patience` seconds."""
        deadline = time.monotonic() + patience
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        return not any(worker.is_alive() for worker in self._workers)

    def stacks(self, scope: Scope) -> tuple[Stack, ...]:
        """Return the stacks of an account and region, deleted ones included."""
        return tuple(stack for stack in self._state.stacks if stack.scope == scope)

    def find(self, scope: Scope, name: str) -> Stack | None:
        """Return the stack of that name, or of that ARN, which also finds a deleted one."""
        named = (stack for stack in self.stacks(scope) if stack.arn == name or (stack.alive and stack.name == name))
        return next(named, None)

    def get(self, scope: Scope, name: str, refusal: str = "Stack with id {name} does not exist") -> Stack:
        """Return a stack; Rejected where there is none."""
        stack = self.find(scope, name)
        if stack is None:
            raise Rejected(refusal.format(name=name))
        return stack

    def add(self, stack: Stack) -> None:
        """Take a new stack in."""
        with self.lock:
            self._state.stacks = (*self._state.stacks, stack)
            self._changed()

    def exporters(self, scope: Scope, without: Stack | None = None) -> dict[str, Stack]:
        """Return which stack exports each name."""
        return {
            output.export: stack
            for stack in self.stacks(scope)
            if stack.alive and stack is not without
            for output in stack.outputs
            if output.export
        }

    def exports(self, scope: Scope, without: Stack | None = None) -> dict[str, str]:
        """Return the value of each export."""
        exporters = self.exporters(scope, without)
        return {
            output.export: output.value
            for stack in exporters.values()
            for output in stack.outputs
            if output.export in exporters
        }

    def change(self, stack: Stack, **fields: Any) -> None:
        """Replace fields of a stack as one step."""
        with self.lock:
            for name, value in fields.items():
                setattr(stack, name, value)
            self._changed()

    def say(self, stack: Stack, status: Status, reason: str = "", token: str = "") -> None:
        """Put a stack into a status."""
        shown = masked(reason, stack.secrets)
        with self.lock:
            self.change(stack, status=status, reason=shown)
            self.record(stack, stack.name, stack.arn, STACK_TYPE, status, shown, token)

    def record(
        self, stack: Stack, logical_id: str, physical_id: str, kind: str, status: Status, reason: str, token: str
    ) -> None:
        """Add an event, with the values of NoEcho parameters masked."""
        event = Event(logical_id, physical_id, kind, status, masked(reason, stack.secrets), token, time=self.now())
        with self.lock:
            self.change(stack, events=(event, *stack.events))

    def detection(self, detection_id: str) -> Detection | None:
        """Return a run of drift detection."""
        return self._state.detections.get(detection_id)

    def keep_detection(self, detection: Detection) -> None:
        """Remember a run of drift detection."""
        with self.lock:
            self._state.detections = {**self._state.detections, detection.id: detection}
            self._changed()

    def start(self, stack: Stack, job: Callable[[], None], afterwards: Callable[[], None] = nothing) -> None:
        """Do a job in a thread of its own, then what comes `afterwards`, also when the job broke.

        A defect ends the stack's operation as failed.
        """

        def run() -> None:
            try:
                job()
            except Exception as defect:
                # The outermost frame of the thread: nobody above could say that the operation ended.
                log.exception("an operation on stack %s broke", stack.name)
                self.interrupt(stack, f"Internal Failure: {type(defect).__name__}: {defect}")
            afterwards()

        worker = Thread(target=run, name=f"cloudformation-{stack.name}", daemon=True)
        with self.lock:
            worker.start()
            self._workers = (*(other for other in self._workers if other.is_alive()), worker)

    def interrupt(self, stack: Stack, reason: str) -> None:
        """End the operation of a stack as failed."""
        if stack.status.working:
            self.say(stack, _AFTER_INTERRUPTION[stack.status], reason)


def masked(text: str, secrets: frozenset[str]) -> str:
    """Return a text without the values of NoEcho parameters."""
    for value in secrets:
        text = text.replace(value, MASK)
    return text
