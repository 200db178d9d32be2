"""Saved plans and what they were made on: noted when a plan is made, looked at again before it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flowops.errors import Refused
from flowops.model.binding import Fingerprint, inputs_of, moved
from flowops.model.changes import Plan
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
from flowops.model.job import Job
from flowops.operations.ports.run import Cloud, Record
from flowops.operations.ports.safety import Sources


@dataclass(frozen=True)
class Made:
    """What stood before a job began to plan: files by unit, and hashes of the outputs that its units read.

    Taken before, because a change while units are planned counts as one, too.
    """

    files: Mapping[Unit, Mapping[str, str]] = field(default_factory=dict)
    inputs: Mapping[Unit, str] = field(default_factory=dict)


@dataclass
class Bindings:
    """The fingerprints of one run's saved plans."""

    sources: Sources
    cloud: Cloud
    graph: Graph
    environment: Environment
    record: Record
    held: dict[Unit, Fingerprint] = field(default_factory=dict)

    def before(self, job: Job) -> Made:
        """Return what the plans of a job will be made on; nothing for a job that only applies."""
        if not job.step.plans:
            return Made()
        return Made({unit: self.sources.files(unit) for unit in job.units}, self._inputs(job.units))

    def bind(self, job: Job, made: Made, found: Iterable[Evidence], account: str) -> None:
        """Note what each plan that was just made stands on, in the journal and in the run's folder."""
        plans = [it.plan for it in found if it.plan is not None and it.unit in made.files]
        for plan in plans:
            made_on = self._now(plan, made.files[plan.unit], account, made.inputs)
            self.held[plan.unit] = made_on
            self.record.event("bound", unit=plan.unit.id, **made_on.record())
        if plans:
            self.sources.keep(job.folder, {plan.unit.id: self.held[plan.unit].record() for plan in plans})

    def check(self, plans: Iterable[Plan], account: str) -> None:
        """Raise Refused where anything moved that one of these plans was made on; it says what."""
        chosen = tuple(plans)
        states = self.cloud.states(self.environment, [plan.unit for plan in chosen])
        inputs = self._inputs([plan.unit for plan in chosen])
        said = []
        for plan in chosen:
            now = self._now(plan, self.sources.files(plan.unit), account, inputs)
            found = moved(self.held[plan.unit], now, states[plan.unit])
            said += [f"{plan.unit.id}: {'; '.join(found)}"] if found else []
        if said:
            self.record.event("moved", said=said)
            raise Refused(
                f"What was shown does not hold any more. {'. '.join(said)}.",
                not_done=f"{', '.join(plan.unit.id for plan in chosen)} was not started.",
                next_step="the same command again, which plans on what stands now",
            )

    def _now(self, plan: Plan, files: Mapping[str, str], account: str, inputs: Mapping[Unit, str]) -> Fingerprint:
        reads = {it.id: inputs[it] for it in self.graph.dependencies.get(plan.unit, ())}
        saved, lock = self.sources.saved(plan), self.sources.lock(plan.unit)
        return Fingerprint(saved, files, lock, account, self.sources.tools(), reads)

    def _inputs(self, units: Iterable[Unit]) -> Mapping[Unit, str]:
        upstream = {it for unit in units for it in self.graph.dependencies.get(unit, ())}
        hashes = inputs_of(self.cloud.states(self.environment, upstream)) if upstream else {}
        return {unit: hashes[unit.id] for unit in upstream}
