"""One resource at a time: make, change, remove it, and say so in the stack's events."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from flowops.rehearsal.cloudformation.changes import Difference, properties_of, view_of
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.intrinsics import View
from flowops.rehearsal.cloudformation.ordering import needs_of, removal_order
from flowops.rehearsal.cloudformation.stack import Added, Modified, Resource, Revision, Stack, Status
from flowops.rehearsal.cloudformation.template import Declaration

_SUFFIX_ALPHABET = string.ascii_uppercase + string.digits
_RETAINING = ("Retain", "RetainExceptOnCreate")
INITIATED = "Resource creation Initiated"
REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


class ResourceFailed(Exception):
    """A resource could not be made, changed or removed; its event says why."""

    def __init__(self, logical_id: str) -> None:
        super().__init__(logical_id)
        self.logical_id = logical_id


class Work:
    """What one operation does to its stack, on behalf of one ClientRequestToken."""

    def __init__(self, engine: Engine, stack: Stack, token: str = "") -> None:
        self.engine, self.stack, self.token = engine, stack, token
        self._aws = engine.connect(stack.scope)

    def say(self, status: Status, reason: str = "") -> None:
        """Put the stack into a status."""
        self.engine.say(self.stack, status, reason, self.token)

    def view(self, revision: Revision) -> View:
        """Return what intrinsic functions see, with the resources that are there now."""
        view = view_of(self.stack, revision, self.engine.exports(self.stack.scope, without=self.stack))
        return replace(view, resources=dict(self.stack.resources))

    def properties(self, declared: Declaration, view: View, revision: Revision) -> dict[str, Any]:
        """Return the resolved properties of a resource; ResourceFailed where they make no sense."""
        seen = replace(view, resources=dict(self.stack.resources))
        existing = self.stack.resources.get(declared.logical_id)
        try:
            return properties_of(declared, seen, revision, self.engine.types[declared.type])
        except Rejected as unfit:
            failed = Status.UPDATE_FAILED if existing else Status.CREATE_FAILED
            self._note(declared, existing.physical_id if existing else "", failed, str(unfit))
            raise ResourceFailed(declared.logical_id) from unfit

    def create(self, declared: Declaration, properties: Mapping[str, Any], before: Resource | None = None) -> None:
        """Make a resource, as the replacement of `before` where that is given."""
        handler = self.engine.types[declared.type]
        verb, reason, replaced = ("UPDATE", REPLACING, before.physical_id) if before else ("CREATE", "", "")
        self._note(declared, replaced, _status(verb, "IN_PROGRESS"), reason)
        with self._failing(declared, replaced, _status(verb, "FAILED")):
            physical_id = handler.create(self._aws, properties, self._name(declared.logical_id))
        made = Resource(declared, physical_id, properties, {}, _status(verb, "IN_PROGRESS"))
        self._keep(made)
        self._remember(Added(made, before))
        self._note(declared, physical_id, made.status, INITIATED)
        self._finish(made, None, verb)

    def update(self, resource: Resource, declared: Declaration, properties: Mapping[str, Any], how: Difference) -> None:
        """Change a resource in place."""
        after = replace(resource, declaration=declared, properties=properties)
        self._remember(Modified(resource, after))
        self._note(declared, resource.physical_id, Status.UPDATE_IN_PROGRESS)
        if how.touches:
            self._keep(replace(resource, status=Status.UPDATE_IN_PROGRESS))
            incomplete = resource.status is Status.CREATE_FAILED
            self._finish(after, None if incomplete else resource.properties, "UPDATE")
            return
        self._settle(after, Status.UPDATE_COMPLETE)

    def revert(self, step: Modified) -> None:
        """Bring a resource back to where the update found it."""
        self._note(step.before.declaration, step.before.physical_id, Status.UPDATE_IN_PROGRESS)
        self._finish(step.before, step.after.properties, "UPDATE")

    def restore(self, resource: Resource) -> None:
        """Put a resource back into the stack as it was, without calling its service."""
        self._settle(resource, Status.UPDATE_COMPLETE)

    def remove(self, resource: Resource, *, keep: bool) -> None:
        """Remove a resource, or only forget it."""
        declared, physical_id = resource.declaration, resource.physical_id
        if keep:
            self._forget(resource, Status.DELETE_SKIPPED)
            self._note(declared, physical_id, Status.DELETE_SKIPPED)
            return
        self._note(declared, physical_id, Status.DELETE_IN_PROGRESS)
        self._mark(resource, Status.DELETE_IN_PROGRESS)
        handler = self.engine.types[resource.type]
        with self._failing(declared, physical_id, Status.DELETE_FAILED):
            try:
                handler.delete(self._aws, physical_id, resource.properties)
            except ClientError as error:
                if not handler.is_missing(error):
                    raise
        self._forget(resource, Status.DELETE_COMPLETE)
        self._note(declared, physical_id, Status.DELETE_COMPLETE)

    def abandon(self, resource: Resource) -> None:
        """Take a resource that resisted out of the stack: CloudFormation gives up on it after an update."""
        current = self.stack.resources.get(resource.logical_id)
        if current is not None and current.physical_id == resource.physical_id:
            self._forget(resource, Status.DELETE_FAILED)

    def refuse(self, resource: Resource, reason: str) -> NoReturn:
        """Fail a change of a resource before its service is asked."""
        self._note(resource.declaration, resource.physical_id, Status.UPDATE_FAILED, reason)
        raise ResourceFailed(resource.logical_id)

    def remove_all(
        self, resources: Iterable[Resource], retain: Collection[str] = (), *, undoing: bool = False
    ) -> list[str]:
        """Remove resources in a possible order and return the names of those that resisted.

        What a resisting resource needs stays too. `undoing` says that the operation that made them is being
        rolled back: only then RetainExceptOnCreate does not retain.
        """
        failed: list[str] = []
        needed: set[str] = set()
        for resource in removal_order(resources):
            if resource.logical_id in needed:
                needed |= needs_of(resource.declaration)
                continue
            keep = resource.logical_id in retain or _retained(resource.declaration.deletion_policy, undoing)
            try:
                self.remove(resource, keep=keep)
            except ResourceFailed:
                failed.append(resource.logical_id)
                needed |= needs_of(resource.declaration)
        return failed

    def _finish(self, resource: Resource, old: Mapping[str, Any] | None, verb: str) -> None:
        handler = self.engine.types[resource.type]
        with self._failing(resource.declaration, resource.physical_id, _status(verb, "FAILED")):
            handler.configure(self._aws, resource.physical_id, old or {}, resource.properties, fresh=old is None)
            attributes = handler.attributes(self._aws, resource.physical_id, resource.properties)
        self._settle(replace(resource, attributes=attributes), _status(verb, "COMPLETE"))

    def _settle(self, resource: Resource, status: Status) -> None:
        self._keep(replace(resource, status=status, reason=""))
        self._note(resource.declaration, resource.physical_id, status)

    @contextmanager
    def _failing(self, declared: Declaration, physical_id: str, status: Status) -> Iterator[None]:
        """Turn what a service refuses into an event and ResourceFailed."""
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            reason = reason_of(error)
            self._fail(declared, physical_id, status, reason)
            self._note(declared, physical_id, status, reason)
            raise ResourceFailed(declared.logical_id) from error

    def _fail(self, declared: Declaration, physical_id: str, status: Status, reason: str) -> None:
        """Show the failed resource; one that was never made is shown among those that are gone."""
        existing = self.stack.resources.get(declared.logical_id)
        if existing is not None and existing.physical_id == physical_id:
            self._keep(replace(existing, status=status, reason=reason))
        elif not physical_id:
            shadow = Resource(declared, "", {}, {}, status, reason)
            self.engine.change(self.stack, gone=(*self.stack.gone, shadow))

    def _mark(self, resource: Resource, status: Status) -> None:
        current = self.stack.resources.get(resource.logical_id)
        if current is not None and current.physical_id == resource.physical_id:
            self._keep(replace(current, status=status))

    def _keep(self, resource: Resource) -> None:
        kept = replace(resource, changed=self.engine.now())
        self.engine.change(self.stack, resources={**self.stack.resources, resource.logical_id: kept})

    def _forget(self, resource: Resource, status: Status) -> None:
        held = dict(self.stack.resources)
        current = held.get(resource.logical_id)
        if current is not None and current.physical_id == resource.physical_id:
            del held[resource.logical_id]
        shadow = replace(resource, status=status, changed=self.engine.now())
        self.engine.change(self.stack, resources=held, gone=(*self.stack.gone, shadow))

    def _remember(self, step: Modified | Added) -> None:
        undo = self.stack.undo
        if undo is not None:
            self.engine.change(self.stack, undo=replace(undo, steps=(*undo.steps, step)))

    def _note(self, declared: Declaration, physical_id: str, status: Status, reason: str = "") -> None:
        self.engine.record(self.stack, declared.logical_id, physical_id, declared.type, status, reason, self.token)

    def _name(self, logical_id: str) -> str:
        suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(12))
        return f"{self.stack.name}-{logical_id}-{suffix}"


def reason_of(error: ClientError | BotoCoreError) -> str:
    """Return an error as CloudFormation's events show it."""
    if not isinstance(error, ClientError):
        return str(error)
    answer = error.response
    details = (
        f"Service: {error.operation_name}",
        f"Status Code: {answer.get('ResponseMetadata', {}).get('HTTPStatusCode', 0)}",
        f"Error Code: {answer['Error'].get('Code', '')}",
    )
    return f"{answer['Error'].get('Message', '')} ({'; '.join(details)})"


def _status(verb: str, state: str) -> Status:
    return Status(f"{verb}_{state}")


def _retained(policy: str, undoing: bool) -> bool:
    return policy == "Retain" if undoing else policy in _RETAINING
