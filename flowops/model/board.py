"""The board of a run: what is told of its units, turned into one row for each. Pure.

Times are seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from flowops.model.changes import Action, Plan
from flowops.model.estimate import seconds_left
from flowops.model.resource_lines import ADDRESS


class UnitState(Enum):
    """Where a unit stands."""

    WAITING = "waiting"
    STARTING = "starting"
    PLANNING = "planning"
    PLANNED = "planned"
    APPLYING = "applying"
    DESTROYING = "destroying"
    DONE = "done"
    UNCHANGED = "no changes"
    FAILED = "failed"

    @property
    def at_work(self) -> bool:
        """Whether terraform works in it."""
        return self in (UnitState.STARTING, UnitState.PLANNING, UnitState.APPLYING, UnitState.DESTROYING)

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it in this step."""
        return self in (UnitState.PLANNED, UnitState.DONE, UnitState.UNCHANGED, UnitState.FAILED)


@dataclass(frozen=True)
class JobOpened:
    """terragrunt was started over `units`; `kind` is what it does to them: plan, plan -destroy, apply or destroy.

    `needs` says what each unit of the environment depends on, directly or not; `usual` what each takes in seconds,
    where that is known.
    """

    kind: str
    units: tuple[str, ...]
    at: float
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class UnitStarted:
    """terraform was started in a unit."""

    unit: str
    command: str
    at: float


@dataclass(frozen=True)
class UnitEnded:
    """terraform ended in a unit; `exit_code` is None where nobody knows it."""

    unit: str
    command: str
    exit_code: int | None
    at: float


@dataclass(frozen=True)
class ResourceBegan:
    """terraform began with one resource."""

    unit: str
    address: str
    at: float


@dataclass(frozen=True)
class ResourceEnded:
    """terraform is done with one resource; it is not `counted` where it was only read."""

    unit: str
    address: str
    counted: bool = True


@dataclass(frozen=True)
class UnitPlanned:
    """A plan of a unit was read: how many resources it has to do with, and whether it changes anything at all."""

    unit: str
    total: int
    empty: bool = False


BoardEvent = JobOpened | UnitStarted | UnitEnded | ResourceBegan | ResourceEnded | UnitPlanned


@dataclass(frozen=True)
class UnitRow:
    """One unit as it stands; `resources` are those in flight and since when, the oldest first."""

    unit: str
    state: UnitState = UnitState.WAITING
    done: int = 0
    total: int | None = None
    began: float | None = None
    ended: float | None = None
    usual: float | None = None
    resources: tuple[tuple[str, float], ...] = ()

    def elapsed(self, now: float) -> float | None:
        """Return the seconds that terraform has worked in it, None where it has not begun."""
        return None if self.began is None else max(0.0, (self.ended or now) - self.began)

    def slowest(self, now: float) -> tuple[str, float] | None:
        """Return the resource that has been in flight for the longest time, and for how long; None for none."""
        if not self.resources:
            return None
        address, since = self.resources[0]
        return address, max(0.0, now - since)

    def left(self, now: float) -> float | None:
        """Return the seconds that it usually still takes, None where nobody knows."""
        return None if self.usual is None else max(0.0, self.usual - (self.elapsed(now) or 0.0))


