"""One project's journal on disk, with a clock that moves with every look and a bucket that keeps copies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from flowops.adapters.journal import FileJournal, FileRecord
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.errors import CredentialsError
from flowops.model.deployment import Unit
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb
from tests.fakes import tree

VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")
APPLY = RunRequest(Verb.APPLY, "dev", "foundation", yes=True)
BEGIN = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@dataclass
class Bucket:
    """Keeps copies, while it lets anybody in."""

    kept: dict[str, bytes] = field(default_factory=dict)
    closed: bool = False

    def keep(self, environment: str, run_id: str, files: Mapping[str, Path]) -> None:
        if self.closed:
            raise CredentialsError("The session has expired.")
        self.kept |= {f"{environment}/runs/{run_id}/{name}": path.read_bytes() for name, path in files.items()}

    def runs(self) -> set[str]:
        return {name.split("/")[2] for name in self.kept}


class Place:
    """One project's journal; its clock moves a second with every look."""

    def __init__(self, root: Path) -> None:
        self.bucket = Bucket()
        self.alive = {os.getpid()}
        self.folders = RunFolders(root / RUNS, alive=lambda pid, _ticks: pid in self.alive)
        self.hears: Callable[[], object] = lambda: None
        self._ticking = count()
        self.journal = FileJournal(self.folders, self._clock, lambda: {"flowops": "1"}, self.bucket)

    def _clock(self) -> datetime:
        self.hears()
        return BEGIN + timedelta(seconds=next(self._ticking))

    def begun(self, request: RunRequest = APPLY, *, leased: bool = True) -> FileRecord:
        record = self.journal.open(request)
        record.event("caller", arn="arn:aws:sts::2:assumed-role/DevOpsAdminRole/ann", units=[VPC.id, EKS.id])
        if leased:
            record.event("lease", environment=request.environment)
        return record

    def ended(self, request: RunRequest = APPLY, *outcomes: Outcome) -> str:
        record = self.begun(request)
        given = outcomes or (Outcome.APPLIED, Outcome.APPLIED)
        units = tuple(UnitRun(unit, it) for unit, it in zip((VPC, EKS), given, strict=True))
        record.finish(Run(record.id, request, BEGIN, units))
        return record.id

    def file(self, run_id: str, name: str = "events.jsonl") -> Path:
        return self.folders.folder(run_id) / name

    def wrong(self, run_id: str) -> list[str]:
        return [str(it) for it in self.folders.flaws(run_id)]


def printed(record: FileRecord, unit: Unit, text: str) -> None:
    """Leave what a terraform that ended long ago printed for a unit."""
    call = record.folder / "01-apply" / "calls" / unit.id.replace("/", "-")
    call.mkdir(parents=True)
    where = {"cwd": f"/project/deployments/{unit.path}", "argv": ["apply"], "started": 1.0}
    nobody = {"pid": 4194305, "ticks": 1, "keeper": 4194305, "keeper_ticks": 1}
    (call / "call.json").write_text(json.dumps(where | nobody))
    (call / "stdout").write_text(text)
