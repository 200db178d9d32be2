"""The terraform calls of one job turned into progress lines while they run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from flowops.adapters.follow import FollowedFile
from flowops.adapters.progress import Progress
from flowops.model.board import UnitEnded, UnitStarted, of_lines
from flowops.model.deployment import Unit
from flowops.model.job import Job
from flowops.model.terraform_call import TerraformCall

_QUIET = {"init"}

Tell = Callable[..., None]
"""Takes an event: its kind, and what belongs to it by name."""


def unheard(_kind: str, **_data: object) -> None:
    """Take an event that nobody keeps."""


class CallFollower:
    """Says when terraform starts and ends in a unit, and passes on what an apply prints; `step` never waits.

    Where a board is shown, that is told of it, and only the ends are said.
    """

    def __init__(self, job: Job, deployments: Path, say: Callable[[str], None], tell: Tell, progress: Progress) -> None:
        self._job = job
        self._units = {deployments / unit.path: unit for unit in job.units}
        self._say = say
        self._tell = tell
        self._progress = progress
        self._files: dict[Path, FollowedFile] = {}
        self._ended: set[Path] = set()

    def step(self, calls: Iterable[TerraformCall]) -> None:
        """Say what is new since the last step in the calls of the job."""
        for call in calls:
            unit = self._units.get(call.unit_dir)
            if unit is None or call.stdout in self._ended:
                continue
            if call.command in _QUIET:
                self._quiet_call(unit, call)
            else:
                self._call(unit, call)

    def _quiet_call(self, unit: Unit, call: TerraformCall) -> None:
        if call.stdout not in self._files:
            self._files[call.stdout] = FollowedFile(call.stdout)
            self._progress.tell(UnitStarted(unit.id, call.command, call.started))
        if not call.alive:
            self._ended.add(call.stdout)
            if call.exit_code != 0:
                self._progress.tell(UnitEnded(unit.id, call.command, call.exit_code, call.ended or time.time()))

    def _call(self, unit: Unit, call: TerraformCall) -> None:
        if call.stdout not in self._files:
            self._files[call.stdout] = FollowedFile(call.stdout)
            if not self._progress.shown:
                self._say(f"{unit.id}: {call.command} started")
            self._progress.tell(UnitStarted(unit.id, call.command, call.started))
            self._tell("unit-started", unit=unit.id, command=call.command, pid=call.pid)
        file = self._files[call.stdout]
        lines = list(file.lines() if call.alive else file.rest())
        self._progress.output(unit.id, lines)
        for event in of_lines(unit.id, lines, time.time()):
            self._progress.tell(event)
        if not self._job.step.plans and not self._progress.shown:
            for line in filter(_worth_saying, lines):
                self._say(f"{unit.id}: {line}")
        if not call.alive:
            self._ended.add(call.stdout)
            seconds = f" after {call.ended - call.started:.1f} s" if call.ended else ""
            how = "done" if call.exit_code == 0 else f"ended with {call.exit_code}"
            self._say(f"{unit.id}: {call.command} {how}{seconds}")
            self._progress.tell(UnitEnded(unit.id, call.command, call.exit_code, call.ended or time.time()))
            took = round(call.ended - call.started, 3) if call.ended else None
            self._tell("unit-ended", unit=unit.id, command=call.command, exit_code=call.exit_code, seconds=took)


def _worth_saying(line: str) -> bool:
    """Say whether a line of an apply is progress: resources by name, not the plan or the outputs again."""
    return ": Creat" in line or ": Destr" in line or ": Modif" in line or ": Still " in line
