"""What a drift check costs: `python benchmarks/drift.py [--rounds N] [--layers N] [--grow N …] [--json]` (Linux).

Looks at the same trees in two ways, in turn, against the same emulated AWS on this machine:

    terragrunt   `terragrunt run --all --parallelism 4 -- plan`, typed by hand in the tree's folder
    flowops      `flowops --rehearsal drift dev …` as it comes: the verdict on every resource, CloudFormation's own
                 drift detection and the rendered files besides

The trees, and what is counted, are those of `warm.py`. Everything stands as its code says: a finding would be an error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from warm import Bench, measure


class DriftBench(Bench):
    """One rehearsal, and drift checks measured in it."""

    verb = "drift"

    def check(self, units: int) -> Callable[[str, str], str]:
        """Return what says what is wrong with our result of so many units, "" for nothing."""

        def wrong(out: str, err: str) -> str:
            (environment,) = json.loads(out)["data"]["environments"]
            clean = [it for it in environment["checked"] if it["status"] == "clean" and "/" in it["name"]]
            if len(clean) != units:
                return f"it found {len(clean)} units clean, not {units}"
            return "" if "with warm providers" in err else "it did not share providers"

        return wrong


if __name__ == "__main__":
    sys.exit(measure(DriftBench, "Drift checks against plain terragrunt plans."))
