"""Drift of terraform's units: one plan of each with the plan role, and what it says of every resource."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from flowops.errors import DamagedState, Exit
from flowops.model.changes import Action, Plan
from flowops.model.deployment import Environment, Unit
from flowops.model.drift.finding import Finding
from flowops.model.drift.kept_up import KeptUp, Values
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import Checked, Status
from flowops.model.drift.verdicts import NOTHING, findings_of, never_applied
from flowops.model.job import Step
from flowops.model.run import Outcome, RunRequest, UnitRun, Verb
from flowops.operations.ground import Ground, open_run
from flowops.operations.ports.run import RunPorts
from flowops.operations.preview import preview


@dataclass(frozen=True)
class Looked:
    """What was found in the units of one environment; `known` are the attributes of every resource that was seen."""

    checked: tuple[Checked, ...] = ()
    findings: tuple[Finding, ...] = ()
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    run: str = ""
    notes: tuple[str, ...] = ()


def look_at_units(
    request: DriftRequest,
    environment: Environment,
    ids: Collection[str],
    ports: RunPorts,
    computed: Mapping[str, Collection[str]],
    started: datetime,
) -> Looked:
    """Plan these units, locking nothing, and return what moved in each; one that cannot be checked is never clean.

    `computed` are the attributes that only AWS sets, by resource type.
    """
    asked = RunRequest(
        Verb.DRIFT,
        environment.name,
        request.layer,
        parallelism=request.parallelism,
        warm_providers=request.warm_providers,
        units=tuple(sorted(ids)),
        unit_timeout=request.unit_timeout,
    )
    with open_run(asked, ports, started) as ground:
        own = ground.selection.units
        unfit = _unfit(ground)
        fit = [it for it in own if it not in unfit]
        # An output of a unit that nobody asked for may be about to change, too.
        upstream = {it for unit in fit for it in ground.graph.upstream(unit)} - set(own)
        planned = preview(ground, Step.PLAN, [*fit, *sorted(upstream)]).runs if fit else ()
        runs = tuple(run for run in planned if run.unit in own)
        moved = _moved_meanwhile(ground, fit)
        kept_up = KeptUp(computed, _standing(ground)) if any(run.plan and run.plan.drift for run in runs) else NOTHING
        found = {run.unit: _found(ground, run, kept_up) for run in runs}
        refused = (UnitRun(unit, Outcome.FAILED, reason) for unit, reason in unfit.items())
        checked = [_checked(ground, run, found.get(run.unit, ()), moved) for run in (*runs, *refused)]
        for it in checked:
            ground.record.event("checked", unit=it.name, status=it.status.value, reason=it.reason)
        failed = any(it.status is Status.FAILED for it in checked)
        done = ground.finish((*runs, *refused), Exit.FAILED if failed else Exit.FINE)
        return Looked(
            tuple(sorted(checked, key=lambda it: it.name)),
            tuple(finding for each in found.values() for finding in each),
            dict(_known(run.plan for run in runs if run.plan is not None)),
            done.id,
            done.notes,
        )


def _unfit(ground: Ground) -> Mapping[Unit, str]:
    """Return why units are not worth a plan: it would not know what exists, or somebody is changing that."""
    environment, units = ground.selection.environment, ground.selection.units
    locks = ground.ports.cloud.locks(environment, units)
    held = {unit: f"locked by {lock}; flowops locks list {environment.name}" for unit, lock in locks.items()}
    flawed = {unit: reason for unit in units if (reason := _flaw(ground, unit))}
    return {**held, **flawed}


def _flaw(ground: Ground, unit: Unit) -> str:
    """Return why the state of a unit, or of one that it reads of, is not believed; empty where all are."""
    if unit in ground.flaws:
        return ground.flaws[unit]
    above = next((it for it in sorted(ground.graph.upstream(unit)) if it in ground.flaws), None)
    return f"it reads of {above.id}: {ground.flaws[above]}" if above is not None else ""


def _moved_meanwhile(ground: Ground, units: Collection[Unit]) -> Mapping[Unit, str]:
    """Return the units that somebody else worked on while they were planned, and how that shows."""
    environment = ground.selection.environment
    after, locks = ground.ports.cloud.states(environment, units), ground.ports.cloud.locks(environment, units)
    wrote = {unit for unit in units if after[unit] != ground.states.get(unit)}
    locked = {unit: f"{lock.who or 'somebody'} locked it while it was checked" for unit, lock in locks.items()}
    return {**locked, **dict.fromkeys(wrote, "somebody else wrote its state while it was checked")}


def _standing(ground: Ground) -> tuple[Values, ...]:
    """Return everything that the states of the whole environment know, as far as they can be read.

    What is done to a resource may be a resource of any of its units, also of one that is not looked at.
    """
    environment, known = ground.selection.environment, dict(ground.states)
    rest = [it for it in environment.units if it not in known and it not in ground.flaws]
    try:
        known |= ground.ports.cloud.states(environment, rest)
    except DamagedState:
        for unit in rest:
            with suppress(DamagedState):
                known |= ground.ports.cloud.states(environment, [unit])
    return tuple(values for state in known.values() if state is not None for values in state.values)


def _found(ground: Ground, run: UnitRun, kept_up: KeptUp) -> tuple[Finding, ...]:
    if run.outcome is not Outcome.PLANNED or run.plan is None:
        return ()
    return tuple(findings_of(run.plan, kept_up) if _stands(ground, run) else never_applied(run.plan))


def _stands(ground: Ground, run: UnitRun) -> bool:
    """Say whether a unit was applied and stands, if only without a resource.

    One that never was, or is destroyed, is one finding, whatever its inputs will be.
    """
    state = ground.states.get(run.unit)
    empty = run.plan is not None and not run.plan.count(Action.CREATE)
    return state is not None and (state.resources > 0 or empty)


def _checked(ground: Ground, run: UnitRun, findings: tuple[Finding, ...], moved: Mapping[Unit, str]) -> Checked:
    applied = _stands(ground, run)
    if run.outcome is not Outcome.PLANNED:
        status, reason = Status.FAILED, run.reason
    elif run.unit in moved:
        status, reason = Status.FAILED, moved[run.unit]
    elif applied and run.plan is not None and not run.plan.exact:
        status, reason = Status.FAILED, f"what it was checked with is not final: {run.plan.provisional_because}"
    else:
        status, reason = (Status.DRIFTED if any(it.counts for it in findings) else Status.CLEAN), ""
    return Checked(run.unit.id, status, reason, round(run.seconds, 3))


def _known(plans: Iterator[Plan]) -> Iterator[tuple[str, frozenset[str]]]:
    for plan in plans:
        for it in plan.changes:
            yield plan.address(it), frozenset(it.before) | frozenset(it.after)
