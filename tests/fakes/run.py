"""In-memory ports of a run: a cloud of states, an engine that carries plans out on them, a console with answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from flowops.errors import CredentialsError, Declined, Exit
from flowops.model.access import Access, Acting
from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import Call, Evidence, Reported
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.run import Run, RunRequest
from flowops.model.state import Lock, UnitState
from flowops.operations.ports.run import RunPorts
from tests.fakes import tree


@dataclass
class FakeCloud:
    """Holds each unit's number of resources; absent: never applied.

    `acts_left` counts down to a session that has expired; `appearing` are resources that somebody else makes after the
    first look. `types` are those that a unit's state names.
    """

    resources: dict[Unit, int] = field(default_factory=dict)
    acted: list[tuple[str, Access]] = field(default_factory=list)
    account: str = "222222222222"
    held: dict[Unit, Lock] = field(default_factory=dict)
    acts_left: int = 1000
    appearing: dict[Unit, int] = field(default_factory=dict)
    looks: int = 0
    types: dict[Unit, frozenset[str]] = field(default_factory=dict)

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        if self.acts_left == 0:
            raise CredentialsError("The session has expired.", not_done="No unit was started.")
        self.acts_left -= 1
        self.acted.append((environment.name, access))
        return Acting({"FLOWOPS_ASSUME_ROLE_ARN": access.value}, self.account, f"arn:{access.value}")

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        self.looks += 1
        if self.looks > 1:
            self.resources |= self.appearing
        return {unit: self._state(unit) if unit in self.resources else None for unit in units}

    def _state(self, unit: Unit) -> UnitState:
        return UnitState(1, "lineage", self.resources[unit], types=self.types.get(unit, frozenset()))

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        return {unit: lock for unit, lock in self.held.items() if unit in set(units)}


@dataclass
class FakeEngine:
    """Plans what `changes` says, fails where told, interrupts after `stop_after` jobs.

    `again` are the units whose warm providers fail them, and why.
    """

    cloud: FakeCloud
    changes: dict[Unit, tuple[ResourceChange, ...]] = field(default_factory=dict)
    outputs: dict[Unit, tuple[str, ...]] = field(default_factory=dict)
    replanned: dict[Unit, tuple[ResourceChange, ...]] = field(default_factory=dict)
    failing: dict[tuple[Step, Unit], str] = field(default_factory=dict)
    silent: set[Step] = field(default_factory=set)
    errored: dict[Unit, str] = field(default_factory=dict)
    stop_after: int = 1000
    jobs: list[Job] = field(default_factory=list)
    planned: dict[Unit, int] = field(default_factory=dict)
    prepared: list[tuple[Unit, ...]] = field(default_factory=list)
    again: dict[Unit, str] = field(default_factory=dict)

    @property
    def interrupted(self) -> Exit:
        return Exit.INTERRUPTED if len(self.jobs) >= self.stop_after else Exit.FINE

    def watch(self) -> AbstractContextManager[object]:
        return nullcontext()

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        self.prepared.append(tuple(units))

    def reading(self, environment: Environment) -> AbstractContextManager[Callable[[], Graph]]:
        return nullcontext(lambda: tree.graph(environment))

    def unsaved(self, units: Iterable[Unit]) -> Mapping[Unit, str]:
        return {unit: path for unit, path in self.errored.items() if unit in set(units)}

    def run(self, job: Job, env: Mapping[str, str]) -> tuple[Evidence, ...]:
        self.jobs.append(job)
        if job.step in self.silent:
            return tuple(Evidence(unit, Reported.SUCCEEDED) for unit in job.units)
        again = self.again if job.warm else {}
        return tuple(replace(it, again_because=again.get(it.unit, "")) for it in self._each(job))

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
        return Evidence(unit, Reported.SUCCEEDED, Call("apply", 0, False, seconds=1.5))

    def _plan(self, job: Job, unit: Unit) -> Plan:
        self.planned[unit] = self.planned.get(unit, 0) + 1
        changes = self.changes.get(unit, ())
        if job.step is Step.PLAN_DESTROY:
            changes = changes or (ResourceChange("x.this", "aws_vpc", Action.DELETE),)
            self.changes[unit] = changes
        if self.planned[unit] > 1 and unit in self.replanned:
            changes = self.replanned[unit]
        return Plan(unit, changes, self.outputs.get(unit, ()), file="plan")


@dataclass
class FakeRecord:
    id: str
    folder: Path
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    finished: Run | None = None
    failed: tuple[int, str] | None = None

    def event(self, kind: str, **data: object) -> None:
        self.events.append((kind, data))

    def finish(self, run: Run) -> None:
        self.finished = run

    def fail(self, exit_code: int, error: str) -> None:
        self.failed = (exit_code, error)


@dataclass
class FakeJournal:
    records: list[FakeRecord] = field(default_factory=list)

    def open(self, request: RunRequest) -> FakeRecord:
        self.records.append(FakeRecord(f"run-{len(self.records) + 1}", Path("/nowhere/run")))
        return self.records[-1]


@dataclass
class FakeConsole:
    answers: list[str] = field(default_factory=list)
    interactive: bool = False
    notes: list[str] = field(default_factory=list)
    shown: list[Sequence[Plan]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        self.shown.append(plans)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        if not self.answers:
            raise Declined("nobody answers")
        return self.answers.pop(0)


@dataclass
class World:
    """All fakes of one test, wired together."""

    cloud: FakeCloud
    engine: FakeEngine
    journal: FakeJournal
    console: FakeConsole

    @property
    def ports(self) -> RunPorts:
        return RunPorts(tree.deployment(), self.cloud, self.engine, self.journal, self.console)

    def standing(self, *paths: str, environment: str = "dev") -> World:
        self.cloud.resources |= {tree.unit(path, environment): 3 for path in paths}
        return self

    def changing(self, path: str, *changes: ResourceChange, outputs: tuple[str, ...] = ()) -> World:
        self.engine.changes[tree.unit(path)] = changes
        self.engine.outputs[tree.unit(path)] = outputs
        return self


def world() -> World:
    cloud = FakeCloud()
    return World(cloud, FakeEngine(cloud), FakeJournal(), FakeConsole())


def create(address: str = "x.this", type_: str = "aws_vpc") -> ResourceChange:
    return ResourceChange(address, type_, Action.CREATE)


def change(action: Action, address: str = "x.this", type_: str = "aws_vpc") -> ResourceChange:
    return replace(create(address, type_), action=action)
