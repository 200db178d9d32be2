"""The folder of a pool: what its owner and the pool itself leave there for each other and for whoever sweeps."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL

from flowops.adapters.shim import is_running
from flowops.adapters.terraform_shim import start_ticks
from flowops.errors import ToolUnusable

CONTROL = "control"
"""The socket over which the owner speaks to the pool."""

EXPECTED = "expected.json"
"""What the owner knows will be needed when it starts the pool: `binaries`, and `env` for them."""

PROVIDER = "provider-"
POOL_PID = "pool.pid"
_GONE = ".gone"
_YOUNG = 60.0


def private(path: Path, user: int | None = None) -> Path:
    """Return `path` as a private folder of ours; ToolUnusable where somebody else made it, as anybody can in /tmp."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    about, we = path.lstat(), os.getuid() if user is None else user
    if path.is_symlink() or about.st_uid != we or about.st_mode & 0o077:
        raise ToolUnusable(f"The folder {path} is not private to this user.")
    return path


def remember(path: Path, pid: int) -> None:
    """Write down a process so that it is told from a later one with the same number."""
    path.write_text(f"{pid} {start_ticks(pid)}")


def sweep(runtime: Path, kill: Callable[[int, int], None] = os.kill) -> None:
    """Remove what killed pools left below `runtime`: their folders, and providers that outlived them."""
    for folder in runtime.iterdir():
        if _in_use(folder):
            continue
        for file in folder.glob(f"{PROVIDER}*.pid"):
            found = _remembered(file)
            if found and found[1] and is_running(*found):
                with suppress(OSError):
                    kill(found[0], SIGKILL)
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a pool's folder; whoever looks for a mark in it finds the mark or no folder, never a folder without it."""
    gone = folder.with_name(f"{folder.name}{_GONE}")
    with suppress(OSError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Say that the pool lives, or that it may be starting just now."""
    found = _remembered(folder / POOL_PID)
    if found:
        return is_running(*found)
    if folder.name.endswith(_GONE):
        return False
    try:
        return time.time() - folder.stat().st_mtime < _YOUNG
    except OSError:
        return False  # somebody else has swept it


def _remembered(file: Path) -> tuple[int, int] | None:
    """Return a process's number and start; None where they are not written down, or not yet."""
    try:
        pid, ticks = map(int, file.read_text().split())
    except (OSError, ValueError):
        return None
    return pid, ticks