@dataclass(frozen=True)
class Board:
    """Every unit of a run that was told of, in the order in which they were."""

    kind: str = ""
    rows: Mapping[str, UnitRow] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    began: float = 0.0

    def told(self, event: BoardEvent) -> Board:
        """Return the board after an event."""
        if isinstance(event, JobOpened):
            return self._opened(event)
        row = self.rows.get(event.unit, UnitRow(event.unit))
        return replace(self, rows={**self.rows, event.unit: _after(row, event, self.kind)})

    def _opened(self, job: JobOpened) -> Board:
        rows = dict(self.rows)
        for unit in dict.fromkeys((*rows, *job.units)):
            row = rows.get(unit, UnitRow(unit))
            # What was planned is waiting for its own wave, once plans are carried out.
            later = row.state is UnitState.PLANNED and not job.kind.startswith("plan")
            if unit in job.units or later:
                row = UnitRow(unit, total=row.total)
            rows[unit] = replace(row, usual=job.usual.get(unit))
        turned = _turned(job.needs) if job.kind.endswith("destroy") else job.needs
        return Board(job.kind, rows, turned, self.began or job.at)

    def left(self, now: float) -> float | None:
        """Return the seconds until this step of the run is done with all its units, None where nobody knows."""
        open_ = {unit: row.left(now) for unit, row in self.rows.items() if not row.state.ended}
        return seconds_left(open_, self.needs)

    def shown(self, most: int) -> tuple[UnitRow, ...]:
        """Return the rows to show where only so many fit: what moves or failed comes before what waits or is done."""
        rows = tuple(self.rows.values())
        if len(rows) <= most:
            return rows
        chosen = sorted(rows, key=lambda it: (not it.state.at_work, it.state is not UnitState.FAILED, it.state.ended))
        kept = {it.unit for it in chosen[: max(0, most)]}
        return tuple(it for it in rows if it.unit in kept)

    @property
    def finished(self) -> int:
        """Return how many units have nothing more to do in this step."""
        return sum(row.state.ended for row in self.rows.values())


def _after(row: UnitRow, event: BoardEvent, kind: str) -> UnitRow:
    match event:
        case UnitPlanned():
            state = UnitState.UNCHANGED if event.empty else UnitState.PLANNED
            return replace(row, state=state, total=event.total, done=0)
        case UnitStarted():
            if event.command == "init":
                return replace(row, state=UnitState.STARTING)
            return replace(row, state=_working(event.command, kind), began=event.at, ended=None)
        case UnitEnded():
            return replace(row, state=_ended(event), ended=event.at, resources=())
        case ResourceBegan():
            others = tuple(it for it in row.resources if it[0] != event.address)
            return replace(row, resources=(*others, (event.address, event.at)))
        case ResourceEnded():
            others = tuple(it for it in row.resources if it[0] != event.address)
            done = row.done + event.counted
            return replace(row, resources=others, done=done if row.total is None else min(done, row.total))
        case JobOpened():
            return row


def _working(command: str, kind: str) -> UnitState:
    if command == "plan":
        return UnitState.PLANNING
    return UnitState.DESTROYING if kind == "destroy" or command == "destroy" else UnitState.APPLYING


def _ended(event: UnitEnded) -> UnitState:
    if event.exit_code != 0:
        return UnitState.FAILED
    return UnitState.PLANNED if event.command == "plan" else UnitState.DONE


def _turned(needs: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return who waits for whom when everything goes backwards."""
    return {unit: tuple(other for other, it in needs.items() if unit in it) for unit in needs}


_WEIGHT = {Action.CREATE: 1, Action.UPDATE: 1, Action.DELETE: 1, Action.REPLACE: 2}


def planned(plan: Plan) -> UnitPlanned:
    """Return what a plan is to the board; a replaced resource counts twice, for it goes and it comes."""
    total = sum(_WEIGHT.get(it.action, 0) for it in plan.resource_changes)
    return UnitPlanned(plan.unit.id, total, plan.empty)


_BEGAN = re.compile(rf"{ADDRESS}: (?:Creating|Modifying|Destroying|Reading)\.\.\.")
_ENDED = re.compile(rf"{ADDRESS}: (?P<what>Creation|Modifications|Destruction|Read) complete after ")


def of_lines(unit: str, lines: Iterable[str], at: float) -> Iterable[BoardEvent]:
    """Yield what the lines that a terraform prints say of its resources."""
    for line in lines:
        if found := _BEGAN.match(line):
            yield ResourceBegan(unit, found["address"], at)
        elif found := _ENDED.match(line):
            yield ResourceEnded(unit, found["address"], counted=found["what"] != "Read")
