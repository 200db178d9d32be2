"""Which processes work in a folder, or are a program of it, as Linux tells it; elsewhere none is known of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from flowops.adapters.marked import PROCESSES, pids

Used = tuple[int, str]
"""A pid, and a path that its process stands in or runs."""


def in_use() -> tuple[Used, ...]:
    """Return what every process stands in and runs, as far as this user may see it: proc(5), `cwd` and `exe`."""
    return tuple((pid, path) for pid in pids() for link in ("cwd", "exe") if (path := _target(pid, link)))


def user_of(folder: Path, used: Sequence[Used] | None = None) -> str:
    """Return in words which process works in a folder, "" for none; by `used`, or by a new look.

    Of a folder that was moved the kernel tells its new path.
    """
    place = os.path.realpath(folder)
    for pid, path in in_use() if used is None else used:
        if path == place or path.startswith(f"{place}/"):
            return f"process {pid} ({_name(pid)}) is at work in it"
    return ""


def _target(pid: int, link: str) -> str:
    try:
        return os.readlink(PROCESSES / str(pid) / link)
    except OSError:
        return ""


def _name(pid: int) -> str:
    try:
        return (PROCESSES / str(pid) / "comm").read_text(errors="replace").strip()
    except OSError:
        return "gone by now"
