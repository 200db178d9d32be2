"""plan, apply and destroy: what was shown is what runs, and every unit ends with an outcome."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from flowops.errors import Exit, FlowopsError, LockHeld, Refused
from flowops.model import guard
from flowops.model.changes import Action, Plan
from flowops.model.deployment import Unit
from flowops.model.evidence import UNSAVED_FILE
from flowops.model.job import Step
from flowops.model.run import Outcome, Run, RunRequest, UnitRun
from flowops.model.state import UnitState
from flowops.operations.approval import approve, command_of
from flowops.operations.ground import Ground, open_run, touched
from flowops.operations.ports.run import RunPorts
from flowops.operations.preview import Preview, preview
from flowops.operations.waves import Waves, newly_applied


def plan(request: RunRequest, ports: RunPorts, now: datetime) -> Run:
    """Plan the selected units with the plan role and return what would change; nothing is locked or written."""
    with open_run(request, ports, now) as ground:
        found = preview(ground, Step.PLAN, ground.selection.units)
        ports.console.plans(f"Plan of {request.target}", list(found.plans.values()))
        return ground.finish(found.runs)


def apply(request: RunRequest, ports: RunPorts, now: datetime) -> Run:
    """Apply what the preview showed, after the guard and the operator agreed, and return every unit's outcome."""
    with open_run(request, ports, now) as ground:
        before = {unit: ground.states.get(unit) for unit in ground.selection.units}
        _check_ground(ground, ground.selection.units)
        found = preview(ground, Step.PLAN, ground.selection.units)
        if not _approved(ground, found):
            return ground.finish(_without_changes(ground, found))
        if _never_applied(ground, found):
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
            return ground.finish(gone)
        _check_ground(ground, sorted(targets))
        found = preview(ground, Step.PLAN_DESTROY, targets)
        _check_inputs(found)
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
    """Raise before anything is planned: LockHeld where somebody else works, Refused where a state was never saved."""
    for unit, path in sorted(ground.ports.engine.unsaved(units).items()):
        raise Refused(
            f"The state of {unit.id} was never saved: its only copy is {path}. A plan would not know what exists.",
            not_done="No unit was started.",
            next_step=f"in that folder: terraform state push {UNSAVED_FILE}, then delete the file",
        )
    for unit, lock in ground.ports.cloud.locks(ground.selection.environment, units).items():
        raise LockHeld(
            f"{unit.id} is locked by {lock.who} since {lock.created} ({lock.operation}, lock {lock.id}).",
            not_done="No unit was started.",
            next_step=f"flowops status {ground.request.environment}, and the same command again once the lock is gone",
        )


def _check_inputs(found: Preview) -> None:
    """Raise Refused where a destroy plan saw mocks: its upstream is gone, and an apply of it would fail midway."""
    for unit, plan in sorted(found.plans.items()):
        if plan.mocked:
            raise Refused(
                f"{unit.id} cannot be destroyed: a unit that it depends on has no outputs any more.",
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
    if not found.complete or ground.stopped:
        return False
    verdict = guard.evaluate(ground.request, ground.selection.environment, plans.values())
    return approve(ground.request, verdict, ground.ports.console) and not ground.stopped


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
    notes = list(waves.notes) if waves else []
    if not all(run.outcome.done for run in runs):
        try:
            after = ground.ports.cloud.states(ground.selection.environment, before)
            runs = touched(before, after, runs)
        except FlowopsError as error:
            notes.append(f"what the failed units changed is not known: {error.happened}")
            runs = [run if run.outcome.done or not run.log else replace(run, touched=True) for run in runs]
    return ground.finish(runs, waves.halted if waves else Exit.FINE, notes)
