"""A journal of runs in memory: records that are opened, found open, and taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flowops.model.changes import Plan
from flowops.model.record import RecordedRun
from flowops.model.run import Run, RunRequest, UnitRun
from flowops.model.settlement import Settlement
from flowops.model.work import Work


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
