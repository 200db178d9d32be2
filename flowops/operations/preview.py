"""The preview of a run: every plan read, provisional ones marked, and each unit's outcome so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flowops.model import evidence as proof
from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
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
    plans = {run.unit: run.plan for run in runs if run.plan is not None}
    if step is Step.PLAN:
        plans = mark_provisional(ground.graph, plans)
    return Preview(tuple(replace(run, plan=plans.get(run.unit)) for run in sorted(runs, key=lambda it: it.unit)))


def mark_provisional(graph: Graph, plans: Mapping[Unit, Plan]) -> dict[Unit, Plan]:
    """Return the plans, where each that saw a mock or stands below a changed output names the cause."""
    marked: dict[Unit, Plan] = {}
    for wave in graph.waves(plans):
        for unit in wave:
            marked[unit] = replace(plans[unit], provisional_because=_cause(graph, unit, plans, marked))
    return marked


def _cause(graph: Graph, unit: Unit, plans: Mapping[Unit, Plan], marked: Mapping[Unit, Plan]) -> str:
    if plans[unit].mocked:
        return "an upstream unit has no outputs yet, so mocks stand in for them"
    for upstream in sorted(graph.upstream(unit)):
        plan = marked.get(upstream)
        if plan is not None and plan.changed_outputs:
            return f"output {plan.changed_outputs[0]} of {upstream.id} will change"
        if plan is not None and not plan.exact:
            return f"{upstream.id} is provisional"
    return ""


def _planned(evidence: Evidence) -> UnitRun:
    outcome, reason = proof.planned(evidence)
    return unit_run(evidence, outcome, reason, evidence.plan)


def unit_run(evidence: Evidence, outcome: Outcome, reason: str, plan: Plan | None) -> UnitRun:
    """Return the UnitRun of one piece of evidence."""
    call = evidence.call
    seconds, log = (call.seconds, call.log) if call else (0.0, "")
    return UnitRun(evidence.unit, outcome, reason, plan, seconds=seconds, log=log)
