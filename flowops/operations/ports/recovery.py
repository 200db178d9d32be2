"""What finding and mending damaged, unsaved and forgotten things needs of the outside world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flowops.model.creations import Creation
from flowops.model.deployment import Environment, Unit
from flowops.model.state import UnitState
from flowops.model.state_health import Former, KeptVersion, Seen
from flowops.model.unsaved import UnsavedState


class Histories(Protocol):
    """The states of units with all their versions."""

    @property
    def terraform(self) -> str:
        """Return the version of terraform that works on them."""

    def look(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Seen]:
        """Return each unit's state object as it stands."""

    def former(self, environment: Environment, states: Mapping[Unit, UnitState | None]) -> Mapping[Unit, Former | None]:
        """Return the last good state before the present one; units unchanged since they were found sound left out."""

    def remember(self, environment: Environment, states: Mapping[Unit, UnitState | None]) -> None:
        """Keep that these states were found sound."""

    def versions(self, environment: Environment, unit: Unit) -> Sequence[KeptVersion]:
        """Return every version that is kept of a unit's state, newest first."""

    def restore(self, environment: Environment, unit: Unit, version: str) -> None:
        """Make a version the present one, as who applies; LockHeld where somebody works on the state."""


class Unsaved(Protocol):
    """The states that terraform could not save."""

    def collect(self, units: Iterable[Unit]) -> Mapping[Unit, tuple[UnsavedState, ...]]:
        """Keep every unsaved state of the units in a safe place; return what is kept of each that has one."""

    def release(self, unit: Unit, saved: UnsavedState) -> Sequence[str]:
        """Delete every copy of a state that has been saved, and return where others of the unit are set aside."""


class Creations(Protocol):
    """What terraforms that did not come to their end said they had created."""

    def of(self, units: Iterable[Unit]) -> Mapping[Unit, tuple[Creation, ...]]:
        """Return what was created or begun for each unit, oldest first; units without any left out."""


class UnitTerraform(Protocol):
    """terraform in the working copy of one unit."""

    def push(self, unit: Unit, state: Path, folder: Path, env: Mapping[str, str], *, force: bool) -> str:
        """Push a state and return what terraform said against it, "" where it is done."""

    def untaint(self, unit: Unit, address: str, folder: Path, env: Mapping[str, str]) -> str:
        """Take the mark off a resource and return what terraform said against it, "" where it is done."""


class ImportFiles(Protocol):
    """The folders of units, as far as imports are written there."""

    def write(self, unit: Unit, text: str) -> str:
        """Write `imports.tf` into the unit's folder and return its path; Refused where another one is there."""


@dataclass(frozen=True)
class Lookback:
    """What a run needs to know of earlier ones."""

    histories: Histories
    creations: Creations


@dataclass(frozen=True)
class RecoveryTools:
    """What only a recovery needs."""

    unsaved: Unsaved
    terraform: UnitTerraform
    imports: ImportFiles
