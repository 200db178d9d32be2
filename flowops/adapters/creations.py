"""What terraforms of earlier runs had created when they were killed or failed, read from what they printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flowops.adapters.follow import FollowedFile
from flowops.adapters.shim import call_folders, read_calls
from flowops.model.closing import RESULT
from flowops.model.creations import Creation, creations
from flowops.model.deployment import Unit
from flowops.model.terraform_call import TerraformCall

_CREATES = ("apply",)
_FINE = (0, 2)


@dataclass(frozen=True)
class RunCreations:
    """The runs below `runs`, of units below `deployments`."""

    runs: Path
    deployments: Path

    def of(self, units: Iterable[Unit]) -> Mapping[Unit, tuple[Creation, ...]]:
        """Return what was created or begun for each unit, oldest first; units without any left out.

        Of runs that ended well nothing is read: what they created is in a state.
        """
        folders = {self.deployments.resolve() / unit.path: unit for unit in units}
        found: dict[Unit, list[Creation]] = {}
        for run in self._unfinished():
            for call in _failed_applies(run):
                if call.unit_dir in folders:
                    found.setdefault(folders[call.unit_dir], []).extend(_created(call, run.name))
        return {unit: tuple(made) for unit, made in found.items() if made}

    def _unfinished(self) -> Iterator[Path]:
        for run in sorted(self.runs.iterdir()) if self.runs.is_dir() else ():
            if _result(run / RESULT).get("exit_code") not in _FINE:
                yield run


def _failed_applies(run: Path) -> Iterator[TerraformCall]:
    """Yield the applies of a run that did not end with 0, oldest first; one that still works is not over."""
    calls = (call for folder in call_folders(run) for call in read_calls(folder))
    for call in sorted(calls, key=lambda it: it.started):
        if call.command in _CREATES and call.exit_code != 0 and not call.alive:
            yield call


def _created(call: TerraformCall, run: str) -> tuple[Creation, ...]:
    killed = call.lost or call.signal != 0
    since = datetime.fromtimestamp(call.started, UTC)
    return creations(FollowedFile(call.stdout).rest(), killed=killed, run=run, since=since)


def _result(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
