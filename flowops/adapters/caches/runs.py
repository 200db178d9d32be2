"""What ended runs need no more: plans, calls and copies below their folders, and their journals where that is said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from flowops.adapters.at_work import RecordedRuns
from flowops.adapters.caches.removal import Bin
from flowops.adapters.caches.survey import items_at
from flowops.adapters.run_folders import RUNS, UNCOPIED, RunFolders
from flowops.adapters.shim import call_folders
from flowops.errors import Exit
from flowops.model.chain import EVENTS, HEAD
from flowops.model.closing import LOGS, RESULT
from flowops.model.gc import Deletion, GcRequest, Item, Kind, kept
from flowops.model.record import RecordedRun

JOURNAL = frozenset({EVENTS, HEAD, RESULT, LOGS, UNCOPIED})
"""What stays of a run's folder: the journal, the result, and the readable logs."""

_WELL = (Exit.FINE, Exit.CHANGES)


class Runs:
    """The recorded runs of one project, and whether somebody is at work for one.

    `alone` keeps other runs from beginning while its block runs.
    """

    kinds = frozenset({Kind.RUN})

    def __init__(self, project: Path, alone: Callable[[], AbstractContextManager[RunFolders]], bin_: Bin) -> None:
        self._project, self._alone, self._bin = project, alone, bin_
        self._folders = RunFolders(project / RUNS)
        self._calls = RecordedRuns(project / RUNS)

    def at_work(self) -> str:
        """Return which run somebody is at work for, in words; "" for none."""
        names = (it for it in self._folders.names() if not (self._folders.folder(it) / RESULT).exists())
        found = (self._at_work(name, self._folders.read(name)) for name in names)
        return next((it for it in found if it), "")

    @contextmanager
    def none_begins(self) -> Iterator[str]:
        """Yield which run is at work, while no other one can begin."""
        with self._alone():
            yield self.at_work()

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield the runs that are older than the request says and still have more than what is kept of a run."""
        for name in self._folders.names():
            run = self._folders.read(name)
            if run is not None and now - run.last_seen <= request.older_than:
                continue
            reason = self._reason(name, run)
            journal_too = request.journals and not reason and run is not None and not self._journal_stays(run)
            parts = () if journal_too else tuple(self._parts(name, run))
            if parts or journal_too:
                yield from items_at(Kind.RUN, self._project, f"{RUNS.as_posix()}/{name}", reason, parts)

    def delete(self, it: Item) -> Deletion:
        """Delete what is to go of one run, while no other run can begin or take it up."""
        name = Path(it.path).name
        with self._alone():
            reason = self._reason(name, self._folders.read(name))
            return kept(reason) if reason else self._bin.remove(it, lambda _: "")

    def _reason(self, name: str, run: RecordedRun | None) -> str:
        """Return why nothing of a run may go, "" for no reason."""
        if run is None:
            return "its journal cannot be read: flowops audit verify"
        if at_work := self._at_work(name, run):
            return at_work
        if run.end is None:
            return f"nobody has closed it: the next flowops plan {run.request.environment} does"
        return ""

    def _at_work(self, name: str, run: RecordedRun | None) -> str:
        if working := self._calls.at_work(name):
            return f"run {name} is at work: {working}"
        if run is None or run.end is not None:
            return ""
        work = self._folders.work(run)
        if not work.here:
            return f"run {name} began on {run.host}, and nobody has closed it"
        if work.flowops:
            return f"run {name} is at work: flowops, process {work.flowops}"
        return f"run {name} is at work: {work}" if work.busy else ""

    def _journal_stays(self, run: RecordedRun) -> bool:
        """Say whether the journal is the only one there is, does not verify, or is needed by a recovery."""
        return _may_be_needed(run) or self._folders.awaits_copy(run.id) or bool(self._folders.flaws(run.id))

    def _parts(self, name: str, run: RecordedRun | None) -> Iterator[str]:
        """Yield what of a run's folder is not kept, relative to it.

        Where a run that changes something did not end well, what its terraforms printed is all that tells what they
        had created: `flowops recover --imports` reads it.
        """
        folder = self._folders.folder(name)
        calls = call_folders(folder) if run is not None and _may_be_needed(run) else ()
        for it in _beside({*(folder / name for name in JOURNAL), *calls}, folder):
            yield it.relative_to(folder).as_posix()


def _beside(kept: Collection[Path], folder: Path) -> Iterator[Path]:
    """Yield what in a folder is neither one of those paths nor leads to one."""
    for entry in sorted(folder.iterdir()):
        if entry in kept:
            continue
        if any(it.is_relative_to(entry) for it in kept):
            yield from _beside(kept, entry)
        else:
            yield entry


def _may_be_needed(run: RecordedRun) -> bool:
    return not run.request.verb.reads and run.exit_code not in _WELL
