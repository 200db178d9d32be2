"""An engine that carries plans out on a cloud of states in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from flowops.errors import Exit
from flowops.model.changes import Action, Plan, ResourceChange, ResourceDrift
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import Call, Evidence, Reported
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.operations.ports.run import Tell
from tests.fakes import tree
from tests.fakes.cloud import FakeCloud


@dataclass
class FakeEngine:
    """Plans what `changes` says, fails where told, interrupts after `stop_after` jobs.

    `again` are the units whose warm providers fail them, and why; `after_job` is called at the end of each job. `left`
    is what a killed run left, by the names of its steps' folders.
    """

    cloud: FakeCloud
    changes: dict[Unit, tuple[ResourceChange, ...]] = field(default_factory=dict)
    outputs: dict[Unit, tuple[str, ...]] = field(default_factory=dict)
    drifted: dict[Unit, tuple[ResourceDrift, ...]] = field(default_factory=dict)
    replanned: dict[Unit, tuple[ResourceChange, ...]] = field(default_factory=dict)
    failing: dict[tuple[Step, Unit], str] = field(default_factory=dict)
    silent: set[Step] = field(default_factory=set)
    errored: dict[Unit, str] = field(default_factory=dict)
    stop_after: int = 1000
    jobs: list[Job] = field(default_factory=list)
    planned: dict[Unit, int] = field(default_factory=dict)
    prepared: list[tuple[Unit, ...]] = field(default_factory=list)
    again: dict[Unit, str] = field(default_factory=dict)
    after_job: Callable[[], object] = lambda: None
    mocks: dict[Unit, tuple[str, ...]] = field(default_factory=dict)
    left: dict[tuple[str, Unit], Evidence] = field(default_factory=dict)
    drained: list[tuple[Path, str]] = field(default_factory=list)
    reaped: list[Path] = field(default_factory=list)
    hurried: bool = False

    @property
    def interrupted(self) -> Exit:
        return Exit.INTERRUPTED if len(self.jobs) >= self.stop_after else Exit.FINE

    def watch(self, tell: Tell) -> AbstractContextManager[object]:
        return nullcontext()

    def evidence(self, job: Job) -> tuple[Evidence, ...]:
        return tuple(self.left.get((job.folder.name, it), Evidence(it, Reported.ABSENT)) for it in job.units)

    def reap(self, folder: Path) -> None:
        self.reaped.append(folder)

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        self.prepared.append(tuple(units))

    def drain(self, flag: Path, because: str) -> None:
        self.drained.append((flag, because))

    def reading(self, environment: Environment) -> AbstractContextManager[Callable[[], Graph]]:
        return nullcontext(lambda: tree.graph(environment))

    def unsaved(self, units: Iterable[Unit]) -> Mapping[Unit, str]:
        return {unit: path for unit, path in self.errored.items() if unit in set(units)}

    def run(self, job: Job, env: Mapping[str, str]) -> tuple[Evidence, ...]:
        self.jobs.append(job)
        if job.step in self.silent:
            return tuple(Evidence(unit, Reported.SUCCEEDED) for unit in job.units)
        again = self.again if job.warm else {}
        found = tuple(replace(it, again_because=again.get(it.unit, "")) for it in self._each(job))
        self.after_job()
        return found

    def _each(self, job: Job) -> Iterator[Evidence]:
        broken: set[Unit] = set()
        graph = tree.graph(job.environment)
        for wave in graph.waves(job.units):
            for unit in wave:
                if graph.upstream(unit) & broken and job.step is Step.APPLY:
                    yield Evidence(unit, Reported.EARLY_EXIT)
                elif (job.step, unit) in self.failing:
                    broken.add(unit)
                    call = Call("plan" if job.step.plans else "apply", 1, False, error=self.failing[job.step, unit])
                    yield Evidence(unit, Reported.FAILED, call)
                else:
                    yield self._done(job, unit)

    def _done(self, job: Job, unit: Unit) -> Evidence:
        if job.step.plans:
            return Evidence(unit, Reported.SUCCEEDED, Call("plan", 0, False), plan=self._plan(job, unit))
        destroying = any(it.action is Action.DELETE for it in self.changes.get(unit, ()))
        self.cloud.resources[unit] = 0 if destroying else 1
        self.cloud.serials[unit] = self.cloud.serials.get(unit, 1) + 1
        return Evidence(unit, Reported.SUCCEEDED, Call("apply", 0, False, seconds=1.5))

    def _plan(self, job: Job, unit: Unit) -> Plan:
        self.planned[unit] = self.planned.get(unit, 0) + 1
        changes = self.changes.get(unit, ())
        if job.step is Step.PLAN_DESTROY:
            changes = changes or (ResourceChange("x.this", "aws_vpc", Action.DELETE),)
            self.changes[unit] = changes
        if self.planned[unit] > 1 and unit in self.replanned:
            changes = self.replanned[unit]
        mocks = self.mocks.get(unit, ())
        file, drift = f"{unit.id} {self.planned[unit]}", self.drifted.get(unit, ())
        return Plan(unit, changes, self.outputs.get(unit, ()), mocks=mocks, file=file, drift=drift)
