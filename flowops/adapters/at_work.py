"""Which processes of earlier runs of this project still work, from what the runs wrote down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.marked import is_first, is_provider, pids
from flowops.adapters.shim import call_folders, is_running, read_calls
from flowops.adapters.terraform_shim import start_ticks
from flowops.model.terraform_call import TerraformCall

PROCESS_FILE = "terragrunt.json"


def note_process(folder: Path, pid: int) -> None:
    """Write down that `pid` is the terragrunt of the step in `folder`."""
    atomic_file.write(folder / PROCESS_FILE, json.dumps({"pid": pid, "ticks": start_ticks(pid)}).encode())


def not_yet_noted(run: Path) -> list[int]:
    """Return the terragrunts at work for the run in this folder whose flowops was killed before it wrote them down."""
    steps = [calls.parent for calls in call_folders(run) if not (calls.parent / PROCESS_FILE).exists()]
    return [pid for step in steps for pid in pids() if _is_terragrunt(pid, step / "calls")]


def _is_terragrunt(pid: int, calls: Path) -> bool:
    try:
        return is_first(pid, calls) and not is_provider(pid)
    except (OSError, ValueError, IndexError):
        return False  # gone meanwhile, or somebody else's


@dataclass(frozen=True)
class RecordedRuns:
    """The runs that were recorded in one folder."""

    folder: Path

    def knows(self, run: str) -> bool:
        """Say whether a run was recorded here."""
        return bool(run) and (self.folder / run).is_dir()

    def at_work(self, run: str) -> str:
        """Return what still works of a run, in words; "" for nothing."""
        for step in self._steps(run):
            for call in read_calls(step / "calls"):
                if call.alive:
                    return f"terraform {call.command} of {call.unit_dir.name}, process {call.pid}"
            if (pid := _living(step / PROCESS_FILE)) is not None:
                return f"terragrunt, process {pid}"
        for pid in not_yet_noted(self.folder / run):
            return f"terragrunt, process {pid}"
        return ""

    def calls_of(self, unit_dir: Path, at: float) -> Iterator[tuple[str, TerraformCall]]:
        """Yield run and call of every terraform that was at work in a unit's folder at that second since 1970."""
        for run in sorted(self.folder.glob("*"), reverse=True):
            for step in self._steps(run.name):
                for call in read_calls(step / "calls"):
                    if call.unit_dir == unit_dir and call.started <= at <= (call.ended or at):
                        yield run.name, call

    def _steps(self, run: str) -> list[Path]:
        return [it.parent for it in call_folders(self.folder / run)]


def _living(file: Path) -> int | None:
    try:
        document = json.loads(file.read_bytes())
        pid, ticks = int(document["pid"]), int(document["ticks"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if is_running(pid, ticks) else None
