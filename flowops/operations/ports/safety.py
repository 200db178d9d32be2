"""What makes a run dare to change something: what it looks at besides plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flowops.model.binding import SavedPlan
from flowops.model.changes import Plan
from flowops.model.deployment import Environment, Unit
from flowops.model.leftovers import Leftover, Standing
from flowops.model.obstacles import Doomed, Found
from flowops.model.protection import Protection
from flowops.model.safeguards import GitState, GuardRules


class Sources(Protocol):
    """The files that plans are made of, and plan files."""

    def files(self, unit: Unit) -> Mapping[str, str]:
        """Return the hash of each file that decides what the unit's plan holds, by its path in the project."""

    def lock(self, unit: Unit) -> str:
        """Return the hash of the unit's lock file of providers, "" without one."""

    def reads(self, unit: Unit) -> frozenset[str]:
        """Return the names of the outputs that the unit reads of others, as far as its file says them."""

    def saved(self, plan: Plan) -> SavedPlan:
        """Return what a plan's file is now; a `hash` of "" where it is gone or is no plan."""

    def tools(self) -> Mapping[str, str]:
        """Return terraform's and terragrunt's versions as they stand now."""

    def keep(self, folder: Path, records: Mapping[str, Mapping[str, object]]) -> None:
        """Write what plans were made on into a run's folder."""


class Git(Protocol):
    """The working copy that the project lies in."""

    def state(self, *, fetch: bool) -> GitState | None:
        """Return how it stands, None outside of git; with `fetch` its upstream is asked first."""


class Demolition(Protocol):
    """What a deletion needs of AWS besides terraform: looked at with the plan role, done with the deploy role."""

    def obstacles(self, environment: Environment, wanted: Doomed) -> Found:
        """Return what AWS has that can stand in the way of deleting `wanted`."""

    def lift(self, environment: Environment, protection: Protection) -> None:
        """Switch deletion protection off; where it is off already, nothing happens."""

    def left(self, environment: Environment, layers: Collection[str]) -> tuple[Standing, ...]:
        """Return what is still there of these layers, by its tags."""

    def delete(self, environment: Environment, leftover: Leftover) -> None:
        """Delete one leftover of a kind that is deletable."""


@dataclass(frozen=True)
class Safety:
    """Everything that guards a run."""

    sources: Sources
    git: Git
    rules: GuardRules
    demolition: Demolition
