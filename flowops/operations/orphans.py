"""What terraforms that were killed or interrupted created, and what no state knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from flowops.model.creations import Lost, lost
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import recover_command
from flowops.model.run import Outcome, UnitRun
from flowops.operations.ports.recovery import Histories, Lookback
from flowops.operations.ports.run import RunPorts


def forgotten(environment: Environment, units: Iterable[Unit], lookback: Lookback) -> Mapping[Unit, Lost]:
    """Return what terraforms that were killed or interrupted created, and what no state of the unit ever knew."""
    made = lookback.creations.of(units)
    if not made:
        return {}
    seen = lookback.histories.look(environment, made)
    first = {unit: lost(made[unit], seen[unit].document) for unit in made}
    found = {unit: _never_known(environment, unit, it, lookback.histories) for unit, it in first.items() if it}
    return {unit: it for unit, it in found.items() if it}


def _never_known(environment: Environment, unit: Unit, found: Lost, histories: Histories) -> Lost:
    """Leave out what a version of the state knew after the creation: a destroy, or somebody, took it away since."""
    if not found.complete and not found.left_over:
        return found
    documents = [it.document for it in histories.versions(environment, unit) if it.document is not None]

    def never(type_: str, id_: str) -> bool:
        return not any(document.knows(type_, id_) for document in documents)

    return Lost(
        complete=tuple(it for it in found.complete if never(it.type, it.id)),
        left_over=tuple(it for it in found.left_over if never(it.type, it.id)),
        in_flight=found.in_flight,
    )


def note_of(found: Lost) -> str:
    """Return what a unit's state does not know, as the rest of a sentence."""
    parts = [f"{len(found.complete)} created" if found.complete else ""]
    parts += [f"{len(found.left_over)} left over" if found.left_over else ""]
    parts += [f"{len(found.in_flight)} that may exist" if found.in_flight else ""]
    return f"its state does not know all that an earlier run made: {', '.join(part for part in parts if part)}"


def notes_of(environment: Environment, units: Iterable[Unit], lookback: Lookback) -> list[str]:
    """Return a line about each unit whose state does not know all that earlier runs made, with the command for it."""
    found = sorted(forgotten(environment, units, lookback).items())
    return [_line(unit, it) for unit, it in found]


def _line(unit: Unit, found: Lost) -> str:
    return f"{unit.id}: {note_of(found)}; {recover_command(unit, '--imports')}"


def looked_for(
    environment: Environment, run_id: str, runs: Sequence[UnitRun], ports: RunPorts
) -> tuple[list[UnitRun], list[str]]:
    """Return the outcomes, where a unit whose resources its state does not know says so, and a line about each.

    A unit whose state was not saved is looked at when it is.
    """
    undone = [run.unit for run in runs if not run.outcome.done and run.outcome is not Outcome.STATE_UNSAVED]
    found = forgotten(environment, undone, ports.lookback)
    mine = {unit for unit, it in found.items() if any(made.run == run_id for made in it.complete + it.left_over)}
    told = [_line(unit, it) for unit, it in sorted(found.items())]
    return [replace(run, touched=True) if run.unit in mine else run for run in runs], told
