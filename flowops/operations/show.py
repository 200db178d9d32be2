"""What stands and how it hangs together: graph, status and outputs. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowops.errors import OperationFailed
from flowops.model.deployment import Selection, Unit
from flowops.model.state import Lock, Output, UnitState
from flowops.operations.ports.run import Cloud, Engine

MASK = "(sensitive)"


@dataclass(frozen=True)
class GraphRow:
    """A unit, the wave it is applied in (from 1), and what it depends on directly."""

    unit: Unit
    wave: int
    dependencies: tuple[Unit, ...]


@dataclass(frozen=True)
class StatusRow:
    """A unit, its state (None: never applied) and who holds its lock."""

    unit: Unit
    state: UnitState | None
    lock: Lock | None


def graph(selection: Selection, *, engine: Engine) -> tuple[GraphRow, ...]:
    """Return the selected units in the order in which they are applied."""
    with engine.reading(selection.environment) as read:
        found = read()
    waves = enumerate(found.waves(selection.units), start=1)
    return tuple(
        GraphRow(unit, number, tuple(sorted(found.dependencies[unit]))) for number, wave in waves for unit in wave
    )


def status(selection: Selection, *, cloud: Cloud) -> tuple[StatusRow, ...]:
    """Return what state and lock each selected unit has."""
    states = cloud.states(selection.environment, selection.units)
    locks = cloud.locks(selection.environment, selection.units)
    return tuple(StatusRow(unit, states[unit], locks.get(unit)) for unit in selection.units)


def outputs(selection: Selection, *, cloud: Cloud) -> Mapping[Unit, Mapping[str, Any]]:
    """Return the outputs of each selected unit that has any, sensitive values masked.

    Raises OperationFailed where nothing was ever applied.
    """
    states = cloud.states(selection.environment, selection.units)
    found = {unit: _shown(state.outputs) for unit, state in states.items() if state is not None and state.outputs}
    if not found:
        raise OperationFailed(
            f"{selection.name} has no outputs: nothing is applied there.",
            not_done="",
            next_step=f"flowops apply {selection.name}",
        )
    return found


def _shown(values: Mapping[str, Output]) -> dict[str, Any]:
    return {name: MASK if output.sensitive else output.value for name, output in sorted(values.items())}
