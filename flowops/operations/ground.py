"""What every run stands on: a checked selection, a verified caller, a graph, and an open record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from flowops.errors import Exit, FlowopsError, worst
from flowops.model import guard
from flowops.model.access import Access
from flowops.model.changes import Action, Plan
from flowops.model.deployment import Selection, Unit, restricted, select
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.protection import Protection
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb, WarmProviders
from flowops.model.state import UnitState
from flowops.operations.binding import Bindings, Made
from flowops.operations.ports.run import Record, RunPorts
from flowops.operations.secrets import require_secrets
from flowops.operations.settling import look_back
from flowops.operations.soundness import believed_states, checked_states
from flowops.operations.upkeep import Upkeep, kept_up


def _looked_at(request: RunRequest, selection: Selection, graph: Graph) -> Iterable[Unit]:
    """Return the units whose states a run has to know: a destroy those of all dependents, too."""
    if request.verb is Verb.DESTROY:
        return selection.environment.units
    return {*selection.units, *(it for unit in selection.units for it in graph.upstream(unit))}


def _charts(request: RunRequest, selection: Selection, ports: RunPorts, folder: Path) -> Mapping[str, str]:
    """Return the variables of Helm, once all is there that Flowable needs; what is destroyed needs nothing.

    A plan shows what would be created also where the license is still missing.
    """
    units = () if request.verb is Verb.DESTROY else selection.units
    if request.verb is Verb.APPLY and ports.charts.install_flowable(units):
        require_secrets(selection.environment.name, secrets=ports.secrets)
    return ports.charts.prepare(selection.environment.name, units, folder)


States = Mapping[Unit, UnitState | None]


def _states(
    request: RunRequest, selection: Selection, graph: Graph, ports: RunPorts
) -> tuple[States, Mapping[Unit, str]]:
    """Return the states, and whose may not be believed: a drift check goes on with all others."""
    units = _looked_at(request, selection, graph)
    if request.verb is Verb.DRIFT:
        return believed_states(selection, units, ports)
    return checked_states(selection, units, ports), {}


@dataclass
class Ground:
    """One run under way. `steps` counts terragrunt's calls, each of which gets a folder of its own.

    `states` are those of the selected units and of what they depend on, as they were when the run began; in a destroy
    those of the whole environment. `charts` are the variables that lead Helm to its repositories; `account` is where
    the caller was found to be; `upkeep` holds the lease until the run is finished; `flaws` say why the states of some
    units are not believed, which only a drift check gets past; `lifted` is the deletion protection that this run has
    switched off; `changing` is set as soon as AWS may not be any more what it was.
    """

    request: RunRequest
    ports: RunPorts
    selection: Selection
    graph: Graph
    record: Record
    started: datetime
    states: States
    charts: Mapping[str, str]
    account: str
    upkeep: Upkeep
    flaws: Mapping[Unit, str]
    steps: int = 0
    warnings: tuple[str, ...] = ()
    lifted: list[Protection] = field(default_factory=list)
    changing: bool = False

    def run(self, step: Step, units: Iterable[Unit], saved: Iterable[Plan] = ()) -> tuple[Evidence, ...]:
        """Let terragrunt do one step over `units` and return the evidence."""
        self.steps += 1
        chosen = tuple(units)
        folder = self.record.folder / f"{self.steps:02d}-{step.name.lower().replace('_', '-')}"
        # A saved plan carries its backend and provider, role and all: what will be applied is planned by who applies.
        access = Access.READ if self.request.verb.reads else Access.WRITE
        environment = self.selection.environment
        acting = self.ports.cloud.act(environment, access, self.record.folder / access.name.lower())
        job = Job(
            step,
            environment,
            chosen,
            folder,
            drain=self.record.folder / "drain",
            parallelism=self.request.parallelism,
            saved=tuple(saved),
            warm=is_warm(self.request, step, hurried=self.ports.engine.hurried),
            ordered=not step.plans or self._needs_mocks(chosen),
            unit_timeout=self.request.unit_timeout,
            types=frozenset().union(*(it.types for it in self.states.values() if it)),
        )
        names = [unit.id for unit in chosen]
        self.record.event(
            "step", step=step.value, units=names, caller=acting.arn, warm=job.warm, folder=job.folder.name
        )
        self.bindings.check(job.saved, acting.account)
        made = Made() if self.request.verb.reads else self.bindings.before(job)
        self.changing = self.changing or not step.plans
        found = self.ports.engine.run(job, {**acting.env, **self.charts})
        self.bindings.bind(job, made, found, acting.account)
        for it in found:
            if it.again_because:
                self.record.event("again", unit=it.unit.id, warm=False, because=it.again_because)
        return found

    @cached_property
    def bindings(self) -> Bindings:
        """Return what the saved plans of this run were made on."""
        ports = self.ports
        return Bindings(ports.safety.sources, ports.cloud, self.graph, self.selection.environment, self.record)

    def _needs_mocks(self, units: Iterable[Unit]) -> bool:
        """Say whether a unit would be planned on mocks, because one that it reads outputs of was never applied."""
        upstream = {it for unit in units for it in self.graph.upstream(unit)}
        return any(not _stands(self.states.get(it))[0] for it in upstream)

    def without_outputs(self, units: Iterable[Unit]) -> list[Unit]:
        """Return those of the units that had no outputs for others to read when the run began."""
        return sorted(it for it in units if not has_outputs(self.states.get(it)))

    def verdict(self, plans: Iterable[Plan]) -> guard.Verdict:
        """Return what the guard says of these plans, with the project's own rules and in the account of this run."""
        rules = self.ports.safety.rules
        return guard.evaluate(self.request, self.selection.environment, plans, rules, self.account)

    @property
    def stopped(self) -> bool:
        """Whether a signal, a lost lease or ending credentials ask to start nothing new, as of now by the clock."""
        self.upkeep.assure()
        return self.ports.engine.interrupted is not Exit.FINE or bool(self.upkeep.troubles)

    def finish(self, units: Iterable[UnitRun], halted: Exit = Exit.FINE, notes: Iterable[str] = ()) -> Run:
        """Return and record the run with these outcomes; what it kept up has ended then."""
        self.upkeep.end()
        interrupted = self.ports.engine.interrupted
        code = interrupted if interrupted is not Exit.FINE else halted
        code = worst((code, *(it.exit_code for it in self.upkeep.troubles)))
        outcomes = self.record.logged(units)
        said = (*notes, *self.upkeep.notes)
        run = Run(self.record.id, self.request, self.started, outcomes, code, said, self.warnings)
        return replace(run, notes=(*run.notes, *self.record.finish(run)))


