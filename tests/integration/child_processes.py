"""Wait for what other processes do by watching them, never by a guess at how long it takes."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 240
"""Seconds that anything may take, a plan and the apply after it too, beside everything else that is tested."""


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


def tree_of(pid: int) -> list[int]:
    """Return a process and all that it started, directly or not, in whatever session: what a CI runner kills."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                parent = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for it in found:
        found.extend(children.get(it, ()))
    return found


def await_true(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Look until `condition` holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {patience} s"
        select.select([], [], [], 0.005)


@contextmanager
def meanwhile(strike: Callable[[], None], *, otherwise: Callable[[], object]) -> Iterator[None]:
    """Let `strike` happen beside the block, and raise what went wrong with it when both have ended.

    The block takes over signals, so it stays with the main thread. `otherwise` ends what the block waits for where the
    strike, which would have, failed.
    """

    def struck() -> None:
        try:
            strike()
        except BaseException:
            otherwise()
            raise

    with ThreadPoolExecutor(1) as pool:
        striking = pool.submit(struck)
        yield
    striking.result()


def await_text(path: Path) -> str:
    """Return the content of a file once there is some."""
    await_true(lambda: path.exists() and path.stat().st_size > 0, f"{path.name}")
    return path.read_text()
