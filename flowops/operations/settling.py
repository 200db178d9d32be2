"""What earlier runs of an environment left behind, looked at before another one begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from flowops.errors import LockHeld
from flowops.model.deployment import Environment, Unit
from flowops.model.duration import spell
from flowops.model.evidence import Evidence
from flowops.model.job import Job, Step, again
from flowops.model.record import Event, RecordedRun, on_run, resuming
from flowops.model.run import Outcome, RunRequest
from flowops.model.settlement import Settlement, settle
from flowops.model.work import Work
from flowops.operations.ports.run import Earlier, Record, RunPorts

_NOTHING = "No unit was started."


def look_back(request: RunRequest, environment: Environment, earlier: Earlier, ports: RunPorts, now: datetime) -> None:
    """Close the journal of each killed run of the environment and say what the run did.

    LockHeld where this run and an unfinished one would both write: its flowops, terragrunt or terraform is at work.
    """
    for run in earlier.open_runs(environment.name):
        if work := still_at_work(run, environment, earlier, ports, now):
            _step_aside(request, run, work, ports, now)


def still_at_work(
    run: RecordedRun, environment: Environment, earlier: Earlier, ports: RunPorts, now: datetime
) -> Work | None:
    """Return who is at work for an unfinished run. Where nobody is, it was killed and is settled now."""
    work = earlier.work(run)
    # Read after looking for the processes: a run that ended in between has written it down by now.
    current = earlier.read(run.id) or run
    if current.end is not None:
        return None
    if work.flowops or work.busy:
        return work
    _settle(current, environment, ports, now)
    return None


def _settle(run: RecordedRun, environment: Environment, ports: RunPorts, now: datetime) -> None:
    """Write down what became of each unit of a killed run that nobody works for any more, and say it."""
    record = ports.journal.reopen(run)
    found = settle(run, {unit.id: unit for unit in environment.units}, _evidence(run, environment, record, ports))
    ports.engine.reap(record.folder)
    notes = record.settle(found)
    ports.console.note(_told(run, found, now))
    for note in notes:
        ports.console.note(note)


def at_work(run: RecordedRun, work: Work, now: datetime) -> LockHeld:
    """Return the refusal of whatever would change an environment that this run still changes."""
    if work.flowops:
        happened = f"Run {run.id} of {run.who} is at work on {run.request.environment} (pid {work.flowops})."
    else:
        happened = f"Run {run.id} was killed {_ago(run, now)}, and {work}."
    return LockHeld(happened, not_done=_NOTHING, next_step=f"{on_run('tail', run.id)}, then the same command again")


def _step_aside(request: RunRequest, run: RecordedRun, work: Work, ports: RunPorts, now: datetime) -> None:
    if not request.verb.reads and not run.request.verb.reads:
        raise at_work(run, work, now)
    if not work.flowops:
        ports.console.note(f"run {run.id} was killed {_ago(run, now)}, and {work}; {on_run('tail', run.id)}")


def _evidence(run: RecordedRun, environment: Environment, record: Record, ports: RunPorts) -> Mapping[str, Evidence]:
    """Return what is known of each unit from the last step that did what the run was for."""
    found: dict[str, Evidence] = {}
    for job in (job for event in run.of_kind("step") for job in _jobs(event, environment, record)):
        if job.step.plans is run.request.verb.reads:
            found |= {it.unit.id: it for it in ports.engine.evidence(job) if it.call or it.unit.id not in found}
    return found


def _jobs(event: Event, environment: Environment, record: Record) -> Iterator[Job]:
    """Yield the job of a step, and the one that may have done some of it again with ordinary providers."""
    named: dict[str, Unit] = {unit.id: unit for unit in environment.units}
    units = tuple(named[name] for name in event["units"] if name in named)
    folder, drain = record.folder / event["folder"], record.folder / "drain"
    for place in (folder, again(folder)):
        yield Job(Step(event["step"]), environment, units, place, drain, parallelism=None)


def _told(run: RecordedRun, found: Settlement, now: datetime) -> str:
    return "; ".join((f"run {run.id} was killed {_ago(run, now)}", *_what_became(found), _next(run, found)))


def _what_became(found: Settlement) -> Iterator[str]:
    for it in found.units:
        if it.unit.id in found.afterwards:
            yield f"{it.unit.id} finished afterwards: {it.outcome.value}"
        elif not it.outcome.done and it.outcome is not Outcome.NOT_RUN:
            yield f"{it.unit.id}: {it.outcome.value}"
    waiting = sum(it.outcome is Outcome.NOT_RUN for it in found.units)
    if waiting:
        yield f"{waiting} unit{'s' if waiting > 1 else ''} not started"


def _next(run: RecordedRun, found: Settlement) -> str:
    left = not found.units or not all(it.outcome.done for it in found.units)
    return resuming(run.request, run.id) if left else "nothing is left of it"


def _ago(run: RecordedRun, now: datetime) -> str:
    """Return how long ago a run was last heard of."""
    return f"{spell((now - run.last_seen).total_seconds())} ago"
