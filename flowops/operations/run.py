"""plan, apply and destroy: what was shown is what runs, and every unit ends with an outcome."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from flowops.errors import Exit, FlowopsError, Refused, worst
from flowops.model.changes import Action, Plan
from flowops.model.deployment import Unit
from flowops.model.evidence import was_killed
from flowops.model.guard import is_blind_to_creates
from flowops.model.job import Step
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb
from flowops.model.state import UnitState
from flowops.operations.approval import approve, command_of
from flowops.operations.demolition import check_obstacles, show_protections, sweep, unprotected
from flowops.operations.ground import Ground, open_run, touched
from flowops.operations.held_units import locked, stuck_locks
from flowops.operations.ordering import check_mocks, check_order
from flowops.operations.orphans import looked_for
from flowops.operations.ports.run import RunPorts
from flowops.operations.preview import Preview, preview
from flowops.operations.safeguarding import check_safeguards, warn
from flowops.operations.waves import Waves, newly_applied


def plan(request: RunRequest, ports: RunPorts, now: datetime) -> Run:
    """Plan the selected units with the plan role and return what would change; nothing is locked or written."""
    with open_run(request, ports, now) as ground:
        found = preview(ground, Step.PLAN, ground.selection.units)
        ports.console.plans(f"Plan of {request.target}", list(found.plans.values()))
        warn(ground, found.plans.values())
        return ground.finish(found.runs)


def apply(request: RunRequest, ports: RunPorts, now: datetime) -> Run:
    """Apply what the preview showed, after the guard and the operator agreed, and return every unit's outcome."""
    with open_run(request, ports, now) as ground:
        before = {unit: ground.states.get(unit) for unit in ground.selection.units}
        _check_ground(ground, ground.selection.units)
        found = preview(ground, Step.PLAN, ground.selection.units)
        if not _approved(ground, found):
            return ground.finish(_without_changes(ground, found))
        if is_blind_to_creates(request, ports.safety.rules) and _never_applied(ground, found):
            runs = newly_applied(ground, found.plans)
            return _finished(ground, before, runs)
        waves = Waves(ground, found.plans, Outcome.APPLIED, ground.graph.upstream, follows_outputs=True)
        runs = waves.execute(ground.graph.waves(found.plans))
        return _finished(ground, before, runs, waves)


def destroy(request: RunRequest, ports: RunPorts, now: datetime) -> Run:
    """Destroy the selected units that still stand, dependents first, and return every unit's outcome.

    Units without resources are left out, so a destroy can be repeated after any failure.
    """
    with open_run(request, ports, now) as ground:
        before = ground.states
        standing = {unit for unit, state in before.items() if state is not None and state.resources > 0}
        targets = _targets(ground, standing)
        gone = [UnitRun(unit, Outcome.UNCHANGED, "nothing to destroy") for unit in ground.selection.units]
        if not targets:
            return ground.finish(gone, notes=sweep(ground))
        _check_ground(ground, sorted(targets))
        found = preview(ground, Step.PLAN_DESTROY, targets)
        _check_inputs(ground, found)
        if not _approved(ground, found):
            return ground.finish(_without_changes(ground, found))
        waves = Waves(ground, found.plans, Outcome.DESTROYED, ground.graph.dependents, follows_outputs=False)
        order = tuple(reversed(ground.graph.waves(found.plans)))
        runs = [*waves.execute(order), *(it for it in gone if it.unit not in targets)]
        return _finished(ground, before, runs, waves)


def _never_applied(ground: Ground, found: Preview) -> bool:
    """Return whether still nothing stands there, now that the operator agreed: only then one run can only create."""
    states = ground.ports.cloud.states(ground.selection.environment, found.plans)
    creates = all(it.action is Action.CREATE for plan in found.plans.values() for it in plan.resource_changes)
    return creates and all(state is None or state.resources == 0 for state in states.values())


def _check_ground(ground: Ground, units: Collection[Unit]) -> None:
    """Raise before anything is planned: LockHeld where somebody else works, Refused by a safeguard."""
    check_safeguards(ground)
    for unit, lock in ground.ports.cloud.locks(ground.selection.environment, units).items():
        raise locked(ground.selection.environment, unit, lock)


