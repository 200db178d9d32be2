"""The preview of a run: every plan read, provisional ones marked, and each unit's outcome so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flowops.model import evidence as proof
from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.evidence import Evidence
from flowops.model.job import Step
from flowops.model.run import Outcome, UnitRun
from flowops.operations.ground import Ground


@dataclass(frozen=True)
class Preview:
    """What planning found: outcomes of all units asked for, in order."""

    runs: tuple[UnitRun, ...]

    @property
    def plans(self) -> Mapping[Unit, Plan]:
        """Return the plan of each unit that has one."""
        return {run.unit: run.plan for run in self.runs if run.plan is not None and run.outcome is Outcome.PLANNED}

    @property
    def complete(self) -> bool:
        """Whether every unit was planned."""
        return all(run.outcome is Outcome.PLANNED for run in self.runs)


def preview(ground: Ground, step: Step, units: Iterable[Unit]) -> Preview:
    """Plan `units` and return what was found; a unit that cannot be planned is an outcome, not an error."""
    runs = [_planned(it) for it in ground.run(step, units)]
    types = ground.ports.safety.rules.stateful_types
    plans = {run.unit: run.plan.holding(types) for run in runs if run.plan is not None}
    if step is Step.PLAN:
        plans = mark_provisional(ground, plans)
    for plan in plans.values():
        ground.record.planned(plan)
    return Preview(tuple(replace(run, plan=plans.get(run.unit)) for run in sorted(runs, key=lambda it: it.unit)))


def mark_provisional(ground: Ground, plans: Mapping[Unit, Plan]) -> dict[Unit, Plan]:
    """Return the plans, where each that saw a mock or stands below a changed output names the cause."""
    marked: dict[Unit, Plan] = {}
    for wave in ground.graph.waves(plans):
        for unit in wave:
            marked[unit] = replace(plans[unit], provisional_because=_cause(ground, unit, plans, marked))
    return marked


def _cause(ground: Ground, unit: Unit, plans: Mapping[Unit, Plan], marked: Mapping[Unit, Plan]) -> str:
    direct = ground.graph.dependencies.get(unit, frozenset())
    missing = ", ".join(it.id for it in ground.without_outputs(direct))
    # An input may hold the marker and be nobody's mock: then everything that the unit reads of stands.
    if plans[unit].mocked and missing:
        return f"{missing} has no outputs yet: mocks stand in for {', '.join(plans[unit].mocks)}"
    for upstream in (*sorted(direct), *sorted(ground.graph.upstream(unit) - direct)):
        plan = marked.get(upstream)
        if plan is not None and plan.changed_outputs:
            return _changing(upstream, plan.changed_outputs, ground.ports.safety.sources.reads(unit))
        if plan is not None and not plan.exact:
            return f"{upstream.id} is provisional"
    return ""


def _changing(upstream: Unit, changed: tuple[str, ...], reads: frozenset[str]) -> str:
    """Name the outputs that will change: those that the unit reads, or all where its file does not say which."""
    names = sorted(reads & set(changed)) or sorted(changed)
    return f"{'outputs' if len(names) > 1 else 'output'} {', '.join(names)} of {upstream.id} will change"


def _planned(evidence: Evidence) -> UnitRun:
    outcome, reason = proof.planned(evidence)
    return unit_run(evidence, outcome, reason, evidence.plan)


def unit_run(evidence: Evidence, outcome: Outcome, reason: str, plan: Plan | None) -> UnitRun:
    """Return the UnitRun of one piece of evidence."""
    call = evidence.call
    seconds, log = (call.seconds, call.log) if call else (0.0, "")
    return UnitRun(evidence.unit, outcome, reason, plan, seconds=seconds, log=log)
