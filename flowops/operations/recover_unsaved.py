"""Save the states that terraform could not save, and let their units be planned and applied again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from flowops.errors import Refused, UnknownTarget
from flowops.model.deployment import Unit
from flowops.model.evidence import recover_command
from flowops.model.recovery import RecoverRequest
from flowops.model.run import Outcome, Run, UnitRun
from flowops.model.state_health import Seen
from flowops.model.unsaved import UnsavedState, missed, saved_already, unfit
from flowops.operations.recovering import RecoverPorts, Recovery, agree, open_recovery, read_back, selected


def save_states(request: RecoverRequest, ports: RecoverPorts, now: datetime) -> Run | None:
    """Save every unsaved state of the selected units; None where there is none.

    Refused, and nothing written, where one does not follow on what stands.
    """
    found = ports.tools.unsaved.collect(selected(request, ports).units)
    if not found:
        return None
    chosen = {unit: _chosen(request, unit, copies) for unit, copies in sorted(found.items())}
    with open_recovery(request, ports, tuple(chosen), now) as recovery:
        standing = {unit: ports.look(recovery.environment, unit) for unit in chosen}
        waiting = {unit: it for unit, it in chosen.items() if not saved_already(it, standing[unit])}
        if waiting:
            _require_fit(request, waiting, standing)
            for unit, it in waiting.items():
                ports.run.console.note(f"{unit.id}: {_told(it, standing[unit])}")
            agree(recovery, f"Save {len(waiting)} state{'s' if len(waiting) > 1 else ''}?")
        return recovery.finish([_saved(recovery, unit, chosen[unit], standing[unit]) for unit in chosen])


def _chosen(request: RecoverRequest, unit: Unit, copies: Sequence[UnsavedState]) -> UnsavedState:
    """Return the one copy that is meant; Refused where nobody said which of several."""
    named = [it for it in copies if it.sha256.startswith(request.copy)]
    if len(named) == 1:
        return named[0]
    if request.copy and not named:
        raise UnknownTarget("unsaved state", request.copy, [it.sha256[:12] for it in copies], where=f" of {unit.id}")
    told = "; ".join(map(str, copies))
    commands = "\n".join(f"  {recover_command(unit, '--copy', it.sha256[:12])}" for it in copies)
    raise Refused(
        f"{unit.id} has {len(copies)} unsaved states that differ: {told}.",
        not_done="Nothing was saved: only one can be the state, and the others are set aside then.",
        next_step=commands.strip(),
    )


def _require_fit(request: RecoverRequest, waiting: Mapping[Unit, UnsavedState], standing: Mapping[Unit, Seen]) -> None:
    reasons = {unit: unfit(it, standing[unit]) for unit, it in waiting.items()}
    bad = {unit: it for unit, it in reasons.items() if it}
    if not bad or (request.force and all(waiting[unit].document for unit in bad)):
        return
    told = "\n".join(
        f"The unsaved state of {unit.id} does not follow on what stands: {'; '.join(it)}." for unit, it in bad.items()
    )
    unit = next(iter(bad))
    damaged = bool(standing[unit].flaw)
    step = (
        recover_command(unit, "--list")
        if damaged or waiting[unit].document is None
        else (
            f"{recover_command(unit, '--list')}, and to save it all the same: "
            f"{recover_command(unit, '--force', '--confirm', unit.environment)}"
        )
    )
    raise Refused(told, not_done="Nothing was saved; what stands is as it was.", next_step=step)


def _told(unsaved: UnsavedState, seen: Seen) -> str:
    document = seen.document
    stands = f"serial {document.serial} with {document.resources} resources stands" if document else "nothing stands"
    return f"{stands}; the unsaved state is {unsaved}"


def _saved(recovery: Recovery, unit: Unit, unsaved: UnsavedState, before: Seen) -> UnitRun:
    """Save one state, compare what stands then, and release the unit; only what was read back counts."""
    waiting = not saved_already(unsaved, before)
    if waiting and (trouble := _pushed(recovery, unit, unsaved, before)):
        return UnitRun(unit, Outcome.FAILED, trouble)
    document = read_back(recovery, unit)
    aside = recovery.ports.tools.unsaved.release(unit, unsaved)
    recovery.record.event(
        "saved",
        unit=unit.id,
        pushed=waiting,
        forced=recovery.request.force,
        sha256=unsaved.sha256,
        serial=document.serial,
        lineage=document.lineage,
        resources=document.resources,
        set_aside=list(aside),
    )
    told = f"serial {document.serial}, {document.resources} resources"
    others = f"; set aside: {', '.join(aside)}" if aside else ""
    if not waiting:
        return UnitRun(unit, Outcome.UNCHANGED, f"the state was saved already: {told}{others}")
    return UnitRun(unit, Outcome.RECOVERED, f"saved and read back: {told}{others}")


def _pushed(recovery: Recovery, unit: Unit, unsaved: UnsavedState, before: Seen) -> str:
    """Push one state and return what went wrong, "" where it stands now."""
    terraform, force = recovery.ports.tools.terraform, recovery.request.force
    folder = recovery.folder("state-push")
    trouble = terraform.push(unit, Path(unsaved.path), folder, recovery.env, force=force)
    seen = recovery.ports.look(recovery.environment, unit)
    if wrong := missed(unsaved, before, seen):
        return trouble or f"terraform says that it pushed the state, but what stands has {wrong}"
    if force:
        # Marked as chosen, or the next run would take it for a state that went back by itself.
        recovery.ports.run.lookback.histories.restore(recovery.environment, unit, seen.version)
    return ""
