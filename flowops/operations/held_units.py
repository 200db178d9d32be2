"""Units whose terraform lock stands in a run's way, before it or behind it."""

from __future__ import annotations

from collections.abc import Iterable

from flowops.errors import FlowopsError, LockHeld
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import LOCK_STUCK, was_killed
from flowops.model.locks import release_command
from flowops.model.run import UnitRun
from flowops.model.state import Lock
from flowops.operations.ground import Ground


def locked(environment: Environment, unit: Unit, lock: Lock) -> LockHeld:
    """Return the error that names who holds a unit's lock, or what frees one that says nothing."""
    if not lock.id:
        return LockHeld(
            f"The lock on {unit.id} is empty or damaged, so nobody can tell who holds it.",
            not_done="No unit was started.",
            next_step=f"{release_command(environment, '', unit.id)}, once nobody works on that unit",
        )
    return LockHeld(
        f"{unit.id} is locked by {lock}.",
        not_done="No unit was started.",
        next_step=f"flowops locks list {environment.name}, and the same command again once the lock is gone",
    )


def stuck_locks(ground: Ground, runs: Iterable[UnitRun]) -> list[str]:
    """Return for each unit whose lock this run, or a terraform of it that was killed, left the exact command for it."""
    stuck = {run.unit: LOCK_STUCK for run in runs if run.outcome.done and run.reason == LOCK_STUCK}
    stuck |= {run.unit: "still locked by its killed terraform" for run in runs if was_killed(run)}
    if not stuck:
        return []
    environment = ground.selection.environment
    try:
        held = ground.ports.cloud.locks(environment, stuck)
    except FlowopsError as error:
        return [f"whether locks are stuck is not known: {error.happened}"]
    return [
        f"{unit.id} is {stuck[unit]}: {release_command(environment, lock.id, unit.id)}"
        for unit, lock in sorted(held.items())
    ]
