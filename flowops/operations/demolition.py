"""What deleting needs beyond terraform: obstacles before, deletion protection in between, leftovers afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flowops.errors import FlowopsError, Refused
from flowops.model.answers import is_yes
from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.leftovers import Leftover, leftovers
from flowops.model.obstacles import doomed, obstacles
from flowops.model.protection import protections
from flowops.model.run import UnitRun
from flowops.operations.approval import command_of
from flowops.operations.ground import Ground
from flowops.operations.ports.run import Console


def check_obstacles(ground: Ground, plans: Iterable[Plan]) -> None:
    """Raise Refused where AWS would refuse a deletion halfway; each obstacle with the command that takes it away."""
    wanted = doomed(plans)
    if not wanted:
        return
    found = obstacles(wanted, ground.ports.safety.demolition.obstacles(ground.selection.environment, wanted))
    if found:
        mends = "\n".join(f"  {it.mend}" for it in found)
        raise Refused(
            f"Refused, because it would end halfway: {'; '.join(it.what for it in found)}.",
            next_step=f"have a look at each, and then\n{mends}\nand the same again: {command_of(ground.request)}",
        )


def show_protections(ground: Ground, plans: Iterable[Plan]) -> None:
    """Say which deletion protection will be lifted, as part of the preview that is agreed to."""
    for it in protections(plans):
        ground.ports.console.note(f"lift deletion protection of {it.address} ({it.name}), before it is deleted")


def lift_protections(ground: Ground, plans: Iterable[Plan]) -> None:
    """Switch off the deletion protection of what these plans delete, each one on record before and after.

    Raises Refused where the plans do not hold any more: then nothing is lifted.
    """
    chosen = tuple(plans)
    if not (found := protections(chosen)):
        return
    ground.bindings.check(chosen, ground.account)
    for it in found:
        ground.record.event("lift", address=it.address, name=it.name)
        ground.changing = True
        ground.ports.safety.demolition.lift(ground.selection.environment, it)
        ground.record.event("lifted", address=it.address, name=it.name)
        ground.ports.console.note(f"deletion protection of {it.address} is lifted")
        ground.lifted.append(it)


def unprotected(ground: Ground, runs: Iterable[UnitRun]) -> list[str]:
    """Return a note for everything whose protection was lifted and which still stands."""
    done: Mapping[Unit, bool] = {run.unit: run.outcome.done for run in runs}
    return [
        f"deletion protection of {it.address} was lifted, and it may still stand: an apply puts it back"
        for it in ground.lifted
        if not done.get(it.unit)
    ]


def sweep(ground: Ground) -> list[str]:
    """Return a note for everything that a whole layer or environment left behind; on a terminal some of it can go now.

    Whatever goes wrong here is a note, too: what was destroyed stays destroyed.
    """
    if ground.request.unit is not None:
        return []
    environment, demolition = ground.selection.environment, ground.ports.safety.demolition
    try:
        found = demolition.left(environment, ground.selection.layers)
    except FlowopsError as error:
        return [f"what is left behind is not known: {error.happened}"]
    left = leftovers(found, protected=environment.protected)
    return [note for it in left if (note := _offered(ground, it))]


def _offered(ground: Ground, left: Leftover) -> str:
    """Offer one leftover and return what is to be said of it afterwards, "" where it is gone."""
    if left.reason:
        return f"left behind: {left.arn}, {left.reason}"
    if not left.deletable:
        return f"left behind: {left.arn}; it is left to you, by hand, if it is not needed any more"
    console = ground.ports.console
    if not (console.interactive and _yes(console, f"Left behind: {left.arn}. Delete it? [y/N] ")):
        return f"left behind: {left.arn}; on a terminal the same destroy offers to delete it"
    try:
        ground.ports.safety.demolition.delete(ground.selection.environment, left)
    except FlowopsError as error:
        return f"left behind: {left.arn}; it could not be deleted: {error.happened}"
    ground.record.event("swept", arn=left.arn)
    console.note(f"deleted {left.arn}")
    return ""


def _yes(console: Console, question: str) -> bool:
    """Return the answer; input that ends and Ctrl-C are a no, for the run itself is over."""
    try:
        return is_yes(console.ask(question))
    except FlowopsError:
        return False
