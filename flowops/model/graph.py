"""How units hang together: edges, order and waves. Pure; terragrunt's `find` supplies the edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flowops.errors import UsageError
from flowops.model.deployment import Unit


class CyclicDependencies(UsageError):
    """Units depend on each other in a circle; `happened` prints the whole circle."""

    def __init__(self, circle: Iterable[Unit]) -> None:
        path = " → ".join(unit.id for unit in circle)
        super().__init__(
            f"The units depend on each other in a circle: {path}.",
            not_done="Nothing was started.",
            next_step="remove one of these dependency blocks, then: flowops graph ENV",
        )


@dataclass(frozen=True)
class Graph:
    """Units and, for each, the units it depends on directly.

    Edges to units that are not in `dependencies` are not followed. Raises CyclicDependencies when made of a circle.
    """

    dependencies: Mapping[Unit, frozenset[Unit]]

    def __post_init__(self) -> None:
        left = {unit: set(needs) & self.dependencies.keys() for unit, needs in self.dependencies.items()}
        while ready := {unit for unit, needs in left.items() if not needs}:
            left = {unit: needs - ready for unit, needs in left.items() if unit not in ready}
        if left:
            raise CyclicDependencies(_circle(left))

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return every unit, by id."""
        return tuple(sorted(self.dependencies))

    def upstream(self, unit: Unit) -> frozenset[Unit]:
        """Return every unit that `unit` depends on, directly or not."""
        return _closure(unit, lambda it: self.dependencies.get(it, frozenset()))

    def dependents(self, unit: Unit) -> frozenset[Unit]:
        """Return every unit that depends on `unit`, directly or not."""
        return _closure(unit, self._direct_dependents)

    def _direct_dependents(self, unit: Unit) -> frozenset[Unit]:
        return frozenset(other for other, needs in self.dependencies.items() if unit in needs)

    def waves(self, units: Iterable[Unit]) -> tuple[tuple[Unit, ...], ...]:
        """Return `units` in waves: everything a unit depends on, also through unselected units, is in earlier waves."""
        left = set(units)
        waves: list[tuple[Unit, ...]] = []
        while left:
            ready = tuple(sorted(unit for unit in left if not self.upstream(unit) & left))
            waves.append(ready)
            left -= set(ready)
        return tuple(waves)


def _closure(start: Unit, following: Callable[[Unit], frozenset[Unit]]) -> frozenset[Unit]:
    seen: set[Unit] = set()
    queue = [start]
    while queue:
        fresh = following(queue.pop()) - seen
        seen |= fresh
        queue.extend(fresh)
    return frozenset(seen)


def _circle(left: Mapping[Unit, set[Unit]]) -> list[Unit]:
    """Return one circle of units that all wait for each other, its first unit again at the end."""
    trail = [min(left)]
    while (following := min(left[trail[-1]])) not in trail:
        trail.append(following)
    return [*trail[trail.index(following) :], following]
