"""Whether the holder of a terraform lock still works: what the runs of this project recorded tells it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flowops.adapters.at_work import RecordedRuns
from flowops.adapters.this_machine import ThisMachine
from flowops.model.deployment import Unit
from flowops.model.locks import Life, Sign, moment
from flowops.model.state import Lock


@dataclass(frozen=True)
class LockHolders:
    """Looks for holders among the terraforms that runs of this project started on this machine.

    A lock names user and host, and neither process nor run; those are found by unit and time.
    """

    runs: RecordedRuns
    deployments: Path
    here: ThisMachine

    def sign(self, unit: Unit | None, lock: Lock) -> Sign:
        """Return what is known of a lock's holder."""
        created = moment(lock.created)
        if not lock.id or created is None:
            return Sign(Life.UNKNOWN, "its object is empty or damaged")
        if lock.who.rpartition("@")[2] != self.here.host:
            return Sign(Life.UNKNOWN, "another host")
        if unit is None:
            return Sign(Life.UNKNOWN, "its unit is not in the tree")
        return self._of_runs(unit, created.timestamp())

    def _of_runs(self, unit: Unit, created: float) -> Sign:
        calls = list(self.runs.calls_of((self.deployments / unit.path).resolve(), created))
        for run, call in calls:
            if call.alive:
                return Sign(Life.LIVES, f"terraform {call.command}, process {call.pid} of run {run}")
        for run, call in calls:
            return Sign(Life.GONE, f"terraform {call.command}, process {call.pid} of run {run}, has ended")
        return Sign(Life.UNKNOWN, "on this host, but in no run of this project: terraform by hand?")
