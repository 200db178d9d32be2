"""How long terraform may work on one unit: when that is said, when it is ended, and what it was doing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import log2

from flowops.model.resource_lines import ADDRESS

_BEGINS = re.compile(rf"{ADDRESS}: (?:Creating|Modifying|Destroying|Reading|Importing|Still \w+)\.\.\.")
_ENDS = re.compile(rf"{ADDRESS}: (?:Creation|Modifications|Destruction|Read|Import) complete")


@dataclass(frozen=True)
class Patience:
    """Seconds: before nothing is said, before a unit of which nothing is known is spoken of, and after an interrupt."""

    shortest: float = 60.0
    unknown: float = 900.0
    grace: float = 60.0

    def alarms(self, seconds: float, usual: float | None) -> int:
        """Return how often a unit at work this long has to be spoken of: at twice the usual time, then 4, 8, 16 times.

        The pauses between two alarms so grow with the time that has passed.
        """
        first = self.unknown if usual is None else max(2 * usual, self.shortest)
        return 0 if seconds < first else 1 + int(log2(seconds / first))


@dataclass(frozen=True)
class Doing:
    """What a terraform is about, as far as its output tells: resources begun and not ended, and its last line."""

    in_flight: tuple[str, ...] = ()
    last: str = ""

    @classmethod
    def of(cls, lines: Iterable[str]) -> Doing:
        """Read everything that a terraform has printed so far."""
        begun: dict[str, None] = {}
        last = ""
        for line in filter(str.strip, lines):
            last = line.strip()
            if found := _BEGINS.match(line):
                begun[found["address"]] = None
            elif found := _ENDS.match(line):
                begun.pop(found["address"], None)
        return cls(tuple(begun), last)
