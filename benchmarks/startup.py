"""What flowops costs before it does anything: `python benchmarks/startup.py [--rounds N] [--json]`.

Runs three commands in turn, with the interpreter that runs this:

    import click     `python -c "import click"`: what any command line made with click costs
    flowops --help   the list of commands and options
    completion       what bash asks when somebody types `flowops apply d` and presses TAB, in this checkout

CPU time is user and system time of the process; none of the three starts another. A ratio is the cost of `import click`
divided by that of the command, of the medians: 1 is the best there can be.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from ways import positive, say

ROOT = Path(__file__).parents[1]
LINE = "flowops apply d"
BASE = "import click"


@dataclass(frozen=True)
class Command:
    """A command line, and what it must print."""

    name: str
    argv: Sequence[str]
    prints: str
    env: Mapping[str, str] = field(default_factory=dict)


def commands() -> tuple[Command, ...]:
    """Return what is measured, the base first."""
    flowops = str(Path(sys.executable).with_name("flowops"))
    asked = {"_FLOWOPS_COMPLETE": "bash_complete", "COMP_LINE": LINE, "COMP_POINT": str(len(LINE))}
    return (
        Command(BASE, [sys.executable, "-c", "import click"], ""),
        Command("flowops --help", [flowops, "--help"], "Exit codes:"),
        Command("completion", [flowops], "plain,dev\n", asked),
    )


def cost(command: Command) -> tuple[float, float]:
    """Return wall and CPU seconds of one run; SystemExit where it was not what was meant."""
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("FLOWOPS_")}, **command.env}
    reading, writing = os.pipe()
    begun = time.perf_counter()
    actions = [(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_CLOSE, reading), (os.POSIX_SPAWN_CLOSE, writing)]
    pid = os.posix_spawn(command.argv[0], list(command.argv), env, file_actions=actions)
    os.close(writing)
    with open(reading, encoding="utf-8") as stdout:
        printed = stdout.read()
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    if status or command.prints not in printed:
        raise SystemExit(f"not measured: {command.name} ended with {status} and printed {printed[-500:]!r}")
    return wall, usage.ru_utime + usage.ru_stime


def measure(rounds: int) -> dict[str, Any]:
    """Return minimum and median of each cost, and the ratios; the first run of each is not measured."""
    ways = commands()
    for way in ways:
        cost(way)
    taken: dict[str, list[tuple[float, float]]] = {way.name: [] for way in ways}
    for number in range(1, rounds + 1):
        for way in ways:
            taken[way.name].append(cost(way))
        say(f"round {number} of {rounds}")
    costs = {name: _spread(runs) for name, runs in taken.items()}
    help_, completion = (_ratios(costs[BASE], costs[way.name]) for way in ways[1:])
    return {"costs": costs, **help_, "completion": completion}


def _spread(runs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    kinds = zip(("wall_seconds", "cpu_seconds"), zip(*runs, strict=True), strict=True)
    return {kind: {"minimum": round(min(it), 4), "median": round(median(it), 4)} for kind, it in kinds}


def _ratios(base: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, float]:
    kinds = ("wall", "cpu")
    return {f"{it}_ratio": round(base[f"{it}_seconds"]["median"] / ours[f"{it}_seconds"]["median"], 3) for it in kinds}


def table(found: Mapping[str, Any]) -> str:
    """Return wall and CPU time of every command and the ratios, as Markdown."""
    lines = [
        f"{found['date']}: {found['cores']} cores, load before {found['load']}, minimum / median of {found['rounds']}",
        "",
    ]
    lines += ["| command | wall | CPU | wall ratio | CPU ratio |", "| --- | --- | --- | --- | --- |"]
    ratios = (None, found, found["completion"])
    for (name, it), ratio in zip(found["costs"].items(), ratios, strict=True):
        wall, cpu = (_pair(it[kind]) for kind in ("wall_seconds", "cpu_seconds"))
        both = [f"{ratio[kind]:.2f}" if ratio else "" for kind in ("wall_ratio", "cpu_ratio")]
        lines.append(f"| {name} | {wall} | {cpu} | {both[0]} | {both[1]} |")
    return "\n".join(lines)


def _pair(spread: Mapping[str, float]) -> str:
    return f"{spread['minimum'] * 1000:.0f} / {spread['median'] * 1000:.0f} ms"


def main() -> int:
    """Measure and print the result."""
    parser = argparse.ArgumentParser(description="Help and completion of flowops against importing click.")
    parser.add_argument("--rounds", type=positive, default=20, help="measured runs of each command (default: 20)")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    given = parser.parse_args()
    os.chdir(ROOT)
    load = round(os.getloadavg()[0], 2)
    about = {"date": date.today().isoformat(), "cores": os.cpu_count(), "load": load, "rounds": given.rounds}
    found = {**about, **measure(given.rounds)}
    print(json.dumps(found) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
