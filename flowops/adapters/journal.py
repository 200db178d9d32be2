"""The record of each run: `.flowops/runs/<id>/` in the project, readable by its owner only, without secrets.

events.jsonl   what happened, one JSON object a line, appended and flushed at once, each chained to the one before
events.head    how many lines there are, and the hash of the last
run.json       the result, written when the run ends, also by an error; its absence says that flowops was killed
logs/          what terraform printed, one readable file for each unit; the last event has their hashes
NN-step/       one folder for each call of terragrunt: report, log, and every terraform call with its output

Saved plans and the children's credentials lie there while the run works, and are deleted when it ends.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from flowops import atomic_file
from flowops.adapters import flock
from flowops.adapters.chained_file import ChainedFile
from flowops.adapters.covered_files import covered, log_hashes
from flowops.adapters.hashes import sha256_if_readable
from flowops.adapters.run_folders import UNCOPIED, RunFolders
from flowops.adapters.terraform_shim import start_ticks
from flowops.adapters.this_machine import user_name
from flowops.adapters.unit_logs import log_of, write_logs
from flowops.errors import FlowopsError
from flowops.model.access import Access
from flowops.model.changes import Action, Plan
from flowops.model.closing import LOGS, RESULT, result_document
from flowops.model.evidence import was_killed
from flowops.model.job import again
from flowops.model.record import RecordedRun, request_data
from flowops.model.run import Outcome, Run, RunRequest, UnitRun
from flowops.model.settlement import Settlement

_COUNTED = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)


class Archive(Protocol):
    """Where the closed journals of runs that write are copied to."""

    def keep(self, environment: str, run_id: str, files: Mapping[str, Path]) -> None:
        """Copy these files there by their names; FlowopsError where that cannot be done."""


class FileRecord:
    """One run's folder."""

    def __init__(
        self,
        folder: Path,
        request: RunRequest,
        clock: Callable[[], datetime],
        archive: Archive,
        ended: Iterable[str] = (),
    ) -> None:
        self.id = folder.name
        self.folder = folder
        self._request = request
        self._clock = clock
        self._archive = archive
        self._events = ChainedFile(folder)
        self._ended = set(ended)
        self._leased = False

    def event(self, kind: str, **data: object) -> None:
        """Append one event; it is on disk when this returns."""
        self._events.append({"time": self._clock().isoformat(), "event": kind, **data})
        self._leased = self._leased or kind == "lease"

    def planned(self, plan: Plan) -> None:
        """Append what a saved plan would do, and the hash of its file."""
        self.event(
            "plan",
            unit=plan.unit.id,
            sha256=sha256_if_readable(Path(plan.file)) if plan.file else "",
            changes=[{"action": it.action.value, "address": plan.address(it)} for it in plan.resource_changes],
            outputs=list(plan.changed_outputs),
            provisional=plan.provisional_because,
        )

    def ended(self, run: UnitRun) -> None:
        """Append what became of a unit, once."""
        if run.unit.id in self._ended:
            return
        self._ended.add(run.unit.id)
        resources = {it.value: run.plan.count(it) for it in _COUNTED} if run.plan and run.outcome.changed else None
        self.event(
            "unit",
            unit=run.unit.id,
            outcome=run.outcome.value,
            reason=run.reason,
            seconds=round(run.seconds, 3),
            touched=run.touched,
            resources=resources,
        )

    def logged(self, units: Iterable[UnitRun]) -> tuple[UnitRun, ...]:
        """Return the units with the path of the log that is kept of each."""
        return tuple(replace(it, log=str(log_of(self.folder, it.unit.id))) if it.log else it for it in units)

    def finish(self, run: Run) -> tuple[str, ...]:
        """Write the result, and delete what may hold secrets, unless a terraform may still be at work with it.

        Return what could not be done about the record, a sentence each; it changes nothing about the run.
        """
        return self._finish("finished", run.units, {"exit_code": int(run.exit_code), "notes": list(run.notes)})

    def settle(self, found: Settlement) -> tuple[str, ...]:
        """Write the result of a run whose flowops was killed, as `finish` does."""
        torn = self._events.mend()
        self.event("found-killed", pid=os.getpid(), **({"torn": torn} if torn else {}))
        return self._finish(
            "settled", found.units, {"exit_code": int(found.exit_code), "notes": ["flowops was killed"]}
        )

    def fail(self, exit_code: int, error: str) -> None:
        """Write that the run ended with an error, and delete what may hold secrets."""
        self._delete_secrets()
        self._close("failed", {"run": self.id, "exit_code": exit_code, "error": error})
        self._copy()

    def _finish(self, kind: str, units: Iterable[UnitRun], rest: Mapping[str, Any]) -> tuple[str, ...]:
        runs = tuple(units)
        for it in runs:
            self.ended(it)
        outcomes = [
            {"unit": it.unit.id, "outcome": it.outcome.value, "reason": it.reason, "seconds": round(it.seconds, 3)}
            for it in runs
        ]
        # First, so that a journal with an end has no secrets beside it, whenever flowops is killed.
        if kind == "settled" or not any(map(_may_be_at_work, runs)):
            self._delete_secrets()
        result = {"run": self.id, "exit_code": rest["exit_code"], "units": outcomes, "notes": rest["notes"]}
        return (*self._close(kind, result), *self._copy())

    def _close(self, kind: str, result: dict[str, Any]) -> tuple[str, ...]:
        """Write the logs, and the event that says what they are; return what could not be done about them."""
        notes: tuple[str, ...] = ()
        try:
            write_logs(self.folder, self._request.environment)
        except OSError as error:
            notes = (f"The logs of {self.id} could not be written: {error}",)
        closing = result | self._hashes()
        if not self._request.verb.reads:
            # First, so that no journal with an end goes without its copy, whenever flowops is killed.
            (self.folder / UNCOPIED).touch(mode=atomic_file.PRIVATE_FILE)
        self.event(kind, **closing)
        atomic_file.write(self.folder / RESULT, result_document(closing))
        return notes

    def _hashes(self) -> dict[str, Any]:
        try:
            return {LOGS: log_hashes(self.folder)}
        except OSError:
            return {}  # a journal without an end would be worse than one that does not cover its logs

    def _delete_secrets(self) -> None:
        acting = (self.folder / access.name.lower() for access in Access)
        jobs = (job for step in self.folder.glob("*") for job in (step, again(step)))
        plans = (job / name for job in jobs for name in ("plans", "json"))
        for folder in (*acting, self.folder / "helm", *plans):
            shutil.rmtree(folder, ignore_errors=True)

    def _copy(self) -> tuple[str, ...]:
        """Copy the journal to the archive, and those that could not be copied before; a plan's stays here."""
        # Who never had the lease writes nothing to the bucket: somebody else is at work, or AWS let nobody in.
        if self._request.verb.reads or not self._leased:
            return ()
        waiting = (marker.parent for marker in sorted(self.folder.parent.glob(f"*/{UNCOPIED}")))
        for folder in dict.fromkeys((self.folder, *waiting)):
            try:
                self._copy_of(folder)
            except FlowopsError as error:
                return (f"The journal of {folder.name} was not copied to the state bucket: {error.happened}",)
        return ()

    def _copy_of(self, folder: Path) -> None:
        recorded = RunFolders(folder.parent).read(folder.name)
        if recorded is None or recorded.end is None or recorded.request.environment != self._request.environment:
            return
        files = {name: folder / name for name in covered(folder) if (folder / name).exists()}
        self._archive.keep(self._request.environment, folder.name, files)
        (folder / UNCOPIED).unlink(missing_ok=True)


