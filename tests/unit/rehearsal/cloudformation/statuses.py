"""A stack in each of CloudFormation's 23 statuses, brought there by what brings stacks there: a resource that fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.rehearsal.cloudformation.stack import Status
from tests.unit.rehearsal.cloudformation.world import PATIENCE, Cloud, Held, thing

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """One stack that is to have two things, the second after the first; `given` is what else its calls are given."""

    cloud: Cloud
    name: str
    body: Body
    given: Mapping[str, Any]

    def with_more(self, value: str | None = None, **resources: Any) -> Body:
        """Return the template with more resources, and with another value of A."""
        made = {**self.body["Resources"], **resources}
        if value is not None:
            made["A"] = thing({"Value": value})
        return {**self.body, "Resources": made}

    def create(self, body: Body | None = None, **given: Any) -> None:
        self.cloud.create(self.name, body or self.body, **{**self.given, **given})

    def update(self, body: Body, **given: Any) -> None:
        self.cloud.update(self.name, body, **{**self.given, **given})

    def begin(self, action: str, door: Held, body: Body | None = None) -> None:
        """Start an operation and return once it waits at the door."""
        template = {"TemplateBody": json.dumps(body), **self.given} if body else {}
        self.cloud.ask(action, StackName=self.name, **template)
        assert door.reached.wait(PATIENCE)

    def say(self, status: Status) -> None:
        """Put the stack into a status: the emulator imports nothing, so nothing can fail at it."""
        self.cloud.engine.say(self.cloud.engine.get(self.cloud.scope, self.name), status, "User Initiated")

    def refuse(self, *calls: str) -> None:
        self.cloud.world.refusals |= set(calls)


Release = Callable[[], None]


def two_things(**sections: Any) -> dict[str, Any]:
    """Return the template that a subject is to have."""
    return {"Resources": {"A": thing({"Value": "1"}), "B": thing({"Value": "1"}, DependsOn="A")}, **sections}


def bring(subject: Subject, status: str) -> Release:
    """Bring a stack that is not there yet into a status; return what ends an operation that is under way then."""
    return REACH[status](subject) or _nothing


def _nothing() -> None:
    """End nothing."""


def _review(it: Subject) -> None:
    it.cloud.change_set(it.name, "somebody", it.body, ChangeSetType="CREATE", **it.given)


def _create_in_progress(it: Subject) -> Release:
    door = it.cloud.world.hold("create B")
    it.begin("create_stack", door, it.body)
    return door.opened.set


def _create_complete(it: Subject) -> None:
    it.create()


def _create_failed(it: Subject) -> None:
    it.refuse("create A")
    it.create(OnFailure="DO_NOTHING")


def _rollback_in_progress(it: Subject) -> Release:
    it.refuse("create B")
    door = it.cloud.world.hold("delete A")
    it.begin("create_stack", door, it.body)
    return door.opened.set


def _rollback_complete(it: Subject) -> None:
    it.refuse("create B")
    it.create()


def _rollback_failed(it: Subject) -> None:
    it.refuse("create B", "delete A")
    it.create()


def _delete_in_progress(it: Subject) -> Release:
    it.create()
    door = it.cloud.world.hold("delete B")
    it.begin("delete_stack", door)
    return door.opened.set


def _delete_complete(it: Subject) -> None:
    it.create()
    it.cloud.delete(it.name)


def _delete_failed(it: Subject) -> None:
    it.create()
    it.refuse("delete A")
    it.cloud.delete(it.name)


def _update_in_progress(it: Subject) -> Release:
    it.create(it.with_more("0"))
    door = it.cloud.world.hold("update A")
    it.begin("update_stack", door, it.body)
    return door.opened.set


def _update_cleanup_in_progress(it: Subject) -> Release:
    it.create(it.with_more(Old=thing()))
    door = it.cloud.world.hold("delete Old")
    it.begin("update_stack", door, it.body)
    return door.opened.set


def _update_complete(it: Subject) -> None:
    it.create(it.with_more("0"))
    it.update(it.body)


def _update_failed(it: Subject) -> None:
    it.create()
    it.refuse("create New")
    it.update(it.with_more("2", New=thing(DependsOn="A")), DisableRollback=True)


def _update_rollback_in_progress(it: Subject) -> Release:
    it.create()
    forth = it.cloud.world.hold("create New")
    it.refuse("create New")
    it.begin("update_stack", forth, it.with_more("2", New=thing(DependsOn="A")))
    back = it.cloud.world.hold("update A")
    forth.opened.set()
    assert back.reached.wait(PATIENCE)
    return back.opened.set


def _update_rollback_cleanup_in_progress(it: Subject) -> Release:
    it.create()
    it.refuse("create Last")
    door = it.cloud.world.hold("delete New")
    it.begin("update_stack", door, it.with_more(New=thing(), Last=thing(DependsOn="New")))
    return door.opened.set


def _update_rollback_complete(it: Subject) -> None:
    it.create()
    it.refuse("create New")
    it.update(it.with_more("2", New=thing(DependsOn="A")))


def _update_rollback_failed(it: Subject) -> None:
    it.create()
    it.refuse("update A")
    it.update(it.with_more("2"))


def _imported(status: Status, end: Status | None = None) -> Callable[[Subject], Release | None]:
    def reach(it: Subject) -> Release | None:
        it.create()
        it.say(status)
        return (lambda: it.say(end)) if end else None

    return reach


REACH: Mapping[str, Callable[[Subject], Release | None]] = {
    "REVIEW_IN_PROGRESS": _review,
    "CREATE_IN_PROGRESS": _create_in_progress,
    "CREATE_COMPLETE": _create_complete,
    "CREATE_FAILED": _create_failed,
    "ROLLBACK_IN_PROGRESS": _rollback_in_progress,
    "ROLLBACK_COMPLETE": _rollback_complete,
    "ROLLBACK_FAILED": _rollback_failed,
    "DELETE_IN_PROGRESS": _delete_in_progress,
    "DELETE_COMPLETE": _delete_complete,
    "DELETE_FAILED": _delete_failed,
    "UPDATE_IN_PROGRESS": _update_in_progress,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": _update_cleanup_in_progress,
    "UPDATE_COMPLETE": _update_complete,
    "UPDATE_FAILED": _update_failed,
    "UPDATE_ROLLBACK_IN_PROGRESS": _update_rollback_in_progress,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": _update_rollback_cleanup_in_progress,
    "UPDATE_ROLLBACK_COMPLETE": _update_rollback_complete,
    "UPDATE_ROLLBACK_FAILED": _update_rollback_failed,
    "IMPORT_IN_PROGRESS": _imported(Status.IMPORT_IN_PROGRESS, Status.IMPORT_COMPLETE),
    "IMPORT_COMPLETE": _imported(Status.IMPORT_COMPLETE),
    "IMPORT_ROLLBACK_IN_PROGRESS": _imported(Status.IMPORT_ROLLBACK_IN_PROGRESS, Status.IMPORT_ROLLBACK_COMPLETE),
    "IMPORT_ROLLBACK_COMPLETE": _imported(Status.IMPORT_ROLLBACK_COMPLETE),
    "IMPORT_ROLLBACK_FAILED": _imported(Status.IMPORT_ROLLBACK_FAILED),
}
