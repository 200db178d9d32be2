"""What an interrupted apply leaves behind: `python benchmarks/interrupted.py [--runs N] [--seed N] [--json]` (Linux).

Applies the same small tree from nothing, again and again, and interrupts it in the middle, in two ways in turn:

    ordinary   `flowops --rehearsal apply dev interrupted --yes`: each terraform has its provider for itself
    warm       the same with `--warm-providers always`

The tree is three units, the last of which waits for the first; each makes three parameters, then three topics, then
three roles. All but AWS is real, and before the emulated one stands a proxy that lets creations take about a second.
When the k-th creation has arrived there, flowops gets a SIGINT, and another one as soon as it says that it drains: this
one interrupts terraform. Each k is drawn from the seed and serves both ways. Where in one of them no creation was under
way any more when terraform was interrupted, both are done again with another k.

What is left when all has ended is counted as `left_behind.py` says. `orphans_ratio` is warm orphans for each ordinary
one: below 1, warm providers leave fewer. How many there are depends on how long a creation takes.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from layers import ENVIRONMENT, FOLDER
from left_behind import Places
from own_rehearsal import FLOWOPS, OwnRehearsal, Unfit, own_rehearsal
from slow_aws import SlowAws, slow_aws
from ways import SIDE_BY_SIDE, machine, positive, say

LAYER = "interrupted"
UNITS = {"one": "", "two": "", "three": 'dependencies { paths = ["../one"] }\n'}
CREATIONS = 9 * len(UNITS)
WAYS = {"ordinary": "auto", "warm": "always"}
COUNTED = ("under_way", "orphans", "lost", "tainted", "unsaved", "locks_left")
_COLUMNS = {
    "runs": "runs",
    "creations under way": "under_way",
    "runs with orphans": "runs_with_orphans",
    "orphans": "orphans",
    "lost": "lost",
    "tainted": "tainted",
    "states unsaved": "unsaved",
    "locks left": "locks_left",
    "seconds from the interrupt to the end (median)": "seconds_median",
}
_INTERRUPTED = 130
_PATIENCE = 300.0
_LOOK = 0.01
_QUOTED = 2000

_UNIT = """\
include "root" {{
  path   = find_in_parent_folders("root.hcl")
  expose = true
}}

terraform {{
  source = "${{include.root.locals.modules}}//{layer}"
}}

inputs = {{ name = "{layer}-{unit}" }}
"""

_MODULE = """\
variable "name" { type = string }
variable "permissions_boundary_arn" { type = string }

resource "aws_ssm_parameter" "first" {
  count = 3
  name  = "/${var.name}/${count.index}"
  type  = "String"
  value = "benchmark"
}

resource "aws_sns_topic" "second" {
  count      = 3
  name       = "${var.name}-${count.index}"
  depends_on = [aws_ssm_parameter.first]
}

