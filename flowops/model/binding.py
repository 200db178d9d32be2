"""What a saved plan was made on. When that has moved, the plan is no longer what was shown, and is not applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowops.model.deployment import Unit
from flowops.model.state import UnitState


@dataclass(frozen=True)
class SavedPlan:
    """A plan file: the hash of its bytes, and serial and lineage of the state that it was made on."""

    hash: str
    serial: int = 0
    lineage: str = ""


@dataclass(frozen=True)
class Fingerprint:
    """Everything that one unit's saved plan depends on.

    `files` are the hashes of the unit's folder, of what stands above it and of its module, by path in the project.
    `lock` is that of the providers' lock file. `inputs` are hashes of the outputs that it reads, by upstream unit; they
    may be guessed back, so they are never written down.
    """

    plan: SavedPlan
    files: Mapping[str, str]
    lock: str
    account: str
    tools: Mapping[str, str]
    inputs: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def tree(self) -> str:
        """Return one hash for all files."""
        return digest(dict(self.files))

    def record(self) -> dict[str, object]:
        """Return what a journal keeps of it."""
        return {
            "plan": self.plan.hash,
            "serial": self.plan.serial,
            "lineage": self.plan.lineage,
            "tree": self.tree,
            "lock": self.lock,
            "account": self.account,
            "tools": dict(self.tools),
        }


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def inputs_of(states: Mapping[Unit, UnitState | None]) -> Mapping[str, str]:
    """Return a hash of the outputs of each unit; "" where it has none, and so nothing that others could have read."""
    return {
        unit.id: digest({name: it.value for name, it in state.outputs.items()}) if state and state.outputs else ""
        for unit, state in states.items()
    }


def moved(then: Fingerprint, now: Fingerprint, state: UnitState | None) -> tuple[str, ...]:
    """Return what is different `now` and in the present state from what a plan was made on, a sentence for each."""
    return (*_plan_moved(then.plan, now.plan), *_state_moved(then.plan, state), *_ground_moved(then, now))


def _plan_moved(then: SavedPlan, now: SavedPlan) -> Iterator[str]:
    if then.hash != now.hash:
        yield "the plan file is not the one that was shown" if now.hash else "the plan file is gone, or is no plan"


def _state_moved(then: SavedPlan, state: UnitState | None) -> Iterator[str]:
    serial, lineage = (state.serial, state.lineage) if state else (0, "")
    if state is None and then.serial:
        yield f"the state with serial {then.serial} is gone"
    elif then.serial and lineage != then.lineage:
        yield f"state lineage {then.lineage} → {lineage}: it is another state"
    elif serial != then.serial:
        why = "somebody applied in between" if serial > then.serial else "an older version was put back"
        yield f"state serial {then.serial} → {serial}: {why}"


def _ground_moved(then: Fingerprint, now: Fingerprint) -> Iterator[str]:
    for path in sorted(then.files.keys() | now.files.keys()):
        if then.files.get(path) != now.files.get(path):
            how = "is new" if path not in then.files else "changed" if path in now.files else "is gone"
            yield f"{path} {how}"
    if then.lock != now.lock:
        yield "the lock file of the providers changed"
    if then.account != now.account:
        yield f"account {then.account} → {now.account}"
    for name in sorted(then.tools.keys() | now.tools.keys()):
        if then.tools.get(name) != now.tools.get(name):
            yield f"{name} {then.tools.get(name)} → {now.tools.get(name)}"
    for unit in sorted(then.inputs.keys() | now.inputs.keys()):
        if then.inputs.get(unit) != now.inputs.get(unit):
            yield f"outputs of {unit} changed"
