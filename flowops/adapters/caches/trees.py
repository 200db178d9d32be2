"""The working copies that terragrunt makes below a tree: every `.terragrunt-cache`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flowops.adapters.caches.processes import in_use, user_of
from flowops.adapters.caches.removal import Bin
from flowops.adapters.caches.runs import Runs
from flowops.adapters.caches.survey import items_at
from flowops.adapters.unsaved_states import CACHE
from flowops.model.gc import Deletion, GcRequest, Item, Kind, kept

_DEPLOYMENTS = "deployments"
_LEFT_OUT = frozenset({".git", ".terraform", ".venv", "node_modules"})


class TerragruntCaches:
    """Those of one project, none of which is older than the next init: whatever its age, it can be made again.

    All stay while a run of the project is at work: terragrunt reads outputs of neighbours in their working copies. What
    somebody works in by hand stays by itself.
    """

    kinds = frozenset({Kind.CACHE})

    def __init__(self, project: Path, runs: Runs, bin_: Bin) -> None:
        self._project, self._runs, self._bin = project, runs, bin_

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield every one, with why it stays."""
        at_work, used = self._runs.at_work(), in_use()
        for path in self._found():
            place = self._project / path
            yield from items_at(Kind.CACHE, self._project, path, at_work or user_of(place, used))

    def delete(self, it: Item) -> Deletion:
        """Delete one, while no run can begin."""
        with self._runs.none_begins() as at_work:
            return kept(at_work) if at_work else self._bin.remove(it, user_of)

    def _found(self) -> Iterator[str]:
        if (self._project / _DEPLOYMENTS).is_symlink():
            return  # it leads out of the project
        for current, folders, _ in os.walk(self._project / _DEPLOYMENTS):
            if CACHE in folders:
                yield (Path(current) / CACHE).relative_to(self._project).as_posix()
            folders[:] = sorted(name for name in folders if name != CACHE and name not in _LEFT_OUT)
