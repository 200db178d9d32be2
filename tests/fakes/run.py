"""In-memory ports of a run: a cloud of states, an engine that carries plans out on them, a console with answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowops.adapters.progress import Progress, Unshown
from flowops.errors import CredentialsError, Declined, Exit, FlowopsError, LockHeld
from flowops.model.access import Access, Acting
from flowops.model.changes import Action, Plan, ResourceChange, ResourceDrift
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import Call, Evidence, Reported
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.lease import Lease
from flowops.model.record import RecordedRun
from flowops.model.run import Run, RunRequest, UnitRun
from flowops.model.safeguards import NO_RULES, GuardRules
from flowops.model.settlement import Settlement
from flowops.model.state import Lock, Output, UnitState
from flowops.model.upkeep import Runway, Trouble
from flowops.model.work import Work
from flowops.operations.ports.recovery import Lookback
from flowops.operations.ports.run import Alarm, RunPorts, Tell
from flowops.operations.ports.safety import Safety
from tests.fakes import tree
from tests.fakes.recovery import FakeCreations, FakeHistories
from tests.fakes.safety import FakeDemolition, FakeGit, FakeSources
from tests.fakes.secrets import FakeOperatorSecrets


@dataclass
class FakeCloud:
    """Holds each unit's number of resources; absent: never applied.

    `acts_left` counts down to a session that has expired; `appearing` are resources that somebody else makes after the
    first look, `replaced` are whole states. `types` are those that a unit's state names; `damaged` is raised for the
    states of units that are `hurt`, or for any where none is named.
    """

    resources: dict[Unit, int] = field(default_factory=dict)
    acted: list[tuple[str, Access]] = field(default_factory=list)
    account: str = "222222222222"
    held: dict[Unit, Lock] = field(default_factory=dict)
    acts_left: int = 1000
    appearing: dict[Unit, int] = field(default_factory=dict)
    looks: int = 0
    damaged: FlowopsError | None = None
    hurt: set[Unit] = field(default_factory=set)
    serials: dict[Unit, int] = field(default_factory=dict)
    replaced: dict[Unit, UnitState] = field(default_factory=dict)
    types: dict[Unit, frozenset[str]] = field(default_factory=dict)
    wanted: list[timedelta] = field(default_factory=list)
    credentials: FakeKept = field(default_factory=lambda: FakeKept())

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        if self.acts_left == 0:
            raise CredentialsError("The session has expired.", not_done="No unit was started.")
        self.acts_left -= 1
        self.acted.append((environment.name, access))
        return Acting({"FLOWOPS_ASSUME_ROLE_ARN": access.value}, self.account, f"arn:{access.value}", "arn:ann")

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        units = tuple(units)
        if self.damaged and (not self.hurt or self.hurt & set(units)):
            raise self.damaged
        self.looks += 1
        if self.looks > 1:
            self.resources |= self.appearing
        return {unit: self._state(unit) if unit in self.resources else None for unit in units}

    def _state(self, unit: Unit) -> UnitState:
        if unit in self.replaced:
            return self.replaced[unit]
        types = self.types.get(unit, frozenset())
        outputs = {"id": Output(unit.id)} if self.resources[unit] else {}
        return UnitState(self.serials.get(unit, 1), "lineage", self.resources[unit], outputs, types)

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        return {unit: lock for unit, lock in self.held.items() if unit in set(units)}

    def runway(self, wanted: timedelta) -> Runway:
        self.wanted.append(wanted)
        return Runway("profile operator", datetime(2026, 11, 23, 14, 0, tzinfo=UTC), renewing=False)

    def keep(self, environment: Environment, access: Access, folder: Path, alarm: Alarm) -> FakeKept:
        return self.credentials


@dataclass
class FakeKept:
    """Is kept up until it is told of a `trouble`; `overslept` is what only a look at the clock finds out."""

    trouble: Trouble | None = None
    overslept: Trouble | None = None
    ends: int = 0
    ended_with: str = ""

    def assure(self) -> None:
        self.trouble = self.trouble or self.overslept

    def end(self) -> str:
        self.ends += 1
        return self.ended_with


@dataclass
class FakeLeases:
    """Gives every lease, but for those that somebody holds already; `takers` are who asked."""

    lease: FakeKept = field(default_factory=FakeKept)
    holders: dict[str, Lease] = field(default_factory=dict)
    takers: list[str] = field(default_factory=list)
    unreadable: FlowopsError | None = None

    def take(self, request: RunRequest, environment: Environment, run: str, caller: str, alarm: Alarm) -> FakeKept:
        self.takers.append(caller)
        if environment.name in self.holders:
            raise LockHeld(f"{environment.name} is being changed.")
        return self.lease

    def held(self, environment: Environment) -> Lease | None:
        if self.unreadable:
            raise self.unreadable
        return self.holders.get(environment.name)

    def give_up(self, environment: Environment, run: str) -> bool:
        lease = self.held(environment)
        return lease is not None and lease.holder.run == run and self.holders.pop(environment.name) is lease


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


@dataclass
class FakeRecord:
    id: str
    folder: Path
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    finished: Run | None = None
    failed: tuple[int, str] | None = None
    settled: Settlement | None = None
    uncopied: tuple[str, ...] = ()

    def event(self, kind: str, **data: object) -> None:
        self.events.append((kind, data))

    def planned(self, plan: Plan) -> None:
        self.event("plan", unit=plan.unit.id)

    def ended(self, run: UnitRun) -> None:
        self.event("unit", unit=run.unit.id, outcome=run.outcome.value)

    def logged(self, units: Iterable[UnitRun]) -> tuple[UnitRun, ...]:
        return tuple(units)

    def finish(self, run: Run) -> Sequence[str]:
        self.finished = run
        return self.uncopied

    def settle(self, found: Settlement) -> Sequence[str]:
        self.settled = found
        return self.uncopied

    def fail(self, exit_code: int, error: str) -> None:
        self.failed = (exit_code, error)


@dataclass
class FakeJournal:
    """Opens records; `before` are runs that nobody has closed, each with who is at work for it.

    `ending` are those that end by themselves while somebody looks at them.
    """

    records: list[FakeRecord] = field(default_factory=list)
    before: list[tuple[RecordedRun, Work]] = field(default_factory=list)
    reopened: dict[str, FakeRecord] = field(default_factory=dict)
    uncopied: tuple[str, ...] = ()
    ending: dict[str, RecordedRun] = field(default_factory=dict)
    usually: timedelta | None = None

    def open(self, request: RunRequest) -> FakeRecord:
        number = len(self.records) + 1
        self.records.append(FakeRecord(f"run-{number}", Path("/nowhere/run"), uncopied=self.uncopied))
        return self.records[-1]

    def reopen(self, run: RecordedRun) -> FakeRecord:
        self.reopened[run.id] = FakeRecord(run.id, Path("/nowhere") / run.id)
        return self.reopened[run.id]

    def alone(self) -> AbstractContextManager[FakeJournal]:
        return nullcontext(self)

    def open_runs(self, environment: str) -> Sequence[RecordedRun]:
        return [run for run, _ in self.before if run.request.environment == environment]

    def read(self, run_id: str) -> RecordedRun | None:
        return self.ending.get(run_id) or next((run for run, _ in self.before if run.id == run_id), None)

    def work(self, run: RecordedRun) -> Work:
        return next(work for it, work in self.before if it.id == run.id)

    def usual(self, request: RunRequest) -> timedelta | None:
        return self.usually


@dataclass
class FakeConsole:
    answers: list[str] = field(default_factory=list)
    interactive: bool = False
    notes: list[str] = field(default_factory=list)
    shown: list[Sequence[Plan]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    progress: Progress = field(default_factory=Unshown)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        self.shown.append(plans)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        self.meanwhile()
        if not self.answers:
            raise Declined("nobody answers")
        return self.answers.pop(0)


@dataclass
class FakeCharts:
    """Has every repository, but for a `trouble`; notes for which units it was asked.

    `flowable` are the units that install Flowable.
    """

    trouble: FlowopsError | None = None
    prepared: list[tuple[Unit, ...]] = field(default_factory=list)
    flowable: tuple[Unit, ...] = ()

    def install_flowable(self, units: Iterable[Unit]) -> bool:
        return any(unit in self.flowable for unit in units)

    def prepare(self, environment: str, units: Iterable[Unit], folder: Path) -> Mapping[str, str]:
        self.prepared.append(tuple(units))
        if self.trouble:
            raise self.trouble
        return {"HELM_REPOSITORY_CONFIG": str(folder / "repositories.yaml")}


@dataclass
class World:
    """All fakes of one test, wired together."""

    cloud: FakeCloud
    engine: FakeEngine
    journal: FakeJournal
    console: FakeConsole
    sources: FakeSources
    charts: FakeCharts = field(default_factory=FakeCharts)
    secrets: FakeOperatorSecrets = field(default_factory=FakeOperatorSecrets)
    git: FakeGit = field(default_factory=FakeGit)
    rules: GuardRules = NO_RULES
    demolition: FakeDemolition = field(default_factory=FakeDemolition)
    leases: FakeLeases = field(default_factory=FakeLeases)
    histories: FakeHistories = field(default_factory=FakeHistories)
    creations: FakeCreations = field(default_factory=FakeCreations)

    @property
    def ports(self) -> RunPorts:
        safety = Safety(self.sources, self.git, self.rules, self.demolition)
        return RunPorts(
            deployment=tree.deployment(),
            cloud=self.cloud,
            engine=self.engine,
            charts=self.charts,
            secrets=self.secrets,
            journal=self.journal,
            console=self.console,
            safety=safety,
            leases=self.leases,
            lookback=Lookback(self.histories, self.creations),
        )

    def standing(self, *paths: str, environment: str = "dev") -> World:
        self.cloud.resources |= {tree.unit(path, environment): 3 for path in paths}
        return self

    def changing(self, path: str, *changes: ResourceChange, outputs: tuple[str, ...] = ()) -> World:
        self.engine.changes[tree.unit(path)] = changes
        self.engine.outputs[tree.unit(path)] = outputs
        return self


def world() -> World:
    cloud = FakeCloud()
    return World(cloud, FakeEngine(cloud), FakeJournal(), FakeConsole(), FakeSources(cloud))


def create(address: str = "x.this", type_: str = "aws_vpc") -> ResourceChange:
    return ResourceChange(address, type_, Action.CREATE)


def change(action: Action, address: str = "x.this", type_: str = "aws_vpc") -> ResourceChange:
    return replace(create(address, type_), action=action)