def _may_be_at_work(run: UnitRun) -> bool:
    return run.outcome is Outcome.UNKNOWN and not was_killed(run)


class FileJournal:
    """Opens one folder for each run; `facts`, such as tool versions, are written into its first event."""

    def __init__(
        self,
        folders: RunFolders,
        clock: Callable[[], datetime],
        facts: Callable[[], Mapping[str, Any]],
        archive: Archive,
    ) -> None:
        self._folders = folders
        self._clock = clock
        self._facts = facts
        self._archive = archive

    def open(self, request: RunRequest) -> FileRecord:
        """Make the run's folder and record what was asked."""
        folder = self._new_folder(request)
        record = FileRecord(folder, request, self._clock, self._archive)
        record.event(
            "started",
            run=record.id,
            request=request_data(request),
            pid=os.getpid(),
            ticks=start_ticks(os.getpid()),
            host=socket.gethostname(),
            user=user_name(),
            **self._facts(),
        )
        return record

    def reopen(self, run: RecordedRun) -> FileRecord:
        """Return the record of a run whose flowops was killed, to be settled."""
        ended = [unit.id for unit in run.units if unit.outcome is not None]
        return FileRecord(self._folders.folder(run.id), run.request, self._clock, self._archive, ended)

    def usual(self, request: RunRequest) -> timedelta | None:
        """Return how long runs like this one took so far, None where none was recorded."""
        return self._folders.usual_span(request)

    def folder(self, run_id: str) -> Path:
        """Return the folder of one run."""
        return self._folders.folder(run_id)

    @contextmanager
    def alone(self) -> Iterator[RunFolders]:
        """Yield the folders of earlier runs while no other flowops of this project begins or settles one."""
        path = atomic_file.private_folder(self._folders.root.parent) / "runs.lock"
        with flock.opened(path) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self._folders

    def _new_folder(self, request: RunRequest) -> Path:
        stem = f"{self._clock():%Y%m%dT%H%M%SZ}-{request.verb.value}-{request.target.replace(' ', '-')}"
        atomic_file.private_folder(self._folders.root)
        number = 1
        while True:
            folder = self._folders.root / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir(mode=0o700)
                return folder
            except FileExistsError:
                number += 1
