"""A run followed while it goes on: its events, and what terraform prints in each unit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from flowops.adapters.follow import FollowedFile
from flowops.adapters.unit_logs import calls_by_unit
from flowops.model.chain import EVENTS
from flowops.model.record import OUTPUT, Event


class RunTail:
    """Hands out what was added to a run's record since the last look; it starts with the first event."""

    def __init__(self, folder: Path, environment: str) -> None:
        self._folder, self._environment = folder, environment
        self._events = FollowedFile(folder / EVENTS)
        self._files: dict[Path, FollowedFile] = {}

    def step(self) -> Iterator[Event]:
        """Yield each new event, and each new line of a terraform's output as an event of the kind OUTPUT."""
        for line in self._events.lines():
            try:
                yield json.loads(line)
            except ValueError:
                continue  # longer than what is kept of a line: it is in the file
        for unit, calls in calls_by_unit(self._folder, self._environment).items():
            for call in (it for it in calls if it.command != "init"):
                file = self._files.setdefault(call.stdout, FollowedFile(call.stdout))
                for text in file.lines() if call.alive else file.rest():
                    yield {"event": OUTPUT, "unit": unit, "line": text}
