"""The recorded runs: looked at, followed, and taken up where they were left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from flowops.errors import Exit, FlowopsError, UsageError
from flowops.model.chain import Flaw
from flowops.model.record import LOOKING_ANEW, Event, RecordedRun, on_run, rest_of, resuming
from flowops.model.run import RunRequest
from flowops.model.work import Work
from flowops.operations.ports.run import Earlier, RunPorts
from flowops.operations.settling import at_work, still_at_work

_PAUSE = 0.2


class Follower(Protocol):
    """A run's record, read while it grows."""

    def step(self) -> Iterator[Event]:
        """Yield what is new since the last step."""


class Runs(Earlier, Protocol):
    """Every recorded run of a project."""

    def all(self) -> Sequence[RecordedRun]:
        """Return every run, newest first."""

    def find(self, word: str) -> RecordedRun:
        """Return the run that an id, the beginning of one, or `last` means; UnknownTarget names the nearest."""

    def logs(self, run: RecordedRun) -> Mapping[str, str]:
        """Return where the log of each unit lies, by unit."""

    def flaws(self, run_id: str) -> Sequence[Flaw]:
        """Return what of a run's journal is not as it was written."""

    def names(self) -> Sequence[str]:
        """Return the id of every run, also of one whose journal cannot be read."""


@dataclass(frozen=True)
class Seen:
    """A recorded run and who is at work for it now; `logs` are paths by unit, `resumed_by` ids of later runs."""

    run: RecordedRun
    work: Work
    logs: Mapping[str, str] = field(default_factory=dict)
    resumed_by: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """Return in a few words how the run stands."""
        if self.run.end is not None:
            return "killed" if self.run.killed else "ended"
        if not self.work.here:
            return f"open on {self.run.host}"
        if self.work.flowops:
            return f"still running (pid {self.work.flowops})"
        return f"killed, and {self.work}" if self.work.busy else "killed"


def listed(environment: str | None, runs: Runs) -> tuple[Seen, ...]:
    """Return the runs of an environment, or all, newest first."""
    chosen = (run for run in runs.all() if environment in (None, run.request.environment))
    return tuple(Seen(run, runs.work(run)) for run in chosen)


def seen(word: str, runs: Runs) -> Seen:
    """Return one run with everything that is known of it."""
    run = runs.find(word)
    later = tuple(it.id for it in runs.all() if it.request.resumes == run.id)
    return Seen(run, runs.work(run), runs.logs(run), later)


def tail(
    run: RecordedRun, runs: Runs, follower: Follower, show: Callable[[Event], None], pause: Callable[[float], None]
) -> Exit:
    """Show what happens in a run until it ends, and return its exit code; 3 where its flowops was killed."""
    while True:
        work = runs.work(run)
        # Read after looking for the processes: a run that ended in between has written it down by now.
        run = runs.read(run.id) or run
        going_on = run.end is None and (work.flowops or work.busy)
        for event in follower.step():
            show(event)
        if not going_on:
            return Exit.PARTLY_DONE if run.exit_code is None else Exit(run.exit_code)
        pause(_PAUSE)


def rest(run: RecordedRun, approval: RunRequest, runs: Runs, ports: RunPorts, now: datetime) -> RunRequest | None:
    """Return the request for what a run left, None where that is nothing; a killed run is settled first.

    What takes up the rest takes over the lease, too; where there is none, the lease of a killed run is given back here.

    LockHeld while somebody still works for it, UsageError where only another machine can tell what it did.
    """
    if run.request.verb in LOOKING_ANEW:
        raise UsageError(
            f"Run {run.id} is {LOOKING_ANEW[run.request.verb]}; what it left is looked for anew.",
            not_done="No unit was started.",
            next_step=resuming(run.request, run.id),
        )
    if run.end is None:
        work = runs.work(run)
        if not work.here:
            raise UsageError(
                f"Run {run.id} began on {run.host}, and its record does not say how it ended.",
                not_done="No unit was started.",
                next_step=f"on {run.host}: {on_run('resume', run.id)}",
            )
        environment = ports.deployment.environment(run.request.environment)
        with ports.journal.alone() as earlier:
            if busy := still_at_work(run, environment, earlier, ports, now):
                raise at_work(run, busy, now)
        run = runs.read(run.id) or run
    left = rest_of(run, approval)
    if left is None and run.killed and not run.request.verb.reads:
        _give_up_lease(run, ports)
    return left


def _give_up_lease(run: RecordedRun, ports: RunPorts) -> None:
    environment = ports.deployment.environment(run.request.environment)
    try:
        if ports.leases.give_up(environment, run.id):
            ports.console.note(f"gave back the lease of {environment.name}, which run {run.id} had left behind")
    except FlowopsError as error:
        ports.console.note(
            f"whether run {run.id} left the lease of {environment.name} behind is not known: {error.happened}; "
            f"flowops locks list {environment.name}"
        )
