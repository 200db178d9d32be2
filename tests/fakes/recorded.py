"""Journals in a few lines: the events that a run writes, and the recorded runs of a project in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flowops.errors import UnknownTarget
from flowops.model.chain import Flaw
from flowops.model.record import Event, RecordedRun, request_data
from flowops.model.run import RunRequest, Verb
from flowops.model.work import Work

BEGIN = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
APPLY = RunRequest(Verb.APPLY, "dev", "foundation", yes=True)
FOUNDATION = tuple(f"dev/foundation/{name}" for name in ("efs", "eks", "eks-components", "resource-group", "vpc"))


def recorded(
    *events: Event, run_id: str = "20261128T120000Z-apply-dev-foundation", request: RunRequest = APPLY, **first: Any
) -> RecordedRun:
    """Return a run that wrote `started`, `caller`, and these events, one a second."""
    started = {"event": "started", "run": run_id, "request": request_data(request), "pid": 4711, "ticks": 1}
    facts = {"host": "laptop", "user": "ann", "git": {"commit": "c0ffee", "dirty": False}}
    caller = {"event": "caller", "arn": "arn:aws:sts::2:assumed-role/DevOpsAdminRole/ann", "units": list(FOUNDATION)}
    every = ({**started, **facts, **first}, caller, *events)
    times = (BEGIN + timedelta(seconds=number) for number in range(len(every)))
    return RecordedRun(run_id, tuple({"time": time.isoformat(), **it} for time, it in zip(times, every, strict=True)))


def step(kind: str, *units: str, folder: str = "") -> Event:
    return {"event": "step", "step": kind, "units": list(units), "folder": folder or kind.replace(" ", "-")}


def planned(unit: str, *changes: str, outputs: Sequence[str] = (), provisional: str = "") -> Event:
    listed = [{"action": "change", "address": it} for it in changes]
    return {"event": "plan", "unit": unit, "changes": listed, "outputs": list(outputs), "provisional": provisional}


def ended(unit: str, outcome: str, reason: str = "") -> Event:
    return {"event": "unit", "unit": unit, "outcome": outcome, "reason": reason, "seconds": 1.5}


def finished(exit_code: int = 0) -> Event:
    return {"event": "finished", "exit_code": exit_code}


@dataclass
class FakeRuns:
    """Recorded runs, newest first; `works` says who is at work for some of them, `contents` are journals' bytes.

    `beside` are the other files that a journal covers, by run and name, None for one that is gone; `open_to` is what it
    does not cover.
    """

    runs: list[RecordedRun] = field(default_factory=list)
    works: dict[str, Work] = field(default_factory=dict)
    broken: dict[str, tuple[Flaw, ...]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    beside: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    open_to: dict[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    def all(self) -> Sequence[RecordedRun]:
        return self.runs

    def open_runs(self, environment: str) -> Sequence[RecordedRun]:
        return [it for it in self.runs if it.end is None and it.request.environment == environment]

    def find(self, word: str) -> RecordedRun:
        run = self.read(word)
        if run is None:
            raise UnknownTarget("run", word, [it.id for it in self.runs])
        return run

    def read(self, run_id: str) -> RecordedRun | None:
        return next((it for it in self.runs if it.id == run_id), None)

    def work(self, run: RecordedRun) -> Work:
        return self.works.get(run.id, Work())

    def logs(self, run: RecordedRun) -> Mapping[str, str]:
        return {}

    def log(self, run: RecordedRun, unit_id: str) -> Iterator[str]:
        return iter(())

    def flaws(self, run_id: str) -> Sequence[Flaw]:
        return self.broken.get(run_id, ())

    def names(self) -> Sequence[str]:
        return [it.id for it in self.runs]

    def uncovered(self, run_id: str) -> Sequence[str]:
        return self.open_to.get(run_id, ())

    def covered(self, run_id: str) -> Sequence[str]:
        return sorted({"events.jsonl", *(name for run, name in self.beside if run == run_id)})

    def content(self, run_id: str, name: str) -> bytes | None:
        return self.contents.get(run_id) if name == "events.jsonl" else self.beside.get((run_id, name))

    def awaits_copy(self, run_id: str) -> bool:
        return run_id in self.waiting
