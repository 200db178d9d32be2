"""In-memory histories of states, unsaved states, and a terraform that pushes and untaints on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flowops.model.creations import Creation
from flowops.model.deployment import Environment, Unit
from flowops.model.state import UnitState
from flowops.model.state_health import Former, KeptVersion, Seen, StateVersion
from flowops.model.unsaved import UnsavedState

START = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def state(serial: int = 5, *addresses: str, lineage: str = "one", **more: Any) -> bytes:
    """Return a state with these resources, each `type.name`, or `type.name!` for a tainted one."""
    resources = [_resource(address) for address in addresses]
    document = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": lineage, "outputs": {}}
    return json.dumps({**document, "resources": resources, **more}).encode()


def _resource(address: str) -> dict[str, Any]:
    type_, _, name = address.removesuffix("!").partition(".")
    instance = {"attributes": {"id": f"id-{name}"}, **({"status": "tainted"} if address.endswith("!") else {})}
    return {"mode": "managed", "type": type_, "name": name, "instances": [instance]}


@dataclass
class FakeHistories:
    """Each unit's versions, oldest first; None is a deletion. `accepted` are those that were restored, as `v1`.

    What is `overwritten` stands after a restore, because somebody else writes, too.
    """

    kept: dict[Unit, list[bytes | None]] = field(default_factory=dict)
    before: dict[Unit, Former] = field(default_factory=dict)
    accepted: dict[Unit, list[str]] = field(default_factory=dict)
    remembered: list[Unit] = field(default_factory=list)
    overwritten: bytes = b""
    terraform: str = "1.11.4"

    def look(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Seen]:
        return {unit: self._seen(unit) for unit in units}

    def _seen(self, unit: Unit) -> Seen:
        kept = self.kept.get(unit, [])
        return Seen(kept[-1] if kept else None, f"v{len(kept)}")

    def former(self, environment: Environment, states: Mapping[Unit, UnitState | None]) -> Mapping[Unit, Former | None]:
        return {unit: self.before.get(unit) for unit in states}

    def remember(self, environment: Environment, states: Mapping[Unit, UnitState | None]) -> None:
        self.remembered += states

    def versions(self, environment: Environment, unit: Unit) -> Sequence[KeptVersion]:
        kept = self.kept.get(unit, [])
        return [
            KeptVersion(
                StateVersion(f"v{number}", START + timedelta(hours=number), 0, number == len(kept), raw is None), raw
            )
            for number, raw in reversed(list(enumerate(kept, start=1)))
        ]

    def restore(self, environment: Environment, unit: Unit, version: str) -> None:
        self.accepted.setdefault(unit, []).append(version)
        self.kept[unit].append(self.kept[unit][int(version[1:]) - 1])
        if self.overwritten:
            self.kept[unit].append(self.overwritten)


@dataclass
class FakeCreations:
    """What earlier runs made."""

    made: dict[Unit, tuple[Creation, ...]] = field(default_factory=dict)

    def of(self, units: Iterable[Unit]) -> Mapping[Unit, tuple[Creation, ...]]:
        return {unit: self.made[unit] for unit in units if unit in self.made}


@dataclass
class FakeUnsaved:
    """Unsaved states, newest first."""

    kept: dict[Unit, tuple[UnsavedState, ...]] = field(default_factory=dict)

    def add(self, unit: Unit, *contents: bytes) -> None:
        self.kept[unit] = tuple(UnsavedState(f"/kept/{it!r}", it, START) for it in contents)

    def collect(self, units: Iterable[Unit]) -> Mapping[Unit, tuple[UnsavedState, ...]]:
        return {unit: self.kept[unit] for unit in units if unit in self.kept}

    def release(self, unit: Unit, saved: UnsavedState) -> Sequence[str]:
        return [it.path for it in self.kept.pop(unit) if it != saved]


@dataclass
class FakeUnitTerraform:
    """Pushes what is unsaved into the histories, unless there is a `trouble`; `lies` where it says so and does not.

    `afterwards` is called once a push or untaint is done.
    """

    histories: FakeHistories
    unsaved: FakeUnsaved
    trouble: str = ""
    lies: bool = False
    afterwards: Callable[[], object] = lambda: None
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def push(self, unit: Unit, state: Path, folder: Path, env: Mapping[str, str], *, force: bool) -> str:
        self.calls.append(("push", unit.id, "force" if force else "", folder.name, *env))
        if not self.trouble and not self.lies:
            raw = next(it.raw for it in self.unsaved.kept[unit] if it.path == str(state))
            self.histories.kept.setdefault(unit, []).append(raw)
        self.afterwards()
        return self.trouble

    def untaint(self, unit: Unit, address: str, folder: Path, env: Mapping[str, str]) -> str:
        self.calls.append(("untaint", unit.id, address, folder.name, *env))
        if not self.trouble and not self.lies:
            document = json.loads(self.histories.kept[unit][-1] or b"")
            for resource in document["resources"]:
                if f"{resource['type']}.{resource['name']}" == address:
                    resource["instances"][0].pop("status")
            document["serial"] += 1
            self.histories.kept[unit].append(json.dumps(document).encode())
        self.afterwards()
        return self.trouble


@dataclass
class FakeImports:
    """The files that were written, by unit."""

    written: dict[Unit, str] = field(default_factory=dict)

    def write(self, unit: Unit, text: str) -> str:
        self.written[unit] = text
        return f"{unit.path}/imports.tf"
