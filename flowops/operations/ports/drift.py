"""What a drift check needs of the outside world, besides what every run needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from flowops.model.deployment import Environment
from flowops.model.drift.finding import Finding, Trace
from flowops.model.drift.result import DriftResult


class Trail(Protocol):
    """CloudTrail's event history."""

    def traces(self, environment: Environment, ids: Sequence[str], since: datetime, type_: str = "") -> Sequence[Trace]:
        """Return the calls that wrote to what has these names, newest first; a FlowopsError where it cannot be read.

        The best name comes first. `type_` is what a finding says of its type: it tells where to look, and which calls
        are about something else of that name.
        """


class Other(Protocol):
    """Something besides the code's resources that can drift: stacks, rendered files, people, what no state knows."""

    name: str

    def look(self, environment: Environment | None) -> Iterable[Finding]:
        """Yield what moved, for None in what all environments share; a FlowopsError where that cannot be told."""


class Results(Protocol):
    """Where drift results are kept."""

    def keep(self, result: DriftResult) -> object:
        """Keep one under its id."""
