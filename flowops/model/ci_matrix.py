"""How a drift check is divided among jobs: which there are, and which units each takes. Pure.

Each job looks at its part of all environments. So every part has what a merge needs, and what the environments share
is looked at once; an environment that fails is a line of the result, and hides no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from flowops.model.drift.result import Checked, DriftResult, Shard
from flowops.model.drift.shards import balanced

_UNKNOWN = 1.0


@dataclass(frozen=True)
class Matrix:
    """A check in `count` parts; `assigned` says in which of them a unit is, `measured` how many were timed before."""

    count: int
    assigned: Mapping[str, int]
    measured: int

    @property
    def shards(self) -> tuple[Shard, ...]:
        """Return the parts in order."""
        return tuple(Shard(it, self.count) for it in range(1, self.count + 1))

    def as_json(self) -> str:
        """Return the matrix of a GitHub workflow in one line, as GITHUB_OUTPUT needs it."""
        return json.dumps({"include": [{"shard": str(it)} for it in self.shards]})


def divided(units: Iterable[str], results: Iterable[DriftResult], count: int) -> Matrix:
    """Return the units in parts that take about as long, as far as results, the oldest first, tell how long each takes.

    A unit that was never timed takes as long as most do.
    """
    wanted = frozenset(units)
    seconds = {it.name: it.seconds for result in results for it in _timed(result) if it.name in wanted}
    usual = median(seconds.values()) if seconds else _UNKNOWN
    return Matrix(count, balanced({it: seconds.get(it, usual) for it in wanted}, count), len(seconds))


def _timed(result: DriftResult) -> Iterator[Checked]:
    return (it for environment in result.environments for it in environment.checked if it.seconds > 0)
