"""What one command costs with everything it starts: `python benchmarks/measured.py RESULT COMMAND…` (Linux).

The command has this process's folder, environment, stdin, stdout and stderr. RESULT is a file that will hold one JSON
object:

    exit_code      as a shell would say it
    wall_seconds   from its start to its own end
    cpu_seconds    user and system time of all processes that it started, directly or not
    programs       the same by program, looked at 20 times a second; "unseen" is what passed between the last look at a
                   process and its end
    memory_bytes   the most that all of them had in memory at the same time, looked at as often
    memory_programs  the same by program, at that moment
    left_over      what was still there a while after its end, and was killed

CPU time is complete, because this process is a subreaper (prctl(2)): whoever loses its parent becomes our child, in
whatever session it is, and the kernel adds up the time of all children that were waited for.

Memory is what belongs to each process alone, and once for each program what it reads from files, such as its own 700 MB
binary. This is what the sum of PSS says, too (both were compared, and differ by 1 %), but the kernel counts every page
for PSS: a look at five terraforms then costs 50 ms of CPU instead of 1 ms, and the measurement would be what is slow.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from types import FrameType

_PR_SET_CHILD_SUBREAPER = 36
_LOOK = 0.05
_PATIENCE = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PROGRAMS = {"terraform-provider": "provider", "terraform": "terraform", "terragrunt": "terragrunt"}


@dataclass(frozen=True)
class Seen:
    """One process as the kernel shows it now; `ticks` is its CPU time, `start` tells it from a later one."""

    pid: int
    parent: int
    ticks: int
    start: int


class Looks:
    """What was seen of the descendants of one process, look by look."""

    def __init__(self, ancestor: int) -> None:
        self._ancestor = ancestor
        self._born = getattr(_seen(ancestor), "start", 0)
        self._older: set[int] = set()
        self._charged: dict[tuple[int, int], tuple[int, str]] = {}
        self._spent: Counter[str] = Counter()
        self.memory: Counter[str] = Counter()

    def look(self) -> None:
        """Note what the descendants have spent since the last look, and what they have in memory now."""
        names = {}
        for it in self.family():
            before, name = self._charged.get((it.pid, it.start), (0, "other"))
            # One that has ended has no command line any more, but time that is not charged yet.
            words = _words(it.pid)
            name = program(words) if words else name
            self._charged[it.pid, it.start] = it.ticks, name
            self._spent[name] += it.ticks - before
            names[it.pid] = name
        self.memory = max(self.memory, _memory(names), key=Counter.total)

    def family(self) -> list[Seen]:
        """Return the descendants that live now."""
        pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._older &= pids
        seen = [it for pid in pids - self._older if (it := _seen(pid))]
        # Never looked at again: nobody is older than their ancestor.
        self._older |= {it.pid for it in seen if it.start < self._born}
        return _below(self._ancestor, seen)

    def seconds(self, together: float) -> dict[str, float]:
        """Return CPU seconds by program, most first, that make `together`."""
        found = {name: round(ticks / _TICKS, 3) for name, ticks in self._spent.most_common() if ticks}
        return {**found, "unseen": round(together - sum(found.values()), 3)}


def program(words: Sequence[str]) -> str:
    """Return the name by which the process with this command line is counted."""
    name = os.path.basename(words[0])
    if "flowops.adapters.providers.pool" in words:
        return "pool"
    if any("/shim/terraform" in word for word in words):
        return "shim"
    if any(os.path.basename(word) == "flowops" for word in words[:3]):
        return "flowops"
    return next((called for beginning, called in _PROGRAMS.items() if name.startswith(beginning)), "other")


def _below(ancestor: int, seen: Iterable[Seen]) -> list[Seen]:
    children: dict[int, list[Seen]] = {}
    for it in seen:
        children.setdefault(it.parent, []).append(it)
    found: list[Seen] = []
    generation = children.get(ancestor, [])
    while generation:
        found += generation
        generation = [child for it in generation for child in children.get(it.pid, ())]
    return found


def _seen(pid: int) -> Seen | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return Seen(pid, int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[19]))
    except (OSError, IndexError):
        return None


def _words(pid: int) -> list[str]:
    """Return the command line of a process; empty for one that has ended."""
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return []
    return text.rstrip("\0").split("\0") if text else []


def _memory(names: Mapping[int, str]) -> Counter[str]:
    """Return the bytes that these processes have in memory, by name; what one reads from files counts once."""
    held: Counter[str] = Counter()
    files: dict[str, tuple[int, str]] = {}
    for pid, name in names.items():
        try:
            program_file, resident = os.readlink(f"/proc/{pid}/exe"), _resident(pid)
        except OSError:
            continue  # it has ended
        held[name] += resident.get("RssAnon", 0) + resident.get("RssShmem", 0)
        files[program_file] = max(files.get(program_file, (0, name)), (resident.get("RssFile", 0), name))
    for size, name in files.values():
        held[name] += size
    return held


def _resident(pid: int) -> Mapping[str, int]:
    """Return proc(5)'s RssAnon, RssFile and RssShmem in bytes; empty for a zombie."""
    lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    return {
        name: int(text.split()[0]) * 1024 for name, _, text in (it.partition(":") for it in lines if it[:3] == "Rss")
    }


def measure(argv: Sequence[str]) -> dict[str, object]:
    """Run the command and return what it cost."""
    _adopt_orphans()
    # Ctrl-C reaches the command by itself, and what we are asked to end is it.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    looks = Looks(os.getpid())
    begun = time.monotonic()
    command = os.posix_spawnp(argv[0], list(argv), os.environ)
    signal.signal(signal.SIGTERM, lambda number, _frame: os.kill(command, number))
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(looks, over))
    watcher.start()
    try:
        code = _wait_for(command)
        wall = time.monotonic() - begun
        left_over = _wait_for_all(looks)
    finally:
        over.set()
        watcher.join()
    usage = getrusage(RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime
    return {
        "exit_code": code,
        "wall_seconds": round(wall, 3),
        "cpu_seconds": round(cpu, 3),
        "programs": looks.seconds(cpu),
        "memory_bytes": looks.memory.total(),
        "memory_programs": dict(looks.memory.most_common()),
        "left_over": left_over,
    }


def _adopt_orphans() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this process cannot become a subreaper")


def _watch(looks: Looks, over: threading.Event) -> None:
    while not over.wait(_LOOK):
        looks.look()


def _wait_for(command: int) -> int:
    """Wait until the command has ended, and for every orphan that ends before it."""
    while True:
        pid, status = os.wait()
        if pid == command:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _wait_for_all(looks: Looks) -> list[str]:
    """Wait for the orphans, whose time counts; kill and return those that do not end."""
    killed: list[str] = []

    def kill(_number: int, _frame: FrameType | None) -> None:
        for it in looks.family():
            killed.append(" ".join(_words(it.pid)))
            os.kill(it.pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    # Again and again, for what the killed ones had just started.
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE, 1.0)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return killed
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure(sys.argv[2:])))
