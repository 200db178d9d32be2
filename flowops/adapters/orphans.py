"""Provider processes that a killed terraform left behind: recognised by what they carry, and ended.

A provider does not notice that its terraform is gone; it would keep its memory, and its keys, for ever.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from flowops.adapters.marked import is_first, is_provider, pids


def reap(folder: Path) -> tuple[int, ...]:
    """End the providers of the run in `folder` that have no terraform any more, and return their pids.

    Only ours: a provider by its program, of this user, started with the run's own mark in its environment, whose parent
    has no such mark. Everywhere but on Linux nothing is known of them, and nothing is ended.
    """
    return tuple(pid for pid in pids() if _is_orphan(pid, folder) and _end(pid, folder))


def _is_orphan(pid: int, folder: Path) -> bool:
    try:
        return is_provider(pid) and is_first(pid, folder)
    except (OSError, ValueError, IndexError):
        return False  # gone meanwhile, or somebody else's


def _end(pid: int, folder: Path) -> bool:
    """Kill the process, unless its number was given to another one since it was looked at."""
    if sys.platform != "linux":
        return False
    try:
        held = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not _is_orphan(pid, folder):
            return False
        signal.pidfd_send_signal(held, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(held)
