"""What warm providers save: `python benchmarks/warm.py [--rounds N] [--layers N] [--json]` (Linux).

Plans the same trees in two ways, in turn, against the same emulated AWS on this machine:

    terragrunt   `terragrunt run --all --parallelism 4 -- plan`, typed by hand in the tree's folder: with the deploy
                 role, state locks, and one provider process for each terraform
    flowops      `flowops --rehearsal plan dev …` as it comes: with the plan role, providers shared

first the 5 units of dev's foundation, then 40: the foundation and 7 copies of it (`layers.py` says how). All units
stand before anything is measured, and both ways run once without being measured, so that caches are filled. Every plan
has to find "no changes" in every unit; without that, or where flowops had to fall back to ordinary providers, there is
no result.

Wall time, CPU time and memory are those of the command and of everything it started (`measured.py` says how), with the
shared provider and the process that shares it. The emulated AWS ran before and is on no side; its CPU time is told as
well, because it takes part of the wall time. A ratio is terragrunt's cost divided by flowops', of the medians: above 1
is better.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from layers import ENVIRONMENT, FOLDER, LAYER, UNITS, add_layers
from own_rehearsal import FLOWOPS, OwnRehearsal, Unfit, own_rehearsal
from report import table

_RUNNER = Path(__file__).with_name("measured.py")
_SIDE_BY_SIDE = 4
_TICKS = os.sysconf("SC_CLK_TCK")
_APPLIED_AT_ONCE = 16


@dataclass(frozen=True)
class Way:
    """One way to plan a tree; `check` says what is wrong with what it printed, "" for nothing."""

    name: str
    argv: Sequence[str]
    folder: Path
    env: Mapping[str, str]
    check: Callable[[str, str], str]


class Bench:
    """One rehearsal, and plans measured in it."""

    def __init__(self, rehearsal: OwnRehearsal, rounds: int) -> None:
        self._rehearsal, self._rounds = rehearsal, rounds
        self._emulator = int(rehearsal.flowops("rehearse", "status")["pid"])

    def size(self, layers: int) -> dict[str, Any]:
        """Return what plans of a tree of so many layers cost both ways, once all of it stands."""
        self._stand(layers)
        units = layers * len(UNITS)
        ways = self._ways(layers, units)
        for way in ways:
            self._cost(way, units, "unmeasured")
        costs: dict[str, list[dict[str, Any]]] = {way.name: [] for way in ways}
        for number in range(1, self._rounds + 1):
            for way in ways:
                costs[way.name].append(self._cost(way, units, f"round {number}"))
        standing = self._rehearsal.flowops("--rehearsal", "status", ENVIRONMENT)
        return {"units": units, "resources": sum(it["resources"] for it in standing), **_compared(costs)}

    def _stand(self, layers: int) -> None:
        add_layers(self._rehearsal.project, layers)
        _say(f"{layers * len(UNITS)} units: applying what does not stand yet, one or two minutes")
        self._rehearsal.flowops("--rehearsal", "render")
        fast = ("--warm-providers", "always", "--parallelism", str(_APPLIED_AT_ONCE))
        self._rehearsal.flowops("--rehearsal", "apply", ENVIRONMENT, "--yes", *fast)

    def _ways(self, layers: int, units: int) -> tuple[Way, Way]:
        env = self._rehearsal.by_hand()
        tree = FOLDER / LAYER if layers == 1 else FOLDER
        by_hand = ["terragrunt", "run", "--all", "--parallelism", str(_SIDE_BY_SIDE), "--", "plan"]
        target = [ENVIRONMENT, LAYER] if layers == 1 else [ENVIRONMENT]
        ours = [*FLOWOPS, "--rehearsal", "plan", *target, "-o", "json"]
        return (
            Way("terragrunt", by_hand, Path(env["FLOWOPS_REHEARSAL_DIR"]) / tree, env, _plain_check(units)),
            Way("flowops", ours, self._rehearsal.project, self._rehearsal.env, _our_check(units)),
        )

    def _cost(self, way: Way, units: int, which: str) -> dict[str, Any]:
        """Return what one run cost; Unfit where it was not the plan that was meant."""
        before = _cpu_seconds(self._emulator)
        found = _measured(way, self._rehearsal.folder)
        found["emulator_cpu_seconds"] = round(_cpu_seconds(self._emulator) - before, 2)
        _say(f"{units} units, {which}, {way.name}: {found['wall_seconds']:.1f} s, CPU {found['cpu_seconds']:.1f} s")
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


def _plain_check(units: int) -> Callable[[str, str], str]:
    def check(out: str, err: str) -> str:
        count = (out + err).count("No changes.")
        return "" if count == units else f"it found no changes in {count} units, not in {units}"

    return check


def _our_check(units: int) -> Callable[[str, str], str]:
    def check(out: str, err: str) -> str:
        run = json.loads(out)["data"]
        unchanged = [it for it in run["units"] if it["outcome"] == "planned" and not it["plan"]["changes"]]
        if len(unchanged) != units or len(run["units"]) != units:
            return f"it found no changes in {len(unchanged)} units, not in {units}"
        events = (Path(run["folder"]) / "events.jsonl").read_text().splitlines()
        again = [json.loads(line) for line in events if '"again"' in line]
        if again or "with warm providers" not in err:
            return f"it did not share providers for all units: {again}"
        return ""

    return check


def _compared(costs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Return minimum and median of each cost for both ways, CPU by program of the median round, and the ratios."""
    kinds = ("wall_seconds", "cpu_seconds", "memory_bytes", "emulator_cpu_seconds")
    found: dict[str, Any] = {}
    for name, rounds in costs.items():
        found[name] = {kind: _spread([it[kind] for it in rounds]) for kind in kinds}
        middle = sorted(rounds, key=lambda it: it["cpu_seconds"])[len(rounds) // 2]
        found[name]["programs"] = middle["programs"]
    for kind in kinds[:3]:
        for word, suffix in (("median", ""), ("minimum", "_of_minima")):
            ratio = found["terragrunt"][kind][word] / found["flowops"][kind][word]
            found[f"{kind.partition('_')[0]}_ratio{suffix}"] = round(ratio, 2)
    return found


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"minimum": min(values), "median": round(median(values), 3)}


