"""Ways to do the same with a tree, measured in turn: what they are, what each costs, and how they compare."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from own_rehearsal import OwnRehearsal, Unfit

SIDE_BY_SIDE = 4
"""Units that plain terragrunt works on at once."""

_RUNNER = Path(__file__).with_name("measured.py")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Way:
    """One way to work on a tree; `check` says what is wrong with what it printed, "" for nothing."""

    name: str
    argv: Sequence[str]
    folder: Path
    env: Mapping[str, str]
    check: Callable[[str, str], str]


class Meter:
    """Measures in one rehearsal; the emulated AWS is on no side, and its CPU time is told as well."""

    def __init__(self, rehearsal: OwnRehearsal) -> None:
        self._rehearsal = rehearsal
        self._emulator = int(rehearsal.flowops("rehearse", "status")["pid"])

    def cost(self, way: Way, title: str) -> dict[str, Any]:
        """Return what one run cost; Unfit where it was not what was meant."""
        before = _cpu_seconds(self._emulator)
        found = _measured(way, self._rehearsal.folder)
        found["emulator_cpu_seconds"] = round(_cpu_seconds(self._emulator) - before, 2)
        say(f"{title}, {way.name}: {found['wall_seconds']:.1f} s, CPU {found['cpu_seconds']:.1f} s")
        return found


def _measured(way: Way, folder: Path) -> dict[str, Any]:
    result, out, err = (folder / name for name in ("result.json", "stdout", "stderr"))
    with (
        out.open("wb") as stdout,
        err.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, str(_RUNNER), str(result), *way.argv],
            cwd=way.folder,
            env=way.env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        ) as runner,
    ):
        try:
            code = runner.wait()
        except BaseException:
            # It passes this on to the command, and waits for all that the command has started.
            runner.terminate()
            raise
    said, warned = out.read_text(errors="replace"), err.read_text(errors="replace")
    if code != 0:
        raise Unfit(f"{way.name} could not be measured: {warned[-2000:]}")
    found: dict[str, Any] = json.loads(result.read_text())
    wrong = f"it ended with {found['exit_code']}" if found["exit_code"] else way.check(said, warned)
    wrong = wrong or (f"it left processes behind: {found['left_over']}" if found["left_over"] else "")
    if wrong:
        raise Unfit(f"{way.name}: {wrong}\n{said[-1000:]}\n{warned[-2000:]}")
    return found


def compared(costs: Mapping[str, Sequence[Mapping[str, Any]]], ours: str = "flowops") -> dict[str, Any]:
    """Return minimum and median of each cost for every way, CPU by program of the median round, and the ratios.

    A ratio is terragrunt's cost divided by that of `ours`: above 1 is better.
    """
    kinds = ("wall_seconds", "cpu_seconds", "memory_bytes", "emulator_cpu_seconds")
    found: dict[str, Any] = {}
    for name, rounds in costs.items():
        found[name] = {kind: _spread([it[kind] for it in rounds]) for kind in kinds}
        middle = sorted(rounds, key=lambda it: it["cpu_seconds"])[len(rounds) // 2]
        found[name]["programs"] = middle["programs"]
    for kind in kinds[:3]:
        for word, suffix in (("median", ""), ("minimum", "_of_minima")):
            ratio = found["terragrunt"][kind][word] / found[ours][kind][word]
            found[f"{kind.partition('_')[0]}_ratio{suffix}"] = round(ratio, 2)
    return found


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"minimum": min(values), "median": round(median(values), 3)}


def _cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and its ended children so far."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def machine(rehearsal: OwnRehearsal) -> dict[str, Any]:
    tools = rehearsal.flowops("toolchain", "list")
    wanted = ("terraform", "terragrunt", "hashicorp/aws")
    return {
        "date": date.today().isoformat(),
        "versions": {it["tool"]: it["found"] for it in tools if it["tool"] in wanted},
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        # Of the minute before: what is far above 0 says that others were at work, too.
        "load": round(os.getloadavg()[0], 2),
        "terragrunt_parallelism": SIDE_BY_SIDE,
    }


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
