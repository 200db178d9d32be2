"""Runs that leave a report behind, however they end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.record import RecordedRun
from flowops.model.report import Report, RunReport, of_error, of_run
from flowops.model.run import Run, RunRequest
from flowops.operations.ports.run import Console, Earlier, Journal, Record, RunPorts


class ReportFiles(Protocol):
    """Where a report is written to."""

    def write(self, report: Report) -> Sequence[str]:
        """Replace what was written before; return what could not be done, a sentence each."""


@dataclass
class Reporting:
    """The report of one command line; it is written anew after each run, so that none is lost with a later one."""

    files: ReportFiles
    clock: Callable[[], datetime]
    runs: list[RunReport] = field(default_factory=list)

    def run(
        self,
        operation: Callable[[RunRequest, RunPorts, datetime], Run],
        request: RunRequest,
        begin: Callable[[], RunPorts],
        note: Callable[[str], object],
    ) -> Run:
        """Do the run with what `begin` returns and report it; an error that ends either is reported before it goes on.

        `note` is told where a report could not be written: that changes nothing about the run.
        """
        started, seen = self.clock(), _Seen()
        try:
            ports = begin()
            watched = replace(ports, console=_Watched(ports.console, seen), journal=_Named(ports.journal, seen))
            done = operation(request, watched, started)
        except BaseException as error:
            report = of_error(request, started, self.clock(), seen.run, seen.plans.values(), error)
            self._add(report, note)
            raise
        self._add(of_run(done, self.clock()), note)
        return done

    def _add(self, report: RunReport, note: Callable[[str], object]) -> None:
        self.runs.append(report)
        for line in self.files.write(Report(tuple(self.runs))):
            note(line)


@dataclass
class _Seen:
    """What an error must not lose: the record that was opened, and the plan of each unit that was shown last."""

    run: str = ""
    plans: dict[Unit, Plan] = field(default_factory=dict)


class _Watched:
    """A console whose plans are kept."""

    def __init__(self, console: Console, seen: _Seen) -> None:
        self._console, self._seen = console, seen

    @property
    def interactive(self) -> bool:
        return self._console.interactive

    def note(self, text: str) -> None:
        self._console.note(text)

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        self._seen.plans |= {plan.unit: plan for plan in plans}
        self._console.plans(title, plans)

    def ask(self, question: str) -> str:
        return self._console.ask(question)


class _Named:
    """A journal whose new record is known by name."""

    def __init__(self, journal: Journal, seen: _Seen) -> None:
        self._journal, self._seen = journal, seen

    def open(self, request: RunRequest) -> Record:
        record = self._journal.open(request)
        self._seen.run = record.id
        return record

    def reopen(self, run: RecordedRun) -> Record:
        return self._journal.reopen(run)

    def usual(self, request: RunRequest) -> timedelta | None:
        return self._journal.usual(request)

    def alone(self) -> AbstractContextManager[Earlier]:
        return self._journal.alone()
