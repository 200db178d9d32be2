"""The terraform calls of one job turned into progress lines while they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowops.adapters.follow import FollowedFile
from flowops.adapters.shim import read_calls
from flowops.model.deployment import Unit
from flowops.model.job import Job
from flowops.model.terraform_call import TerraformCall

_QUIET = {"init"}


class CallFollower:
    """Says when terraform starts and ends in a unit, and passes on what an apply prints; `step` never waits."""

    def __init__(self, job: Job, deployments: Path, say: Callable[[str], None]) -> None:
        self._job = job
        self._units = {deployments / unit.path: unit for unit in job.units}
        self._say = say
        self._files: dict[Path, FollowedFile] = {}
        self._ended: set[Path] = set()

    def step(self) -> None:
        """Say what is new since the last step."""
        for call in read_calls(self._job.calls):
            unit = self._units.get(call.unit_dir)
            if unit is not None and call.stdout not in self._ended and call.command not in _QUIET:
                self._call(unit, call)

    def _call(self, unit: Unit, call: TerraformCall) -> None:
        if call.stdout not in self._files:
            self._files[call.stdout] = FollowedFile(call.stdout)
            self._say(f"{unit.id}: {call.command} started")
        file = self._files[call.stdout]
        lines = file.lines() if call.alive else file.rest()
        if not self._job.step.plans:
            for line in filter(_worth_saying, lines):
                self._say(f"{unit.id}: {line}")
        if not call.alive:
            self._ended.add(call.stdout)
            seconds = f" after {call.ended - call.started:.1f} s" if call.ended else ""
            how = "done" if call.exit_code == 0 else f"ended with {call.exit_code}"
            self._say(f"{unit.id}: {call.command} {how}{seconds}")


def _worth_saying(line: str) -> bool:
    """Say whether a line of an apply is progress: resources by name, not the plan or the outputs again."""
    return ": Creat" in line or ": Destr" in line or ": Modif" in line or ": Still " in line
