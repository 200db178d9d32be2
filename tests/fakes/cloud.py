"""A cloud of states in memory, and what keeps something up while a run is at work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowops.errors import CredentialsError, FlowopsError
from flowops.model.access import Access, Acting
from flowops.model.deployment import Environment, Unit
from flowops.model.state import Lock, Output, UnitState
from flowops.model.upkeep import Runway, Trouble
from flowops.operations.ports.run import Alarm


@dataclass
class FakeCloud:
    """Holds each unit's number of resources; absent: never applied.

    `acts_left` counts down to a session that has expired; `appearing` are resources that somebody else makes after the
    first look, `replaced` are whole states. `types` are those that a unit's state names; `damaged` is raised for the
    states of units that are `hurt`, or for any where none is named.
    """

    resources: dict[Unit, int] = field(default_factory=dict)
    acted: list[tuple[str, Access]] = field(default_factory=list)
    account: str = "222222222222"
    held: dict[Unit, Lock] = field(default_factory=dict)
    acts_left: int = 1000
    appearing: dict[Unit, int] = field(default_factory=dict)
    looks: int = 0
    damaged: FlowopsError | None = None
    hurt: set[Unit] = field(default_factory=set)
    serials: dict[Unit, int] = field(default_factory=dict)
    replaced: dict[Unit, UnitState] = field(default_factory=dict)
    types: dict[Unit, frozenset[str]] = field(default_factory=dict)
    wanted: list[timedelta] = field(default_factory=list)
    credentials: FakeKept = field(default_factory=lambda: FakeKept())

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        if self.acts_left == 0:
            raise CredentialsError("The session has expired.", not_done="No unit was started.")
        self.acts_left -= 1
        self.acted.append((environment.name, access))
        return Acting({"FLOWOPS_ASSUME_ROLE_ARN": access.value}, self.account, f"arn:{access.value}", "arn:ann")

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        units = tuple(units)
        if self.damaged and (not self.hurt or self.hurt & set(units)):
            raise self.damaged
        self.looks += 1
        if self.looks > 1:
            self.resources |= self.appearing
        return {unit: self._state(unit) if unit in self.resources else None for unit in units}

    def _state(self, unit: Unit) -> UnitState:
        if unit in self.replaced:
            return self.replaced[unit]
        types = self.types.get(unit, frozenset())
        outputs = {"id": Output(unit.id)} if self.resources[unit] else {}
        return UnitState(self.serials.get(unit, 1), "lineage", self.resources[unit], outputs, types)

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        return {unit: lock for unit, lock in self.held.items() if unit in set(units)}

    def runway(self, wanted: timedelta) -> Runway:
        self.wanted.append(wanted)
        return Runway("profile operator", datetime(2026, 11, 23, 14, 0, tzinfo=UTC), renewing=False)

    def keep(self, environment: Environment, access: Access, folder: Path, alarm: Alarm) -> FakeKept:
        return self.credentials


@dataclass
class FakeKept:
    """Is kept up until it is told of a `trouble`; `overslept` is what only a look at the clock finds out."""

    trouble: Trouble | None = None
    overslept: Trouble | None = None
    ends: int = 0
    ended_with: str = ""

    def assure(self) -> None:
        self.trouble = self.trouble or self.overslept

    def end(self) -> str:
        self.ends += 1
        return self.ended_with
