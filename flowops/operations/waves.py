"""Saved plans carried out wave by wave, each of them exactly as it was last shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from flowops.errors import Exit, FlowopsError
from flowops.model import evidence as proof
from flowops.model import guard
from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.job import Step
from flowops.model.run import Outcome, UnitRun
from flowops.operations.demolition import lift_protections
from flowops.operations.ground import Ground, has_outputs
from flowops.operations.preview import preview, unit_run
from flowops.operations.safeguarding import warn


@dataclass
class Waves:
    """One execution of plans as they were `shown` last; `runs` grows wave by wave, `halted` says what ended it early.

    `neighbours` are what a unit waits for: upstream units in an apply, dependents in a destroy. Only upstream outputs
    go into a plan, so only an apply (`follows_outputs`) plans again where they have moved.
    """

    ground: Ground
    shown: Mapping[Unit, Plan]
    success: Outcome
    neighbours: Callable[[Unit], frozenset[Unit]]
    follows_outputs: bool
    runs: dict[Unit, UnitRun] = field(default_factory=dict)
    moved: set[Unit] = field(default_factory=set)
    halted: Exit = Exit.FINE
    notes: list[str] = field(default_factory=list)

    def execute(self, waves: tuple[tuple[Unit, ...], ...]) -> list[UnitRun]:
        """Carry the shown plans out in this order and return every unit's outcome.

        A unit whose neighbours (what it waits for) are not done is blocked; after a signal or a guard's no nothing
        new starts.
        """
        for wave in waves:
            try:
                self._wave(wave)
            except FlowopsError as error:
                # What earlier waves did stays true, whatever ended this one.
                self.halted = error.exit_code
                self.notes.append(str(error))
            self._rest(wave)
        return [self.runs[unit] for wave in waves for unit in wave]

    def _wave(self, wave: tuple[Unit, ...]) -> None:
        plans = self._current([unit for unit in wave if self._may_start(unit)])
        if self.halted is Exit.FINE and plans and not self.ground.stopped:
            self._apply(plans)

    def _may_start(self, unit: Unit) -> bool:
        if self.halted is not Exit.FINE or self.ground.stopped:
            return False
        waiting = sorted(it for it in self.neighbours(unit) if it in self.runs and not self.runs[it].outcome.done)
        if waiting:
            self.runs[unit] = UnitRun(unit, Outcome.BLOCKED, f"{waiting[0].id} is not done", self.shown[unit])
        return not waiting

    def _current(self, ready: list[Unit]) -> list[Plan]:
        """Return the plans to apply now: the shown ones, and new ones where upstream outputs have moved since."""
        stale = [unit for unit in ready if self._stale(unit)]
        plans = {unit: self.shown[unit] for unit in ready if unit not in stale}
        if stale:
            plans |= self._planned_again(stale)
        for unit, plan in plans.items():
            if plan.empty:
                self.runs[unit] = UnitRun(unit, Outcome.UNCHANGED, plan=plan)
        return [plan for plan in plans.values() if not plan.empty]

    def _stale(self, unit: Unit) -> bool:
        return self.follows_outputs and (not self.shown[unit].exact or bool(self.neighbours(unit) & self.moved))

    def _planned_again(self, units: list[Unit]) -> dict[Unit, Plan]:
        self.ground.ports.console.note(f"planning again on real outputs: {', '.join(it.id for it in units)}")
        found = preview(self.ground, Step.PLAN, units)
        self.ground.ports.console.plans("Planned again on real outputs", list(found.plans.values()))
        warn(self.ground, found.plans.values())
        for run in found.runs:
            if run.outcome is not Outcome.PLANNED:
                self.runs[run.unit] = run
        surprises = [_surprise(self.shown.get(unit), plan) for unit, plan in found.plans.items()]
        reasons = [reason for reason in surprises if reason]
        reasons += self._on_mocks(found.plans)
        self.shown = {**self.shown, **found.plans}
        # Of all, not only of the new ones: a maximum is one for the whole run.
        verdict = self.ground.verdict(self.shown.values())
        if isinstance(verdict, guard.Forbidden):
            reasons.extend(verdict.reasons)
        if reasons:
            self.halted = Exit.REFUSED
            names, target = ", ".join(it.id for it in units), self.ground.request.target
            self.notes.append(f"stopped before {names}: {'; '.join(reasons)}. Next: flowops plan {target}")
        return dict(found.plans)

    def _on_mocks(self, plans: Mapping[Unit, Plan]) -> list[str]:
        """Return a sentence for each plan that is still made of mocks: none ever reaches an apply."""
        read = {unit: self.ground.graph.dependencies.get(unit, frozenset()) for unit, it in plans.items() if it.mocked}
        if not read:
            return []
        environment, cloud = self.ground.selection.environment, self.ground.ports.cloud
        states = cloud.states(environment, frozenset().union(*read.values()))
        return [
            f"{unit.id} cannot be applied: {it.id} has no outputs"
            for unit, upstream in sorted(read.items())
            for it in sorted(upstream)
            if not has_outputs(states.get(it))
        ]

    def _apply(self, plans: list[Plan]) -> None:
        lift_protections(self.ground, plans)
        for evidence in self.ground.run(Step.APPLY_SAVED, [plan.unit for plan in plans], plans):
            plan = next(it for it in plans if it.unit == evidence.unit)
            outcome, reason = proof.applied(evidence, self.success)
            self.runs[evidence.unit] = unit_run(evidence, outcome, reason, plan)
            if outcome.done:
                self.ground.record.ended(self.runs[evidence.unit])
            if outcome.done and plan.changed_outputs:
                self.moved.add(evidence.unit)

    def _rest(self, wave: tuple[Unit, ...]) -> None:
        drained = self.ground.stopped
        for unit in wave:
            if unit not in self.runs:
                outcome = Outcome.DRAINED if drained else Outcome.NOT_RUN
                reason = "not started: the run was interrupted" if drained else "not started: the run was stopped"
                self.runs[unit] = UnitRun(unit, outcome, reason, self.shown.get(unit))


def _surprise(shown: Plan | None, planned: Plan) -> str:
    unseen = guard.unseen(shown, planned)
    if not unseen:
        return ""
    listed = ", ".join(f"{it.action.value} {planned.address(it)}" for it in unseen)
    return f"the preview did not show: {listed}"


def newly_applied(ground: Ground, shown: Mapping[Unit, Plan]) -> list[UnitRun]:
    """Apply units of which none was ever applied, in one terragrunt run, and return their outcomes.

    terragrunt plans each unit again on real outputs when its turn comes; with no state it can only create.
    """
    runs = []
    for evidence in ground.run(Step.APPLY, shown, shown.values()):
        outcome, reason = proof.applied(evidence, Outcome.APPLIED)
        runs.append(unit_run(evidence, outcome, reason, shown[evidence.unit]))
    return [_named_cause(ground, run, runs) for run in sorted(runs, key=lambda it: it.unit)]


def _named_cause(ground: Ground, run: UnitRun, runs: list[UnitRun]) -> UnitRun:
    if run.outcome is not Outcome.BLOCKED:
        return run
    upstream = ground.graph.upstream(run.unit)
    failed = sorted(it.unit.id for it in runs if it.outcome is Outcome.FAILED and it.unit in upstream)
    return replace(run, reason=f"{failed[0]} failed" if failed else run.reason)
