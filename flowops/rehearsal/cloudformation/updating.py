"""Bring a stack to another revision, and back where that fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowops.rehearsal.cloudformation.changes import difference, outputs_of
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.exports import check_exports, check_imports
from flowops.rehearsal.cloudformation.ordering import creation_order
from flowops.rehearsal.cloudformation.policy import refusal
from flowops.rehearsal.cloudformation.stack import Added, Change, Modified, Resource, Revision, Status, Undo
from flowops.rehearsal.cloudformation.template import Declaration
from flowops.rehearsal.cloudformation.work import ResourceFailed, Work

LEFT_BEHIND = "Update successful. One or more resources could not be deleted."


class _Cancelled(Exception):
    """Somebody cancelled the update."""


def begin(work: Work) -> None:
    """Note where the stack stands, so that it can come back there."""
    stack = work.stack
    assert stack.revision is not None
    undo = Undo(stack.revision, stack.outputs)
    work.engine.change(stack, undo=undo, cancelled=False, gone=(), updated=work.engine.now())


def update(work: Work, revision: Revision, changes: tuple[Change, ...], stack_policy: str) -> None:
    """Make, change and replace in order, then remove what went; on a failure undo all of it."""
    try:
        _check_policy(work, changes, stack_policy)
        replaced = _advance(work, revision)
        outputs = outputs_of(revision, work.view(revision))
        check_exports(work.engine, work.stack, outputs)
    except _Cancelled:
        roll_back(work, "User Initiated")
    except ResourceFailed as failure:
        _give_up(work, revision, f"The following resource(s) failed to update: [{failure.logical_id}]. ")
    except Rejected as rejected:
        _give_up(work, revision, str(rejected))
    else:
        work.engine.change(work.stack, revision=revision, outputs=outputs, undo=None)
        _clean_up(work, replaced, _removed(work, revision))


def _check_policy(work: Work, changes: tuple[Change, ...], stack_policy: str) -> None:
    """Refuse before anything is touched, so that the rollback has nothing to do."""
    for change in changes:
        if change.action == "Add":
            continue
        for action in _policy_actions(change):
            reason = refusal(stack_policy, action, change.logical_id, change.type)
            if reason:
                work.refuse(work.stack.resources[change.logical_id], reason)


def _policy_actions(change: Change) -> tuple[str, ...]:
    if change.action == "Remove":
        return ("Update:Delete",)
    modify = "Update:Modify"
    return {"True": ("Update:Replace",), "Conditional": (modify, "Update:Replace")}.get(change.replacement, (modify,))


def _advance(work: Work, revision: Revision) -> list[Resource]:
    view = work.view(revision)
    check_imports(revision, view)
    replaced = []
    for declared in creation_order(revision.template, view.conditions):
        if work.stack.cancelled:
            raise _Cancelled
        properties = work.properties(declared, view, revision)
        resource = work.stack.resources.get(declared.logical_id)
        if resource is None:
            work.create(declared, properties)
        elif _apply(work, resource, declared, properties):
            replaced.append(resource)
    return replaced


def _apply(work: Work, resource: Resource, declared: Declaration, properties: Mapping[str, Any]) -> bool:
    """Bring one resource to its new declaration; True where that took a new one."""
    handler = work.engine.types[resource.type]
    how = difference(resource, declared, properties, handler)
    if how is None:
        return False
    if how.replacement == "False":
        work.update(resource, declared, properties, how)
        return False
    named = handler.name_property
    if named and named in properties and properties[named] == resource.properties.get(named):
        work.refuse(
            resource,
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {properties[named]} and update the stack again.",
        )
    work.create(declared, properties, before=resource)
    return True


def _removed(work: Work, revision: Revision) -> list[Resource]:
    view = work.view(revision)
    kept = {declared.logical_id for declared in creation_order(revision.template, view.conditions)}
    return [resource for name, resource in work.stack.resources.items() if name not in kept]


def _clean_up(work: Work, replaced: list[Resource], removed: list[Resource]) -> None:
    work.say(Status.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
    kept = {resource.logical_id for resource in replaced if resource.declaration.update_replace_policy == "Retain"}
    failed = work.remove_all(_deletable(replaced), kept) + work.remove_all(removed)
    for resource in removed:
        work.abandon(resource)
    work.engine.change(work.stack, gone=())
    work.say(Status.UPDATE_COMPLETE, LEFT_BEHIND if failed else "")


def _deletable(replaced: list[Resource]) -> list[Resource]:
    """Return replaced resources as ones whose fate is the UpdateReplacePolicy alone."""
    return [
        replace(resource, declaration=replace(resource.declaration, deletion_policy="Delete")) for resource in replaced
    ]


def _give_up(work: Work, revision: Revision, reason: str) -> None:
    if work.stack.disable_rollback:
        work.engine.change(work.stack, revision=revision, undo=None)
        work.say(Status.UPDATE_FAILED, reason)
        return
    roll_back(work, reason)


def roll_back(work: Work, reason: str) -> None:
    """Say so, and undo an update."""
    work.say(Status.UPDATE_ROLLBACK_IN_PROGRESS, reason)
    undo(work)


def undo(work: Work, skip: frozenset[str] = frozenset()) -> None:
    """Go from the update's last step to its first; steps that fail stay to be tried again."""
    record = work.stack.undo
    assert record is not None
    failed: list[Modified | Added] = []
    leftovers = list(record.leftovers)
    for step in reversed(record.steps):
        try:
            leftovers += _undone(work, step, skip)
        except ResourceFailed:
            failed.insert(0, step)
    if failed:
        names = ", ".join(step.after.logical_id for step in failed)
        work.engine.change(work.stack, undo=replace(record, steps=tuple(failed), leftovers=tuple(leftovers)))
        work.say(Status.UPDATE_ROLLBACK_FAILED, f"The following resource(s) failed to update: [{names}]. ")
        return
    work.say(Status.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)
    work.remove_all(leftovers, undoing=True)
    for resource in leftovers:
        work.abandon(resource)
    work.engine.change(work.stack, revision=record.revision, outputs=record.outputs, undo=None, gone=())
    work.say(Status.UPDATE_ROLLBACK_COMPLETE)


def _undone(work: Work, step: Modified | Added, skip: frozenset[str]) -> list[Resource]:
    """Undo a step and return the resource that is to be removed at the end, if any."""
    match step:
        case Modified(before=before) if before.logical_id in skip:
            work.restore(before)
            return []
        case Modified():
            work.revert(step)
            return []
        case Added(after=after, before=before):
            if before is not None:
                work.restore(before)
            return [after]
