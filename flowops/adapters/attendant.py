"""One job of terragrunt looked after until nothing of it is at work: progress, journal, watchdog and signals."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, Signals

from flowops.adapters.at_work import note_process
from flowops.adapters.following import CallFollower, Tell
from flowops.adapters.process import Running
from flowops.adapters.progress import Progress
from flowops.adapters.shim import read_calls
from flowops.adapters.signals import Interrupts
from flowops.adapters.terraform_shim import start_ticks
from flowops.adapters.watchdog import Watchdog
from flowops.model.job import Job
from flowops.model.patience import Patience
from flowops.model.terraform_call import TerraformCall

KILL = "kill"
"""The word that has to be typed before flowops kills a terraform."""

_ANSWERS = ("drain", "interrupt terraform", "wait for terraform")
_KILLING = "kill terraform"
_PAUSE = 0.05
_ROUNDS_A_LOOK = 5


@dataclass
class Attendant:
    """Looks after one job; `say` gets lines, `tell` events, and `patience` says when a unit takes too long."""

    deployments: Path
    interrupts: Interrupts
    progress: Progress
    say: Callable[[str], None]
    tell: Tell
    patience: Patience | None = None
    answered: int = 0

    def attend(self, job: Job, running: Running, usual: Callable[[], Mapping[str, float]]) -> None:
        """Return when nothing of the job is at work any more, and raise then what went wrong beside it.

        Whoever heard of it sooner would give up the lease and the credentials beneath terraform. Until then the job is
        drained, and signals are answered. `usual` says how long the units of the job take.
        """
        follower = CallFollower(job, self.deployments, self.say, self.tell, self.progress)
        watchdog = Watchdog(job, self.deployments, self.say, self.tell, usual=usual, patience=self.patience)
        failed: Exception | None = None
        rounds = 0
        going_on, alone = True, False
        while going_on:
            going_on = _goes_on(job, running)
            try:
                alone = alone or self._left_alone(job, running)
                if failed is None:
                    if rounds == 0:
                        self._note(job, running)
                    if rounds % _ROUNDS_A_LOOK == 0 or not going_on:
                        calls = read_calls(job.calls)
                        follower.step(calls)
                        watchdog.step(calls)
                    rounds += 1
                    if self.progress.look():
                        self.interrupts.drain()
                if going_on:
                    self._hear(job)
            except Exception as error:
                failed = failed or error
                self._drain_after(job, error)
            if going_on:
                time.sleep(_PAUSE)
        if failed is not None:
            raise failed

    def _note(self, job: Job, running: Running) -> None:
        self.tell("terragrunt", pid=running.pid, ticks=start_ticks(running.pid))
        note_process(job.folder, running.pid)

    def _drain_after(self, job: Job, error: Exception) -> None:
        with suppress(OSError):
            job.drain.touch(mode=0o600)
        with suppress(OSError):
            self.say(
                f"draining: flowops cannot follow the run any more ({type(error).__name__}: {error}); what runs is "
                "finished and saved (Ctrl-C twice interrupts terraform)"
            )

    def _left_alone(self, job: Job, running: Running) -> bool:
        """Return whether terragrunt was killed beside a terraform that works on, and say so."""
        code = running.poll()
        _, names = self._at_work(job) if code is not None and code < 0 else ([], [])
        if names:
            self.say(f"terragrunt was killed; terraform still works in {', '.join(names)} and is waited for")
        return bool(names)

    def _at_work(self, job: Job) -> tuple[list[TerraformCall], list[str]]:
        """Return the calls that work now, and the units that they work in."""
        working = [it for it in read_calls(job.calls) if it.alive]
        units = {self.deployments / unit.path: unit.id for unit in job.units}
        return working, sorted({units[it.unit_dir] for it in working if it.unit_dir in units})

    def _hear(self, job: Job) -> None:
        """Do what a signal or a typed word asks for; each signal is answered once, whatever goes wrong with that."""
        if (typed := self.progress.answer()) is not None:
            self._kill_or_wait(job, kill=typed.strip() == KILL)
        if self.interrupts.level > self.answered:
            # Counted first: at a second interrupt terraform leaves without saving.
            self.answered += 1
            self._answer(job, self.answered)

    def _answer(self, job: Job, level: int) -> None:
        """Do what the operator's signal asks for, then say and record it."""
        working, names = self._at_work(job)
        units, pids = ", ".join(names) or "no unit", " ".join(str(it.pid) for it in working)
        if level == 1:
            job.drain.touch(mode=0o600)
            said = "draining: what runs is finished and saved, nothing new starts (Ctrl-C again interrupts terraform)"
        elif level == 2:
            _send(SIGINT, working)
            said = f"interrupting terraform in {units}: {_in_flight(job)}"
        elif not working:
            said = "still waiting for terragrunt, which ends by itself: no terraform is at work"
        elif self.progress.ask(f"Type {KILL} to kill terraform: "):
            said = (
                f"still waiting for terraform in {units}; type {KILL} and Enter to kill it: what it has not saved yet "
                "is lost, and its lock may stay. Anything else goes on waiting"
            )
        else:
            said = f"still waiting for terraform in {units}; kill -9 {pids} would lose what it has not saved yet"
        self.say(said)
        self.tell("signal", answer=_ANSWERS[min(level, len(_ANSWERS)) - 1], at_work=names)

    def _kill_or_wait(self, job: Job, *, kill: bool) -> None:
        """Kill the terraforms that work now, where the operator has typed the word for it, and record what was done."""
        working, names = self._at_work(job)
        if kill:
            _send(SIGKILL, working)
            said = f"killed terraform in {', '.join(names) or 'no unit'}: what it had not saved is lost"
        else:
            said = "going on waiting; Ctrl-C asks again"
        self.say(said)
        self.tell("signal", answer=_KILLING if kill else _ANSWERS[-1], at_work=names)


def _in_flight(job: Job) -> str:
    """Say what becomes of the calls that AWS is busy with: terraform's own provider gives them up, a shared one not."""
    if job.warm:
        return "what AWS is doing for it is waited for and saved"
    return "what AWS is creating just now may be left behind, so plan before applying"


def _goes_on(job: Job, running: Running) -> bool:
    """Return whether something is at work: a terragrunt that was killed leaves terraform, which saves its state."""
    return running.poll() is None or any(call.alive for call in read_calls(job.calls))


def _send(number: Signals, calls: Iterable[TerraformCall]) -> None:
    for call in calls:
        with suppress(ProcessLookupError):
            os.kill(call.pid, number)
