"""Looks after terraforms that take too long: says what they are about, and interrupts a unit that is out of time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from signal import SIGINT

from flowops import atomic_file
from flowops.adapters.follow import FollowedFile
from flowops.adapters.following import Tell
from flowops.adapters.shim import INTERRUPTED
from flowops.model.deployment import Unit
from flowops.model.duration import spell
from flowops.model.job import Job
from flowops.model.patience import Doing, Patience
from flowops.model.terraform_call import TerraformCall

Usual = Callable[[], Mapping[str, float]]


@dataclass
class _Watched:
    """One terraform: how often it was spoken of, when it was interrupted, and whether it was said that it goes on."""

    spoken: int = 0
    interrupted: float = 0.0
    goes_on: bool = False


class Watchdog:
    """Watches the terraforms of one job; `usual` is asked for only when one works longer than the shortest time."""

    def __init__(
        self,
        job: Job,
        deployments: Path,
        say: Callable[[str], None],
        tell: Tell,
        *,
        usual: Usual,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._units = {deployments / unit.path: unit for unit in job.units}
        self._limit = job.unit_timeout
        self._say, self._tell, self._read_usual, self._clock = say, tell, usual, clock
        self._patience = patience or Patience()
        self._since: dict[Unit, float] = {}
        self._watched: dict[Path, _Watched] = {}

    @cached_property
    def _usual(self) -> Mapping[str, float]:
        return self._read_usual()

    def step(self, calls: Iterable[TerraformCall]) -> None:
        """Look at every call of the job; oldest first, so that a unit's time begins with its first one."""
        now = self._clock()
        for call in calls:
            unit = self._units.get(call.unit_dir)
            if unit is None:
                continue
            since = self._since.setdefault(unit, call.started)
            if call.alive:
                self._look(unit, call, now - since, now)

    def _look(self, unit: Unit, call: TerraformCall, seconds: float, now: float) -> None:
        watched = self._watched.setdefault(call.stdout, _Watched())
        if watched.interrupted:
            self._after_interrupt(unit, call, watched, now)
        elif self._limit is not None and seconds >= self._limit:
            watched.interrupted = now
            self._interrupt(unit, call, seconds)
        else:
            self._speak(unit, call, watched, now - call.started)

    def _speak(self, unit: Unit, call: TerraformCall, watched: _Watched, seconds: float) -> None:
        if seconds < min(self._patience.shortest, self._patience.unknown):
            return
        usual = self._usual.get(unit.id) if call.command != "init" else None
        alarms = self._patience.alarms(seconds, usual)
        if alarms <= watched.spoken:
            return
        watched.spoken = alarms
        doing = Doing.of((*FollowedFile(call.stdout).rest(), *FollowedFile(call.stderr).rest()))
        known = f"usually {spell(usual)}" if usual is not None else "its usual time is not known"
        self._say(f"{unit.id}: {call.command} works for {spell(seconds)}, {known}; {self._about(call, doing)}")
        self._tell(
            "unit-slow",
            unit=unit.id,
            command=call.command,
            seconds=round(seconds, 1),
            usual=usual,
            in_flight=list(doing.in_flight),
            last=doing.last,
        )

    def _about(self, call: TerraformCall, doing: Doing) -> str:
        at = f"at work: {', '.join(doing.in_flight)}; " if doing.in_flight else ""
        if not doing.last:
            return f"{at}terraform has said nothing yet (pid {call.pid})"
        silent = max(0.0, self._clock() - max(_written(call.stdout), _written(call.stderr)))
        return f"{at}terraform (pid {call.pid}) last said {spell(silent)} ago: {doing.last}"

    def _interrupt(self, unit: Unit, call: TerraformCall, seconds: float) -> None:
        reason = f"interrupted after {spell(seconds)} (unit timeout)"
        # Before the signal, so that whoever reads how it ended finds why.
        atomic_file.write(call.stdout.with_name(INTERRUPTED), reason.encode())
        with suppress(ProcessLookupError):
            os.kill(call.pid, SIGINT)
        self._say(f"{unit.id}: {call.command} {reason}; it saves what it has, the other units go on")
        self._tell("unit-interrupted", unit=unit.id, command=call.command, seconds=round(seconds, 1))

    def _after_interrupt(self, unit: Unit, call: TerraformCall, watched: _Watched, now: float) -> None:
        waited = now - watched.interrupted
        if watched.goes_on or waited < self._patience.grace:
            return
        watched.goes_on = True
        self._say(
            f"{unit.id}: {call.command} still works {spell(waited)} after the interrupt; "
            f"kill -9 {call.pid} would lose what it has not saved yet"
        )


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
