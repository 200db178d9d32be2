"""Make a stack, and unmake it where that fails."""

from __future__ import annotations

from flowops.rehearsal.cloudformation.changes import outputs_of
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.exports import check_exports, check_imports
from flowops.rehearsal.cloudformation.ordering import creation_order
from flowops.rehearsal.cloudformation.stack import Revision, Status
from flowops.rehearsal.cloudformation.work import ResourceFailed, Work


def create(work: Work, revision: Revision, on_failure: str) -> None:
    """Make everything in order; `on_failure` is ROLLBACK, DELETE or DO_NOTHING."""
    try:
        _fill(work, revision)
    except ResourceFailed as failure:
        _give_up(work, f"The following resource(s) failed to create: [{failure.logical_id}].", on_failure)
    except Rejected as refusal:
        _give_up(work, str(refusal), on_failure)
    else:
        work.say(Status.CREATE_COMPLETE)


def _fill(work: Work, revision: Revision) -> None:
    view = work.view(revision)
    check_imports(revision, view)
    for declared in creation_order(revision.template, view.conditions):
        work.create(declared, work.properties(declared, view, revision))
    outputs = outputs_of(revision, work.view(revision))
    check_exports(work.engine, work.stack, outputs)
    work.engine.change(work.stack, outputs=outputs)


def _give_up(work: Work, reason: str, on_failure: str) -> None:
    if on_failure == "DO_NOTHING":
        work.say(Status.CREATE_FAILED, reason)
        return
    verb, asked = ("DELETE", "Delete") if on_failure == "DELETE" else ("ROLLBACK", "Rollback")
    work.say(Status(f"{verb}_IN_PROGRESS"), f"{reason} {asked} requested by user.")
    failed = work.remove_all(work.stack.resources.values(), undoing=True)
    if failed:
        work.say(Status(f"{verb}_FAILED"), f"The following resource(s) failed to delete: [{', '.join(failed)}].")
        return
    work.say(Status(f"{verb}_COMPLETE"))