def _cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and its ended children so far."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def _machine(rehearsal: OwnRehearsal) -> dict[str, Any]:
    tools = rehearsal.flowops("toolchain", "list")
    wanted = ("terraform", "terragrunt", "hashicorp/aws")
    return {
        "date": date.today().isoformat(),
        "versions": {it["tool"]: it["found"] for it in tools if it["tool"] in wanted},
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        # Of the minute before: what is far above 0 says that others were at work, too.
        "load": round(os.getloadavg()[0], 2),
        "terragrunt_parallelism": _SIDE_BY_SIDE,
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main() -> int:
    """Measure, print the result, and return 0; 1 where something was not fit to be measured."""
    parser = argparse.ArgumentParser(description="Plans with warm providers against plain terragrunt.")
    parser.add_argument("--rounds", type=_positive, default=5, help="measured runs of each way and size (default: 5)")
    parser.add_argument("--layers", type=_positive, default=8, help="layers of the larger tree (default: 8, 40 units)")
    parser.add_argument("--json", action="store_true", help="print one object instead of tables")
    given = parser.parse_args()
    # So that a rehearsal is put away by whatever ends this.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        with own_rehearsal() as rehearsal:
            about = {**_machine(rehearsal), "rounds": given.rounds}
            bench = Bench(rehearsal, given.rounds)
            sizes = [bench.size(layers) for layers in sorted({1, given.layers})]
    except Unfit as error:
        _say(f"not measured: {error}")
        return 1
    found = {**about, "sizes": sizes}
    print(json.dumps(found) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