@contextmanager
def open_run(request: RunRequest, ports: RunPorts, started: datetime) -> Iterator[Ground]:
    """Yield the ground of one run, after selection, caller and graph were checked; nothing has been changed then.

    A FlowopsError that ends the run is recorded before it goes on.
    """
    whole = select(ports.deployment, request.environment, request.layer, request.unit)
    selection = restricted(whole, request.units)
    with ports.journal.alone() as earlier:
        look_back(request, selection.environment, earlier, ports, started)
        record = ports.journal.open(request)
    ground: Ground | None = None
    with ports.engine.watch(record.event):
        try:
            access = Access.READ if request.verb.reads else Access.WRITE
            with kept_up(request, ports, selection.environment, record) as upkeep:
                with ports.engine.reading(selection.environment) as graph:
                    upkeep.prepare(started)
                    acting = ports.cloud.act(selection.environment, access, record.folder / access.name.lower())
                    record.event(
                        "caller", arn=acting.arn, account=acting.account, units=[unit.id for unit in selection.units]
                    )
                    upkeep.begin(access, acting)
                    charts = _charts(request, selection, ports, record.folder / "helm")
                    if request.warm_providers is not WarmProviders.NEVER:
                        ports.engine.prepare(selection.units, acting.env)
                    found = graph()
                    states, flaws = _states(request, selection, found, ports)
                    account = acting.account
                    ground = Ground(
                        request, ports, selection, found, record, started, states, charts, account, upkeep, flaws
                    )
                yield ground
        except FlowopsError as error:
            record.fail(int(error.exit_code), str(error))
            raise
        except BaseException as error:
            code = Exit.PARTLY_DONE if ground is not None and ground.changing else Exit.FAILED
            record.fail(int(code), f"{type(error).__name__}: {error}")
            raise


def has_outputs(state: UnitState | None) -> bool:
    """Say whether others can read outputs of a unit; until then terragrunt gives their plans mocks."""
    return state is not None and bool(state.outputs)


def is_warm(request: RunRequest, step: Step, *, hurried: bool) -> bool:
    """Say whether a step shares providers.

    An apply that is interrupted waits with shared ones for what AWS is doing, and leaves nothing behind; where whoever
    interrupts kills seconds later, it has no time for that.
    """
    if request.warm_providers is WarmProviders.AUTO:
        return step.plans or not hurried
    return request.warm_providers is WarmProviders.ALWAYS


def touched(before: States, after: States, runs: Iterable[UnitRun]) -> list[UnitRun]:
    """Return `runs`, where a unit that is not done but changed something all the same says so."""
    return [
        run
        if run.outcome.done or run.outcome is Outcome.BLOCKED
        else replace(run, touched=_moved(before.get(run.unit), after.get(run.unit), run.plan))
        for run in runs
    ]


def _moved(before: UnitState | None, after: UnitState | None, plan: Plan | None) -> bool:
    """Say whether something changed in AWS between two states; a refresh alone counts a serial up, too."""
    if _stands(before) != _stands(after):
        return True
    only_creates = plan is not None and all(it.action is Action.CREATE for it in plan.resource_changes)
    return not only_creates and (before.serial if before else 0) != (after.serial if after else 0)


def _stands(state: UnitState | None) -> tuple[int, dict[str, object]]:
    """Return what a state says stands; the empty one that a failed first apply leaves says as little as none."""
    return (state.resources, dict(state.outputs)) if state else (0, {})