def _check_inputs(ground: Ground, found: Preview) -> None:
    """Raise Refused where a destroy plan saw mocks: its upstream is gone, and an apply of it would fail midway."""
    for unit, plan in sorted(found.plans.items()):
        gone = ground.without_outputs(ground.graph.dependencies.get(unit, ()))
        if plan.mocked and gone:
            raise Refused(
                f"{unit.id} cannot be destroyed: {', '.join(it.id for it in gone)}, which it reads, has no outputs any "
                "more.",
                not_done="Nothing was destroyed.",
                next_step=f"flowops graph {unit.environment}, apply what {unit.id} depends on, then destroy again",
            )


def _targets(ground: Ground, standing: set[Unit]) -> set[Unit]:
    chosen = standing & set(ground.selection.units)
    dependents = {it for unit in chosen for it in ground.graph.dependents(unit)} & standing - chosen
    if dependents and not ground.request.with_dependents:
        raise Refused(
            f"{', '.join(sorted(it.id for it in dependents))} still stand and depend on {ground.request.target}.",
            not_done="Nothing was destroyed.",
            next_step=command_of(replace(ground.request, with_dependents=True)),
        )
    return chosen | dependents


def _approved(ground: Ground, found: Preview) -> bool:
    """Return whether the previewed plans may run; False where a unit could not be planned or nothing changes."""
    plans: Mapping[Unit, Plan] = found.plans
    title = f"{ground.request.verb.value.capitalize()} {ground.request.target}"
    ground.ports.console.plans(title, list(plans.values()))
    warn(ground, plans.values())
    show_protections(ground, plans.values())
    if not found.complete or ground.stopped:
        return False
    upstream = {it for unit in plans for it in ground.graph.upstream(unit)}
    check_mocks(ground.request, ground.graph, plans, ground.without_outputs(upstream))
    check_order(ground.request, ground.graph, plans)
    check_obstacles(ground, plans.values())
    agreed = approve(ground.request, ground.verdict(plans.values()), ground.ports.console)
    if not agreed or ground.stopped:
        return False
    ground.record.event("agreed", by=agreed)
    return True


def _without_changes(ground: Ground, found: Preview) -> list[UnitRun]:
    """Return the outcomes of a run that ends with its preview: planned units were left as they are."""
    if ground.stopped:
        outcome, reason = Outcome.DRAINED, "not started: the run was interrupted"
    elif not found.complete:
        outcome, reason = Outcome.NOT_RUN, "another unit could not be planned"
    else:
        outcome, reason = Outcome.UNCHANGED, ""
    planned = Outcome.PLANNED
    return [replace(run, outcome=outcome, reason=reason) if run.outcome is planned else run for run in found.runs]


def _finished(
    ground: Ground, before: Mapping[Unit, UnitState | None], runs: list[UnitRun], waves: Waves | None = None
) -> Run:
    notes = [*(waves.notes if waves else ()), *unprotected(ground, runs)]
    halted = [waves.halted if waves else Exit.FINE]
    if any(map(was_killed, runs)):
        notes.append(f"once its locks are gone: flowops runs resume {ground.record.id}")
    if stuck := stuck_locks(ground, runs):
        notes.extend(stuck)
        halted.append(Exit.LOCKED)
    if not all(run.outcome.done for run in runs):
        try:
            after = ground.ports.cloud.states(ground.selection.environment, before)
            runs = touched(before, after, runs)
            runs, forgotten = looked_for(ground.selection.environment, ground.record.id, runs, ground.ports)
            notes += forgotten
        except FlowopsError as error:
            notes.append(f"what the failed units changed is not known: {error.happened}")
            runs = [run if run.outcome.done or not run.log else replace(run, touched=True) for run in runs]
    elif ground.request.verb is Verb.DESTROY and not ground.stopped:
        notes += sweep(ground)
    return ground.finish(runs, worst(halted), notes)
