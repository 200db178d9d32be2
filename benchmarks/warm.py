"""What warm providers save: `python benchmarks/warm.py [--rounds N] [--layers N] [--grow N …] [--json]` (Linux).

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
is better. With `--grow` flowops alone is measured, once, in trees of so
many layers, each of 3 units: without clusters, because each has a Kubernetes of its own.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from layers import CLUSTER, ENVIRONMENT, FOLDER, LAYER, UNITS, add_layers
from own_rehearsal import FLOWOPS, OwnRehearsal, Unfit, own_rehearsal
from report import table
from ways import SIDE_BY_SIDE, Meter, Way, compared, machine, positive, say

_APPLIED_AT_ONCE = 16


class Bench:
    """One rehearsal, and plans measured in it."""

    verb = "plan"

    def __init__(self, rehearsal: OwnRehearsal, rounds: int) -> None:
        self._rehearsal, self._rounds, self._meter = rehearsal, rounds, Meter(rehearsal)

    def size(self, layers: int) -> dict[str, Any]:
        """Return what plans of a tree of so many layers cost both ways, once all of it stands."""
        self._stand(layers)
        units = layers * len(UNITS)
        ways = self._ways(layers, units)
        for way in ways:
            self._meter.cost(way, f"{units} units, unmeasured")
        costs: dict[str, list[dict[str, Any]]] = {way.name: [] for way in ways}
        for number in range(1, self._rounds + 1):
            for way in ways:
                costs[way.name].append(self._meter.cost(way, f"{units} units, round {number}"))
        standing = self._rehearsal.flowops("--rehearsal", "status", ENVIRONMENT)
        return {"units": units, "resources": sum(it["resources"] for it in standing), **compared(costs)}

    def alone(self, layers: int) -> dict[str, Any]:
        """Return what one run of ours costs in a tree of so many layers without clusters, after an unmeasured one."""
        self._stand(layers, clusters=False)
        units = layers * (len(UNITS) - len(CLUSTER))
        ours = self._ways(layers, units)[1]
        self._meter.cost(ours, f"{units} units, unmeasured")
        return {"units": units, **self._meter.cost(ours, f"{units} units")}

    def _stand(self, layers: int, *, clusters: bool = True) -> None:
        add_layers(self._rehearsal.project, layers, clusters=clusters)
        say(f"{layers} layers: applying what does not stand yet, some minutes")
        self._rehearsal.flowops("--rehearsal", "render")
        fast = ("--warm-providers", "always", "--parallelism", str(_APPLIED_AT_ONCE))
        self._rehearsal.flowops("--rehearsal", "apply", ENVIRONMENT, "--yes", *fast)

    def _ways(self, layers: int, units: int) -> tuple[Way, Way]:
        env = self._rehearsal.by_hand()
        tree = FOLDER / LAYER if layers == 1 else FOLDER
        by_hand = ["terragrunt", "run", "--all", "--parallelism", str(SIDE_BY_SIDE), "--", "plan"]
        target = [ENVIRONMENT, LAYER] if layers == 1 else [ENVIRONMENT]
        ours = [*FLOWOPS, "--rehearsal", self.verb, *target, "-o", "json"]
        return (
            Way("terragrunt", by_hand, Path(env["FLOWOPS_REHEARSAL_DIR"]) / tree, env, _plain_check(units)),
            Way("flowops", ours, self._rehearsal.project, self._rehearsal.env, self.check(units)),
        )

    def check(self, units: int) -> Callable[[str, str], str]:
        """Return what says what is wrong with our result of so many units, "" for nothing."""
        return _our_check(units)


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


def _growth(bench_of: type[Bench], layers: list[int]) -> list[dict[str, Any]]:
    if not layers:
        return []
    with own_rehearsal() as rehearsal:
        bench = bench_of(rehearsal, 1)
        return [bench.alone(it) for it in layers]


def measure(bench_of: type[Bench], description: str) -> int:
    """Measure two sizes of tree, print the result, and return 0; 1 where something was not fit to be measured."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=positive, default=5, help="measured runs of each way and size (default: 5)")
    parser.add_argument("--layers", type=positive, default=8, help="layers of the larger tree (default: 8, 40 units)")
    parser.add_argument(
        "--grow", type=positive, nargs="*", default=[], help="sizes to measure flowops alone at, in layers"
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of tables")
    given = parser.parse_args()
    # So that a rehearsal is put away by whatever ends this.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        with own_rehearsal() as rehearsal:
            about = {**machine(rehearsal), "rounds": given.rounds}
            bench = bench_of(rehearsal, given.rounds)
            sizes = [bench.size(layers) for layers in sorted({1, given.layers})]
        growth = _growth(bench_of, sorted(given.grow))
    except Unfit as error:
        say(f"not measured: {error}")
        return 1
    found = {**about, "sizes": sizes, "growth": growth}
    print(json.dumps(found) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(measure(Bench, "Plans with warm providers against plain terragrunt."))
