"""Say how a long step goes, often enough to be believed and seldom enough to be read."""

from __future__ import annotations

from flowops.adapters.toolchain.machine import Machine
from flowops.model.duration import spell

_EVERY = 10.0


class Pace:
    """Passes a line on at most every ten seconds, with the time since the start."""

    def __init__(self, machine: Machine, title: str) -> None:
        self._machine = machine
        self._title = title
        self._started = self._last = machine.clock()

    def say(self, doing: str) -> None:
        """Pass on what is being done, if it is time for a line."""
        now = self._machine.clock()
        if now - self._last >= _EVERY:
            self._last = now
            self._machine.progress(f"{self._title}, {spell(now - self._started)}: {doing}")
