"""The recorded runs of a project, and which of them still have somebody at work."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from flowops.adapters.at_work import not_yet_noted
from flowops.adapters.chained_file import read
from flowops.adapters.covered_files import covered, event_of, uncovered, wrong
from flowops.adapters.run_tail import RunTail
from flowops.adapters.shim import is_running
from flowops.adapters.unit_logs import calls_by_unit, log_lines, log_of
from flowops.errors import UnknownTarget, UsageError
from flowops.model.chain import EVENTS, Flaw, complete_lines
from flowops.model.closing import RESULT
from flowops.model.record import RecordedRun
from flowops.model.run import RunRequest
from flowops.model.usual import usual_seconds, usual_span
from flowops.model.work import Work

RUNS = Path(".flowops") / "runs"
LAST = "last"
_RECENT = 40
"""Runs that say how long something usually takes: enough for a middle, and quickly read."""

UNCOPIED = "uncopied"
"""Stands in the folder of a run whose journal has no copy in the state bucket yet."""


class RunFolders:
    """The folder of every run below `root`; `alive` says whether a pid is still the process that started then."""

    def __init__(self, root: Path, *, alive: Callable[[int, int], bool] = is_running) -> None:
        self.root = root
        self._alive = alive

    def all(self) -> tuple[RecordedRun, ...]:
        """Return every run of which there is at least one event, newest first."""
        found = [run for run in map(self.read, self._names()) if run is not None]
        return tuple(sorted(found, key=lambda run: (run.started, run.id), reverse=True))

    def read(self, run_id: str) -> RecordedRun | None:
        """Return one run, None where nothing readable was recorded."""
        try:
            lines, _ = complete_lines(read(self.folder(run_id) / EVENTS))
            events = tuple(event for event in map(event_of, lines) if event is not None)
            return RecordedRun(run_id, events).checked() if events and events[0]["event"] == "started" else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # somebody tampered with it: that is for `audit verify` to say

    def find(self, word: str) -> RecordedRun:
        """Return the run that an id, the beginning of only one, or `last` means; UnknownTarget names the nearest.

        UsageError where more than one begins so, and where none is recorded.
        """
        runs = self.all()
        if not runs:
            raise UsageError("No run is recorded here yet.", not_done="Nothing was done.", next_step="flowops plan ENV")
        if word == LAST:
            return runs[0]
        matching = [it for it in runs if it.id == word] or [it for it in runs if it.id.startswith(word)]
        if len(matching) > 1:
            raise UsageError(
                f"{word!r} is the beginning of {len(matching)} runs: {', '.join(it.id for it in matching)}.",
                not_done="",
                next_step="the same command with more of the id",
            )
        if not matching:
            raise UnknownTarget("run", word, [it.id for it in runs])
        return matching[0]

    def usual(self, environment: str, kind: str) -> Mapping[str, float]:
        """Return how long each unit of an environment usually takes for work of this kind, by its last runs."""
        return usual_seconds((it for it in self._recent() if it.request.environment == environment), kind)

    def usual_span(self, request: RunRequest) -> timedelta | None:
        """Return how long this command usually takes, by its last runs; None where nobody knows."""
        return usual_span(self._recent(), request)

    def _recent(self) -> Iterator[RecordedRun]:
        """Yield the last runs, newest first."""
        for name in sorted(self._names(), reverse=True)[:_RECENT]:
            if (run := self.read(name)) is not None:
                yield run

    def folder(self, run_id: str) -> Path:
        """Return the folder of one run."""
        return self.root / run_id

    def open_runs(self, environment: str) -> tuple[RecordedRun, ...]:
        """Return the runs of an environment that nobody has closed and that began on this machine, oldest first."""
        names = [name for name in self._names() if not (self.folder(name) / RESULT).exists()]
        found = [run for run in map(self.read, names) if run is not None and run.end is None]
        here = socket.gethostname()
        ours = [run for run in found if run.request.environment == environment and run.host == here]
        return tuple(sorted(ours, key=lambda run: (run.started, run.id)))

    def work(self, run: RecordedRun) -> Work:
        """Return who is still at work for a run."""
        if run.end is not None:
            return Work()
        calls = calls_by_unit(self.folder(run.id), run.request.environment)
        units = tuple(name for name in sorted(calls) if any(call.alive for call in calls[name]))
        pid, ticks = run.process
        noted = [number for number, since in run.terragrunts if self._alive(number, since)]
        terragrunts = noted or not_yet_noted(self.folder(run.id))
        return Work(
            here=run.host == socket.gethostname(),
            flowops=pid if self._alive(pid, ticks) else 0,
            terragrunt=terragrunts[-1] if terragrunts else 0,
            units=units,
        )

    def log(self, run: RecordedRun, unit_id: str) -> Iterator[str]:
        """Yield what terraform printed for a unit so far; UnknownTarget where it printed nothing."""
        folder = self.folder(run.id)
        calls = calls_by_unit(folder, run.request.environment)
        kept = self.logs(run).get(unit_id)
        if unit_id not in calls and kept:
            return iter(Path(kept).read_text("utf-8", "replace").splitlines())  # what it is made of was cleaned away
        if unit_id not in calls:
            raise UnknownTarget("log of unit", unit_id, calls, where=f" in {run.id}")
        return log_lines(calls[unit_id])

    def logs(self, run: RecordedRun) -> dict[str, str]:
        """Return where the log of each unit lies, by unit."""
        paths = {unit.id: log_of(self.folder(run.id), unit.id) for unit in run.units}
        return {name: str(path) for name, path in paths.items() if path.exists()}

    def flaws(self, run_id: str) -> tuple[Flaw, ...]:
        """Return what of a run's journal is not as it was written."""
        found = wrong(self.folder(run_id))
        if not found and self.read(run_id) is None and self.content(run_id, EVENTS):
            return (Flaw(1, "begins no run that this flowops can read"),)
        return found

    def uncovered(self, run_id: str) -> tuple[str, ...]:
        """Return which of a run's files its journal does not cover, and why."""
        return uncovered(self.folder(run_id))

    def covered(self, run_id: str) -> tuple[str, ...]:
        """Return the name of each file that a run's journal is, or speaks of."""
        return covered(self.folder(run_id))

    def content(self, run_id: str, name: str) -> bytes | None:
        """Return one of those files as it stands, None where it is gone or cannot be read."""
        try:
            return (self.folder(run_id) / name).read_bytes()
        except OSError:
            return None

    def awaits_copy(self, run_id: str) -> bool:
        """Say whether a run knows that its journal has no copy in the state bucket yet."""
        return (self.folder(run_id) / UNCOPIED).exists()

    def follow(self, run: RecordedRun) -> RunTail:
        """Return what hands out a run's events and output from the first on."""
        return RunTail(self.folder(run.id), run.request.environment)

    def names(self) -> tuple[str, ...]:
        """Return the id of every folder, also of one whose journal cannot be read."""
        return tuple(sorted(self._names()))

    def _names(self) -> list[str]:
        return [it.name for it in self.root.iterdir() if it.is_dir()] if self.root.is_dir() else []
