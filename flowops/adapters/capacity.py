"""What this machine, or the container it shares, has to give."""

from __future__ import annotations

import os
import re
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_CACHED = re.compile(r"^inactive_file (\d+)", re.MULTILINE)
_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB", re.MULTILINE)


def usable_cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = _CGROUP) -> int:
    """Return the bytes of memory that can still be taken: of the machine, or of its container where that is less."""
    found = _AVAILABLE.search(_text(meminfo))
    machine = int(found[1]) * 1024 if found else _pages()
    limit, used = _text(cgroup / "memory.max").strip(), _text(cgroup / "memory.current").strip()
    if not limit.isdigit() or not used.isdigit():
        return machine
    # Files that were read once count as used until somebody needs the room.
    cached = _CACHED.search(_text(cgroup / "memory.stat"))
    return max(0, min(machine, int(limit) - int(used) + (int(cached[1]) if cached else 0)))


def _pages() -> int:
    """Return half of the installed memory, where nobody says how much of it is free."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
