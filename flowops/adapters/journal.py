"""The record of each run: `.flowops/runs/<id>/` in the project, readable by its owner only, without secrets.

events.jsonl   what happened, one JSON object a line, appended and flushed at once
run.json       the result, written when the run ends, also by an error; its absence says that flowops was killed
NN-step/       one folder for each call of terragrunt: report, log, and every terraform call with its output

Saved plans and the children's credentials lie there while the run works, and are deleted when it ends.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.model.access import Access
from flowops.model.run import Outcome, Run, RunRequest

RUNS = Path(".flowops") / "runs"


class FileRecord:
    """One run's folder."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.id = folder.name
        self.folder = folder
        self._clock = clock

    def event(self, kind: str, **data: object) -> None:
        """Append one event; it is on disk when this returns."""
        line = json.dumps({"time": self._clock().isoformat(), "event": kind, **data}, default=str) + "\n"
        descriptor = os.open(self.folder / "events.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def finish(self, run: Run) -> None:
        """Write the result, and delete what may hold secrets, unless a terraform may still be at work with it."""
        units = [
            {"unit": it.unit.id, "outcome": it.outcome.value, "reason": it.reason, "seconds": round(it.seconds, 3)}
            for it in run.units
        ]
        result = {"run": run.id, "exit_code": int(run.exit_code), "units": units, "notes": list(run.notes)}
        self._close("finished", result)
        if not any(it.outcome is Outcome.UNKNOWN for it in run.units):
            self._delete_secrets()

    def fail(self, exit_code: int, error: str) -> None:
        """Write that the run ended with an error, and delete what may hold secrets."""
        self._close("failed", {"run": self.id, "exit_code": exit_code, "error": error})
        self._delete_secrets()

    def _close(self, kind: str, result: dict[str, Any]) -> None:
        self.event(kind, **result)
        atomic_file.write(self.folder / "run.json", (json.dumps(result, indent=2) + "\n").encode())

    def _delete_secrets(self) -> None:
        acting = (self.folder / access.name.lower() for access in Access)
        for folder in (*acting, *self.folder.glob("*/plans"), *self.folder.glob("*/json")):
            shutil.rmtree(folder, ignore_errors=True)


class FileJournal:
    """Opens one folder for each run; `facts`, such as tool versions, are written into its first event."""

    def __init__(self, project: Path, clock: Callable[[], datetime], facts: Mapping[str, Any]) -> None:
        self._runs = project / RUNS
        self._clock = clock
        self._facts = facts

    def open(self, request: RunRequest) -> FileRecord:
        """Make the run's folder and record what was asked."""
        record = FileRecord(self._new_folder(request), self._clock)
        record.event("started", request=asdict(request) | {"verb": request.verb.value}, **self._facts)
        return record

    def folder(self, run_id: str) -> Path:
        """Return the folder of one run."""
        return self._runs / run_id

    def _new_folder(self, request: RunRequest) -> Path:
        stem = f"{self._clock():%Y%m%dT%H%M%SZ}-{request.verb.value}-{request.target.replace(' ', '-')}"
        atomic_file.private_folder(self._runs)
        number = 1
        while True:
            folder = self._runs / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir(mode=0o700)
                return folder
            except FileExistsError:
                number += 1
