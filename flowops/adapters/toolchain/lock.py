"""Let one flowops at a time install a tool; the others wait and then find it there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowops.adapters.toolchain.machine import Machine
from flowops.adapters.toolchain.pace import Pace

_LOOK_AGAIN = 0.2


@contextmanager
def alone(path: Path, machine: Machine, what: str) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs, waiting for another flowops that holds it.

    The kernel releases it when the holder ends, however that happens.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if not _taken(descriptor):
            _wait(descriptor, machine, what)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, machine: Machine, what: str) -> None:
    title = f"waiting for another flowops to finish installing {what}"
    machine.progress(title)
    pace = Pace(machine, title)
    while not _taken(descriptor):
        machine.pause(_LOOK_AGAIN)
        pace.say("it is still at work")


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
