"""The folder of a pool: held while somebody needs it, and swept away once nobody does."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL

from flowops.adapters import flock
from flowops.adapters.shim import is_running
from flowops.adapters.terraform_shim import start_ticks
from flowops.errors import ToolUnusable

CONTROL = "control"
"""The socket over which the owner speaks to the pool."""

EXPECTED = "expected.json"
"""What the owner knows will be needed when it starts the pool: `binaries`, and `env` for them."""

PROVIDER = "provider-"
_GONE = ".gone"


def private(path: Path, user: int | None = None) -> Path:
    """Return `path` as a private folder of ours; ToolUnusable where somebody else made it, as anybody can in /tmp."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    about, we = path.lstat(), os.getuid() if user is None else user
    if path.is_symlink() or about.st_uid != we or about.st_mode & 0o077:
        raise ToolUnusable(f"The folder {path} is not private to this user.")
    return path


def claim(runtime: Path) -> tuple[Path, int]:
    """Return a new folder below `runtime` and the descriptor that holds it; what nobody holds is swept away first."""
    with flock.opened(runtime, flock.FOLDER) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # so that nobody sweeps a folder between its making and its holding
        sweep(runtime)
        folder = Path(tempfile.mkdtemp(dir=runtime, prefix=""))
        return folder, hold(folder)


def hold(folder: Path) -> int:
    """Return a descriptor: until it is closed, or this process has ended, nobody sweeps the folder away.

    Whether a pid is alive would not tell: containers may share a /tmp, but do not see each other's processes.
    """
    descriptor = os.open(folder, flock.FOLDER)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def remember(path: Path, pid: int) -> None:
    """Write down a process so that it is told from a later one with the same number."""
    path.write_text(f"{pid} {start_ticks(pid)}")


def sweep(runtime: Path, kill: Callable[[int, int], None] = os.kill) -> None:
    """Remove what killed pools left below `runtime`: their folders, and providers that outlived them."""
    for folder in runtime.iterdir():
        sweep_one(folder, kill)


def sweep_one(folder: Path, kill: Callable[[int, int], None] = os.kill) -> bool:
    """Remove what one killed pool left, and say whether that was so: somebody may hold it, or it is no folder."""
    with suppress(OSError), flock.opened(folder, flock.FOLDER) as descriptor:
        if flock.taken(descriptor):
            _end_providers(folder, kill)
            remove(folder)
            return True
    return False


def remove(folder: Path) -> None:
    """Remove a pool's folder; whoever looks for a mark in it finds the mark or no folder, never a folder without it."""
    gone = folder.with_name(f"{folder.name}{_GONE}")
    with suppress(OSError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _end_providers(folder: Path, kill: Callable[[int, int], None]) -> None:
    for file in folder.glob(f"{PROVIDER}*.pid"):
        found = _remembered(file)
        if found and found[1] and is_running(*found):
            with suppress(OSError):
                kill(found[0], SIGKILL)


def _remembered(file: Path) -> tuple[int, int] | None:
    """Return a process's number and start; None where they are not written down, or not yet."""
    try:
        pid, ticks = map(int, file.read_text().split())
    except (OSError, ValueError):
        return None
    return pid, ticks
