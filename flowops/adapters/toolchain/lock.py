"""Let one flowops at a time install a tool; the others wait and then find it there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowops.adapters import flock
from flowops.adapters.toolchain.machine import Machine
from flowops.adapters.toolchain.pace import Pace

_LOOK_AGAIN = 0.2


@contextmanager
def alone(path: Path, machine: Machine, what: str) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs, waiting for another flowops that holds it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with flock.opened(path) as descriptor:
        if not flock.taken(descriptor):
            _wait(descriptor, machine, what)
        yield


def _wait(descriptor: int, machine: Machine, what: str) -> None:
    title = f"waiting for another flowops to finish installing {what}"
    machine.progress(title)
    pace = Pace(machine, title)
    while not flock.taken(descriptor):
        machine.pause(_LOOK_AGAIN)
        pace.say("it is still at work")
