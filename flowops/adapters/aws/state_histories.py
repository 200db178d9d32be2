"""The states of a project's units with all their versions, and what this checkout remembers of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from flowops.adapters.aws.state_history import StateHistory
from flowops.adapters.state_memory import Remembered, StateMemory
from flowops.model.access import Access
from flowops.model.deployment import Environment, Unit
from flowops.model.state import UnitState
from flowops.model.state_health import Former, KeptVersion, Seen, StateVersion, of_former, went_back

_AT_ONCE = 8
_SKEW = timedelta(minutes=15)
"""What our clock and that of S3 may differ by: further off, S3 answers nobody."""

Found = TypeVar("Found")

Open = Callable[[Environment, Access], StateHistory]
KeyOf = Callable[[Environment, Unit], str]


@dataclass(frozen=True)
class StateHistories:
    """`open_` returns the state bucket as a role sees it, `key_of` where a unit's state lies in it."""

    open_: Open
    key_of: KeyOf
    memory: StateMemory
    terraform: str
    clock: Callable[[], datetime]

    def look(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Seen]:
        """Return each unit's state object as it stands."""
        history = self.open_(environment, Access.READ)
        return _side_by_side(lambda unit: history.look(self.key_of(environment, unit)), units)

    def former(self, environment: Environment, states: Mapping[Unit, UnitState | None]) -> Mapping[Unit, Former | None]:
        """Return the last good state before the present one; units unchanged since they were found sound left out."""
        known = self.memory.recall(environment.name)
        news = [unit for unit, state in states.items() if not _same(state, known.get(unit.id))]
        if not news:
            return {}
        history = self.open_(environment, Access.READ)

        def one(unit: Unit) -> Former | None:
            return _former(history, self.key_of(environment, unit), states[unit], known.get(unit.id))

        return _side_by_side(one, news)

    def remember(self, environment: Environment, states: Mapping[Unit, UnitState | None]) -> None:
        """Keep that these states were found sound."""
        now = self.clock()
        found = {
            unit: Remembered(state.sha256, Former(state.serial, state.lineage, state.resources, now))
            for unit, state in states.items()
            if state is not None
        }
        if found:
            self.memory.remember(environment.name, found)

    def versions(self, environment: Environment, unit: Unit) -> tuple[KeptVersion, ...]:
        """Return every version that is kept of a unit's state, newest first."""
        history, key = self.open_(environment, Access.READ), self.key_of(environment, unit)

        def kept(version: StateVersion) -> KeptVersion:
            return KeptVersion(version, None if version.gone else history.content(key, version.id))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return tuple(pool.map(kept, history.versions(key)))

    def restore(self, environment: Environment, unit: Unit, version: str) -> None:
        """Make a version the present one, as who applies; LockHeld where somebody works on the state."""
        self.open_(environment, Access.WRITE).restore(self.key_of(environment, unit), version)


def _same(state: UnitState | None, remembered: Remembered | None) -> bool:
    return state is not None and remembered is not None and state.sha256 == remembered.sha256


def _former(history: StateHistory, key: str, state: UnitState | None, remembered: Remembered | None) -> Former | None:
    """Return what the present state has to follow on: the last good version, or what we remember of a later one."""
    versions = history.versions(key)
    before = _last_good(history, key, versions)
    if remembered is None or (before is not None and not went_back(state, remembered.former)):
        return before
    since = [it for it in versions if it.when >= remembered.former.when - _SKEW and not it.gone]
    if any(history.accepted(key, it.id) for it in since):
        return before  # somebody has chosen an older one since, and what stands follows on that
    return replace(remembered.former, version=before.version if before else "")


def _last_good(history: StateHistory, key: str, versions: Iterable[StateVersion]) -> Former | None:
    for version in versions:
        document = None if version.current or version.gone else Seen(history.content(key, version.id)).document
        if document is not None:
            return of_former(document, version)
    return None


def _side_by_side(function: Callable[[Unit], Found], units: Iterable[Unit]) -> dict[Unit, Found]:
    chosen = tuple(units)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(chosen, pool.map(function, chosen), strict=True))
