"""What states looked like when this checkout last found them sound: `.flowops/states/<environment>.json`.

It spares a second look at what has not changed since, and knows what stood where the bucket's own memory is lost, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.model.deployment import Unit
from flowops.model.state_health import Former

STATES = Path(".flowops") / "states"


@dataclass(frozen=True)
class Remembered:
    """A sound state as it was; `sha256` is the hash of its bytes."""

    sha256: str
    former: Former


@dataclass(frozen=True)
class StateMemory:
    """The memory of one project."""

    project: Path

    def recall(self, environment: str) -> Mapping[str, Remembered]:
        """Return what is remembered, by unit id; a file that cannot be read remembers nothing."""
        try:
            loaded = json.loads(self._file(environment).read_bytes())
            return {unit: _remembered(it) for unit, it in loaded.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def remember(self, environment: str, found: Mapping[Unit, Remembered]) -> None:
        """Keep what was found sound just now, beside what was remembered of other units."""
        known = {**self.recall(environment), **{unit.id: it for unit, it in found.items()}}
        file = self._file(environment)
        atomic_file.private_folder(file.parent)
        data = {unit: _data(it) for unit, it in sorted(known.items())}
        atomic_file.write(file, (json.dumps(data, indent=1) + "\n").encode())

    def _file(self, environment: str) -> Path:
        return self.project / STATES / f"{environment}.json"


def _data(it: Remembered) -> dict[str, Any]:
    former = it.former
    return {
        "sha256": it.sha256,
        "serial": former.serial,
        "lineage": former.lineage,
        "resources": former.resources,
        "seen": former.when.isoformat(),
    }


def _remembered(data: Mapping[str, Any]) -> Remembered:
    when = datetime.fromisoformat(data["seen"])
    former = Former(int(data["serial"]), str(data["lineage"]), int(data["resources"]), when)
    return Remembered(str(data["sha256"]), former)
