"""In-memory ports of what guards a run: files and plan files, a working copy, and what deleting needs of AWS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flowops.errors import OperationFailed
from flowops.model.binding import SavedPlan
from flowops.model.changes import Plan
from flowops.model.deployment import Environment, Unit
from flowops.model.leftovers import Leftover, Standing
from flowops.model.obstacles import Doomed, Found
from flowops.model.protection import Protection
from flowops.model.safeguards import GitState


class Serials(Protocol):
    """A cloud that knows what stands, and with which serial."""

    resources: dict[Unit, int]
    serials: dict[Unit, int]


@dataclass
class FakeSources:
    """Files by unit, and plan files that carry the serial which the cloud has while they are made."""

    cloud: Serials
    texts: dict[Unit, dict[str, str]] = field(default_factory=dict)
    locks: dict[Unit, str] = field(default_factory=dict)
    made: dict[str, SavedPlan] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=lambda: {"terraform": "1.11.4", "terragrunt": "1.1.3"})
    kept: list[Mapping[str, Mapping[str, object]]] = field(default_factory=list)
    read: dict[Unit, frozenset[str]] = field(default_factory=dict)

    def files(self, unit: Unit) -> Mapping[str, str]:
        return dict(self.texts.get(unit, {}))

    def lock(self, unit: Unit) -> str:
        return self.locks.get(unit, "")

    def reads(self, unit: Unit) -> frozenset[str]:
        return self.read.get(unit, frozenset())

    def saved(self, plan: Plan) -> SavedPlan:
        standing = plan.unit in self.cloud.resources
        serial = self.cloud.serials.get(plan.unit, 1) if standing else 0
        return self.made.setdefault(plan.file, SavedPlan(f"hash of {plan.file}", serial, "lineage" if standing else ""))

    def tools(self) -> Mapping[str, str]:
        return dict(self.versions)

    def keep(self, folder: Path, records: Mapping[str, Mapping[str, object]]) -> None:
        self.kept.append(records)


@dataclass
class FakeGit:
    """A working copy as it is told to be; counts how often its upstream was asked."""

    found: GitState | None = None
    fetched: int = 0

    def state(self, *, fetch: bool) -> GitState | None:
        self.fetched += fetch
        return self.found


@dataclass
class FakeDemolition:
    """Stands in the way and leaves behind what it is told to; remembers what was done, and when.

    `refusing` are the names of what nobody lets us lift or delete.
    """

    found: Found = field(default_factory=Found)
    standing: tuple[Standing, ...] = ()
    refusing: set[str] = field(default_factory=set)
    looked_for: list[Doomed] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    on_lift: Callable[[], object] = lambda: None

    def obstacles(self, environment: Environment, wanted: Doomed) -> Found:
        self.looked_for.append(wanted)
        return self.found

    def lift(self, environment: Environment, protection: Protection) -> None:
        self.on_lift()
        self._do(f"lift {protection.name}", protection.name)

    def left(self, environment: Environment, layers: Collection[str]) -> tuple[Standing, ...]:
        if "tags" in self.refusing:
            raise OperationFailed("The tagging API does not answer.")
        return self.standing

    def delete(self, environment: Environment, leftover: Leftover) -> None:
        self._do(f"delete {leftover.arn}", leftover.arn)

    def _do(self, what: str, name: str) -> None:
        if name in self.refusing:
            raise OperationFailed(f"AWS refused to {what}.")
        self.done.append(what)
