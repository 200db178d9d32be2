"""What flowops' care costs an apply: `python benchmarks/overhead.py [--rounds N] [--json]` (Linux).

Applies the same change to the same tree in three ways, in turn, against the same emulated AWS on this machine:

    terragrunt       `terragrunt run --all --parallelism 4 -- apply -auto-approve`, typed by hand in the layer's folder
    flowops          `CI=true flowops --rehearsal apply dev foundation --yes`, as it comes in a pipeline, applying with
                     ordinary providers: lease, preview, guard, saved plans bound to what they were made on, journal
    flowops always   the same with `--warm-providers always`, which is how it comes elsewhere

The tree is dev's foundation, which stands before anything is measured; the change is another value of a tag on
everything that can be tagged, so each unit has something to apply in each run. Costs are those of the command and of
everything it started. A ratio is terragrunt's cost divided by flowops', of the medians: above 1 is better.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from layers import ENVIRONMENT, FOLDER, LAYER, UNITS, add_layers
from own_rehearsal import FLOWOPS, OwnRehearsal, Unfit, own_rehearsal
from ways import SIDE_BY_SIDE, Meter, Way, compared, machine, positive, say

WARM = "flowops always"
_TAG = 'tags = {{ "flowops-benchmark" = "{number}" }}'


class Bench:
    """One rehearsal whose foundation is changed again and again."""

    def __init__(self, rehearsal: OwnRehearsal) -> None:
        self._rehearsal, self._meter, self._changes = rehearsal, Meter(rehearsal), 0

    def measure(self, rounds: int) -> dict[str, list[dict[str, Any]]]:
        """Return what each way cost in each round, after one that is not measured."""
        add_layers(self._rehearsal.project, 1)
        say(f"{len(UNITS)} units: applying the foundation, about a minute")
        self._rehearsal.flowops("--rehearsal", "render")
        self._rehearsal.flowops("--rehearsal", "apply", ENVIRONMENT, LAYER, "--yes")
        ways = self._ways()
        for way in ways:
            self._cost(way, "unmeasured")
        costs: dict[str, list[dict[str, Any]]] = {way.name: [] for way in ways}
        for number in range(1, rounds + 1):
            for way in ways:
                costs[way.name].append(self._cost(way, f"round {number}"))
        return costs

    def _cost(self, way: Way, title: str) -> dict[str, Any]:
        self._change()
        return self._meter.cost(way, title)

    def _change(self) -> None:
        """Give everything another tag, in the scratch copy too."""
        self._changes += 1
        settings = self._rehearsal.project / FOLDER / "env.hcl"
        kept = re.sub(r"\n  tags = \{.*\}\n", "\n", settings.read_text())
        line = _TAG.format(number=self._changes)
        settings.write_text(kept.replace("locals {\n", f"locals {{\n  {line}\n", 1))
        self._rehearsal.flowops("--rehearsal", "render")

    def _ways(self) -> tuple[Way, ...]:
        env = self._rehearsal.by_hand()
        flags = ("--all", "--non-interactive", "--parallelism", str(SIDE_BY_SIDE))
        by_hand = ["terragrunt", "run", *flags, "--", "apply", "-auto-approve"]
        argv = [*FLOWOPS, "--rehearsal", "apply", ENVIRONMENT, LAYER, "--yes", "-o", "json"]
        pipeline = {**self._rehearsal.env, "CI": "true"}
        ours = Way("flowops", argv, self._rehearsal.project, pipeline, _our_check)
        folder = Path(env["FLOWOPS_REHEARSAL_DIR"]) / FOLDER / LAYER
        return (
            Way("terragrunt", by_hand, folder, env, _plain_check(len(UNITS))),
            ours,
            replace(ours, name=WARM, argv=[*argv, "--warm-providers", "always"]),
        )


def _plain_check(units: int) -> Callable[[str, str], str]:
    def check(out: str, err: str) -> str:
        count = (out + err).count("Apply complete!")
        return "" if count == units else f"it applied {count} units, not {units}"

    return check


def _our_check(out: str, _err: str) -> str:
    applied = [it for it in json.loads(out)["data"]["units"] if it["outcome"] == "applied"]
    return "" if len(applied) == len(UNITS) else f"it applied {len(applied)} units, not {len(UNITS)}"


def table(found: dict[str, Any]) -> str:
    """Return wall and CPU time of every way and the ratios, as Markdown."""
    lines = [f"{found['date']}: {found['cores']} cores, load before {found['load']}, {found['rounds']} rounds", ""]
    lines += ["| way | wall | CPU | wall ratio | CPU ratio |", "| --- | --- | --- | --- | --- |"]
    for name, ratios in (("terragrunt", {}), ("flowops", found), (WARM, found["always"])):
        cost = found["costs"][name]
        wall, cpu = cost["wall_seconds"]["median"], cost["cpu_seconds"]["median"]
        both = [f"{ratios[it]:.2f}" if ratios else "" for it in ("wall_ratio", "cpu_ratio")]
        lines.append(f"| {name} | {wall:.1f} s | {cpu:.1f} s | {both[0]} | {both[1]} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print the result, and return 0; 1 where something was not fit to be measured."""
    parser = argparse.ArgumentParser(description="An apply by flowops against plain terragrunt.")
    parser.add_argument("--rounds", type=positive, default=3, help="measured runs of each way (default: 3)")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        with own_rehearsal() as rehearsal:
            about = {**machine(rehearsal), "rounds": given.rounds}
            costs = Bench(rehearsal).measure(given.rounds)
    except Unfit as error:
        say(f"not measured: {error}")
        return 1
    ordinary = compared({name: costs[name] for name in ("terragrunt", "flowops")})
    always = compared({name: costs[name] for name in ("terragrunt", WARM)}, ours=WARM)
    ratios = [{name: value for name, value in it.items() if "ratio" in name} for it in (ordinary, always)]
    spreads = {name: {**ordinary, **always}[name] for name in costs}
    found = {**about, "units": len(UNITS), "costs": spreads, **ratios[0], "always": ratios[1]}
    print(json.dumps(found) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