resource "aws_iam_role" "third" {
  count                = 3
  name                 = "${var.name}-${count.index}"
  path                 = "/flowable/workload/"
  permissions_boundary = var.permissions_boundary_arn
  depends_on           = [aws_sns_topic.second]

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
"""


class Bench:
    """One rehearsal in which applies are interrupted."""

    def __init__(self, rehearsal: OwnRehearsal, places: Places, aws: SlowAws) -> None:
        self._rehearsal, self._places, self._aws = rehearsal, places, aws
        self._said = rehearsal.folder / "said"

    def measure(self, runs: int, seed: int) -> dict[str, Any]:
        """Return what both ways left behind after the same moments, and how many moments were drawn again."""
        self._write_tree()
        moments, again = random.Random(seed), 0
        left: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        while len(left["warm"]) < runs:
            moment = moments.randint(1, CREATIONS)
            found = {way: self._interrupted(way, moment) for way in WAYS}
            if all(it["under_way"] for it in found.values()):
                for way, it in found.items():
                    left[way].append(it)
                    say(f"run {len(left[way])}, {way}: {it}")
                continue
            again += 1
            say(f"creation {moment} does not count: {found}")
            if again > runs:
                raise Unfit("too often nothing was under way any more")
        return {"drawn_again": again, **{way: _together(it) for way, it in left.items()}}

    def _write_tree(self) -> None:
        project = self._rehearsal.project
        module, layer = project / "terraform-modules" / LAYER, project / FOLDER / LAYER
        module.mkdir()
        (module / "main.tf").write_text(_MODULE)
        shutil.copy(module.parent / "resource-group" / "versions.tf", module)
        for unit, depends in UNITS.items():
            (layer / unit).mkdir(parents=True)
            (layer / unit / "terragrunt.hcl").write_text(_UNIT.format(layer=LAYER, unit=unit) + depends)
            shutil.copy(layer.parent / "foundation" / "vpc" / ".terraform.lock.hcl", layer / unit)
        shutil.copy(layer.parent / "foundation" / "foundation.hcl.j2", layer / f"{LAYER}.hcl.j2")
        config = project / "flowops.yaml"
        config.write_text(config.read_text().replace("\nlayers: [", f"\nlayers: [{LAYER}, "))
        self._rehearsal.flowops("--rehearsal", "render")

    def _interrupted(self, way: str, moment: int) -> dict[str, Any]:
        """Return what an apply left behind that was interrupted at a moment."""
        self._places.clear()
        self._aws.arrived = 0
        words = (
            "apply",
            ENVIRONMENT,
            LAYER,
            "--yes",
            "--parallelism",
            str(SIDE_BY_SIDE),
            "--warm-providers",
            WAYS[way],
        )
        # Where CI is set, the first SIGINT interrupts.
        env = {name: value for name, value in self._rehearsal.env.items() if name != "CI"}
        with (
            self._said.open("wb") as said,
            subprocess.Popen(
                [*FLOWOPS, "--rehearsal", *words, "--parallelism", str(SIDE_BY_SIDE)],
                cwd=self._rehearsal.project,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            ) as process,
        ):
            try:
                under_way, seconds = self._strike(process, moment)
            except BaseException:
                # Not killed: it takes along what it has started.
                process.terminate()
                raise
        _until(lambda: self._aws.under_way == 0, "the end of what AWS does")
        self._require_sound(process.returncode)
        return {"moment": moment, "seconds": seconds, "under_way": under_way, **self._places.left()}

    def _strike(self, process: subprocess.Popen[bytes], moment: int) -> tuple[int, float]:
        """Interrupt flowops; return what was under way then, 0 where it was over, and the seconds until its end."""

        def comes(said: str) -> bool:
            _until(lambda: said in self._said.read_text() or process.poll() is not None, f"{said!r}")
            return said in self._said.read_text()

        _until(lambda: self._aws.arrived >= moment or process.poll() is not None, f"creation {moment}")
        process.send_signal(signal.SIGINT)
        comes("draining: ")
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        struck = comes(f"interrupting terraform in {ENVIRONMENT}/")
        under_way = self._aws.under_way if struck else 0
        _until(lambda: process.poll() is not None, "the end of flowops")
        return under_way, round(time.monotonic() - begun, 2)

    def _require_sound(self, code: int) -> None:
        made, asked = len(self._places.standing()), self._aws.arrived
        wrong = "" if code in (0, _INTERRUPTED) else f"it ended with {code}"
        wrong = wrong or (f"{asked} creations made {made} resources" if made != asked else "")
        wrong = wrong or ("units were done again" if '"again"' in self._places.events() else "")
        if wrong:
            raise Unfit(f"{wrong}\n{self._said.read_text()[-_QUOTED:]}")


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise Unfit(f"{what} did not come within {_PATIENCE:.0f} s")
        time.sleep(_LOOK)


def _together(left: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "runs": len(left),
        "runs_with_orphans": sum(it["orphans"] > 0 for it in left),
        **{kind: sum(it[kind] for it in left) for kind in COUNTED},
        "seconds_median": round(median(it["seconds"] for it in left), 2),
        "each": left,
    }


def table(found: Mapping[str, Any]) -> str:
    """Return what each way left behind, as Markdown."""
    lines = [f"{found['date']}: {found['cores']} cores, load before {found['load']}, seed {found['seed']}, "]
    lines[0] += f"{found['drawn_again']} moments drawn again"
    lines += ["", f"| way | {' | '.join(_COLUMNS)} |", f"| --- {'| --- ' * len(_COLUMNS)}|"]
    for way in WAYS:
        lines.append(f"| {way} | {' | '.join(str(found[way][key]) for key in _COLUMNS.values())} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print the result, and return 0; 1 where something was not fit to be measured."""
    parser = argparse.ArgumentParser(description="What an interrupted apply leaves behind.")
    parser.add_argument("--runs", type=positive, default=20, help="interrupted applies of each way (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="what the moments are drawn from (default: 1)")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        with own_rehearsal() as rehearsal:
            status = rehearsal.flowops("rehearse", "status")
            about = {**machine(rehearsal), "seed": given.seed, "creations": CREATIONS}
            with slow_aws(Path(status["scratch_copy"]).parent / "emulator") as aws:
                found = {**about, **Bench(rehearsal, Places(status, LAYER), aws).measure(given.runs, given.seed)}
    except Unfit as error:
        say(f"not measured: {error}")
        return 1
    ordinary, warm = (found[way]["orphans"] for way in WAYS)
    found["orphans_ratio"] = round(warm / ordinary, 2) if ordinary else None
    print(json.dumps(found) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
