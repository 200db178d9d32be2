"""What every run stands on: a checked selection, a verified caller, a graph, and an open record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from flowops.errors import Exit, FlowopsError
from flowops.model.access import Access
from flowops.model.changes import Action, Plan
from flowops.model.deployment import Selection, Unit, select
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb, WarmProviders
from flowops.model.state import UnitState
from flowops.operations.ports.run import Record, RunPorts


def _looked_at(request: RunRequest, selection: Selection, graph: Graph) -> Iterable[Unit]:
    """Return the units whose states a run has to know: a destroy those of all dependents, too."""
    if request.verb is Verb.DESTROY:
        return selection.environment.units
    return {*selection.units, *(it for unit in selection.units for it in graph.upstream(unit))}


States = Mapping[Unit, UnitState | None]


@dataclass
class Ground:
    """One run under way. `steps` counts terragrunt's calls, each of which gets a folder of its own.

    `states` are those of the selected units and of what they depend on, as they were when the run began; in a destroy
    those of the whole environment.
    """

    request: RunRequest
    ports: RunPorts
    selection: Selection
    graph: Graph
    record: Record
    started: datetime
    states: States
    steps: int = 0

    def run(self, step: Step, units: Iterable[Unit], saved: Iterable[Plan] = ()) -> tuple[Evidence, ...]:
        """Let terragrunt do one step over `units` and return the evidence."""
        self.steps += 1
        chosen = tuple(units)
        folder = self.record.folder / f"{self.steps:02d}-{step.name.lower().replace('_', '-')}"
        # A saved plan carries its backend and provider, role and all: what will be applied is planned by who applies.
        access = Access.READ if self.request.verb is Verb.PLAN else Access.WRITE
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
            warm=is_warm(self.request, step),
            ordered=not step.plans or self._needs_mocks(chosen),
            types=frozenset().union(*(it.types for it in self.states.values() if it)),
        )
        names = [unit.id for unit in chosen]
        self.record.event("step", step=step.value, units=names, caller=acting.arn, warm=job.warm)
        found = self.ports.engine.run(job, acting.env)
        for it in found:
            if it.again_because:
                self.record.event("again", unit=it.unit.id, warm=False, because=it.again_because)
        return found

    def _needs_mocks(self, units: Iterable[Unit]) -> bool:
        """Say whether a unit would be planned on mocks, because one that it reads outputs of was never applied."""
        upstream = {it for unit in units for it in self.graph.upstream(unit)}
        return any(not _stands(self.states.get(it))[0] for it in upstream)

    @property
    def stopped(self) -> bool:
        """Whether a signal asked to start nothing new."""
        return self.ports.engine.interrupted is not Exit.FINE

    def finish(self, units: Iterable[UnitRun], halted: Exit = Exit.FINE, notes: Iterable[str] = ()) -> Run:
        """Return and record the run with these outcomes."""
        interrupted = self.ports.engine.interrupted
        code = interrupted if interrupted is not Exit.FINE else halted
        run = Run(self.record.id, self.request, self.started, tuple(units), code, tuple(notes))
        self.record.finish(run)
        return run


@contextmanager
def open_run(request: RunRequest, ports: RunPorts, started: datetime) -> Iterator[Ground]:
    """Yield the ground of one run, after selection, caller and graph were checked; nothing has been changed then.

    A FlowopsError that ends the run is recorded before it goes on.
    """
    selection = select(ports.deployment, request.environment, request.layer, request.unit)
    record = ports.journal.open(request)
    with ports.engine.watch():
        try:
            access = Access.READ if request.verb is Verb.PLAN else Access.WRITE
            with ports.engine.reading(selection.environment) as graph:
                acting = ports.cloud.act(selection.environment, access, record.folder / access.name.lower())
                if request.warm_providers is not WarmProviders.NEVER:
                    ports.engine.prepare(selection.units, acting.env)
                found = graph()
                states = ports.cloud.states(selection.environment, _looked_at(request, selection, found))
                ground = Ground(request, ports, selection, found, record, started, states)
            yield ground
        except FlowopsError as error:
            record.fail(int(error.exit_code), str(error))
            raise
        except BaseException as error:
            record.fail(int(Exit.FAILED), f"{type(error).__name__}: {error}")
            raise


def is_warm(request: RunRequest, step: Step) -> bool:
    """Say whether a step shares providers: applies and destroys only where the operator asked for it."""
    return request.warm_providers is WarmProviders.ALWAYS or (
        request.warm_providers is WarmProviders.AUTO and step.plans
    )


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
