"""Remove a stack."""

from __future__ import annotations

from flowops.rehearsal.cloudformation.exports import importers
from flowops.rehearsal.cloudformation.stack import Status
from flowops.rehearsal.cloudformation.work import Work


def delete(work: Work, previous: Status, retain: tuple[str, ...] = ()) -> None:
    """Remove every resource but those to retain.

    A stack whose exports others import goes back to its `previous` status, with the reason.
    """
    stack = work.stack
    for output in stack.outputs:
        users = importers(work.engine, stack, output.export) if output.export else []
        if users:
            reason = f"Export {output.export} cannot be deleted as it is in use by {' and '.join(users)}"
            work.say(previous, reason)
            return
    leftovers = stack.undo.leftovers if stack.undo else ()
    failed = work.remove_all([*stack.resources.values(), *leftovers], retain)
    if failed:
        work.say(Status.DELETE_FAILED, f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    work.engine.change(stack, deleted=work.engine.now(), undo=None)
    work.say(Status.DELETE_COMPLETE)
