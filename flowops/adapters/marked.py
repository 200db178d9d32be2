"""The processes that a run started, known by the mark in their environment. Everywhere but on Linux none is known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")
_MARK = b"FLOWOPS_CALLS="
_PROVIDER = "terraform-provider-"


def pids() -> Iterator[int]:
    """Yield the pids of all processes."""
    with suppress(OSError):
        yield from sorted(int(it.name) for it in PROCESSES.iterdir() if it.name.isdigit())


def is_marked(pid: int, folder: Path) -> bool:
    """Say whether a process was started for the run, or the step, whose folder this is."""
    try:
        environment = (PROCESSES / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    place = folder.resolve()
    marks = (Path(os.fsdecode(it[len(_MARK) :])).resolve() for it in environment if it.startswith(_MARK))
    return any(it.is_relative_to(place) for it in marks)


def is_first(pid: int, folder: Path) -> bool:
    """Say whether a process is a marked one whose parent is none: started by flowops, or bereft of its parent."""
    return is_marked(pid, folder) and not is_marked(_parent(pid), folder)


def is_provider(pid: int) -> bool:
    """Say whether a process of this user is a provider, by its program; OSError where it is gone."""
    place = PROCESSES / str(pid)
    return place.stat().st_uid == os.getuid() and (place / "exe").readlink().name.startswith(_PROVIDER)


def _parent(pid: int) -> int:
    """Return the parent's pid (proc(5), field 4)."""
    return int((PROCESSES / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
