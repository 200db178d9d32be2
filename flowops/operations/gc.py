"""gc: what was left behind goes, after it was shown; what cannot be made again, or is in use, stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flowops.errors import Declined
from flowops.model.gc import Fate, GcRequest, GcResult, Row, seen, spell_size
from flowops.operations.agreeing import require_yes
from flowops.operations.ports.gc import GcConsole, Leftovers

_NOTHING = "Nothing was deleted."


def gc(request: GcRequest, *, leftovers: Leftovers, console: GcConsole, now: datetime) -> GcResult:
    """Delete what may go, and return what became of everything that was found.

    With `dry_run` nothing is deleted. Declined, and nothing was, for the operator's no.
    """
    found = seen(leftovers.look(request, now))
    going = found.of(Fate.TO_GO)
    if request.dry_run or not going:
        return found
    if not request.yes:
        console.leftovers(found)
        _agree(request, len(going), found.size(Fate.TO_GO), console)
    done = []
    for row in found.rows:
        done.append(Row(row.item, leftovers.delete(row.item)) if row in going else row)
        if done[-1].deletion.fate is Fate.FAILED:
            console.note(f"{row.item.name} was not deleted: {done[-1].deletion.why}")
    return GcResult(tuple(done))


def _agree(request: GcRequest, count: int, size: int, console: GcConsole) -> None:
    what = "this one" if count == 1 else f"these {count}"
    require_yes(
        console,
        f"Delete {what}, {spell_size(size)} in all? [y/N] ",
        unanswered=Declined(
            "Deleting needs a yes, and nobody is there to give it.",
            not_done=_NOTHING,
            next_step=replace(request, yes=True).command(),
        ),
        declined=Declined(
            "The cleaning was declined.", not_done=_NOTHING, next_step=replace(request, dry_run=True).command()
        ),
    )
