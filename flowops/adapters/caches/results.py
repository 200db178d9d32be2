"""Drift results that nothing is read from any more, and MFA sessions that have ended."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flowops.adapters.caches.removal import Bin
from flowops.adapters.caches.survey import items_at
from flowops.adapters.drift_results import DRIFT, DriftResults
from flowops.model.drift.result import DriftResult
from flowops.model.gc import Deletion, GcRequest, Item, Kind, spare

_SESSIONS = "sessions"


class OldResults:
    """The drift results of one project; one that cannot be read is not known to be old."""

    kinds = frozenset({Kind.DRIFT})

    def __init__(self, project: Path, bin_: Bin) -> None:
        self._project, self._bin = project, bin_

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield those that are old and that the history of what stands does not need."""
        found: dict[str, list[DriftResult]] = defaultdict(list)
        for result in DriftResults(self._project).readable()[0]:
            found[result.project].append(result)
        for results in found.values():
            for name in sorted(spare(results, now, request.older_than)):
                yield from items_at(Kind.DRIFT, self._project, f"{DRIFT.as_posix()}/{name}.json")

    def delete(self, it: Item) -> Deletion:
        """Delete one."""
        return self._bin.unlink(it)


class EndedSessions:
    """The operator's MFA sessions that are kept in the folder `sessions` of the user's state."""

    kinds = frozenset({Kind.SESSION})

    def __init__(self, state: Path, bin_: Bin) -> None:
        self._state, self._bin = state, bin_

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield those that have ended, whatever their age: AWS takes them no more."""
        for file in sorted((self._state / _SESSIONS).glob("*.json")):
            if not file.is_symlink() and _ended(file, now):
                yield from items_at(Kind.SESSION, self._state, f"{_SESSIONS}/{file.name}")

    def delete(self, it: Item) -> Deletion:
        """Delete one, unless it was renewed."""
        return self._bin.unlink(it)


def _ended(file: Path, now: datetime) -> bool:
    """Say whether a kept session is over; what is no session is not ours to judge."""
    try:
        return datetime.fromisoformat(json.loads(file.read_bytes())["Expiration"]) <= now
    except (OSError, ValueError, KeyError, TypeError):
        return False
