"""Wait for what other processes do by watching them, never by a guess at how long it takes."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], None]]:
    """Hold on to a process that is not our child; the yielded function waits for its end."""
    pidfd = os.pidfd_open(pid)

    def await_end() -> None:
        assert select.select([pidfd], [], [], PATIENCE)[0], f"process {pid} did not end within {PATIENCE} s"

    try:
        yield await_end
    finally:
        os.close(pidfd)


def await_true(condition: Callable[[], bool], what: str) -> None:
    """Look until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE} s"
        select.select([], [], [], 0.005)


def await_text(path: Path) -> str:
    """Return the content of a file once there is some."""
    await_true(lambda: path.exists() and path.stat().st_size > 0, f"{path.name}")
    return path.read_text()
