"""An engine over a sandbox. As a program, `python -m tests.integration.bench ROOT TERRAGRUNT TERRAFORM` applies it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from flowops.adapters.engine import TerragruntEngine
from flowops.adapters.environment import child_environment
from flowops.adapters.process import Processes
from flowops.adapters.progress import Progress, unknown
from flowops.adapters.signals import Interrupts
from flowops.adapters.unsaved_states import UnsavedStates
from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.patience import Patience
from tests.integration.tools import Tools
from tests.sandbox import Sandbox


class Bench:
    """An engine over a sandbox, and its jobs numbered."""

    def __init__(
        self,
        sandbox: Sandbox,
        tools: Tools,
        terragrunt: Path | None = None,
        progress: Progress | None = None,
        usual: Callable[[str, str], Mapping[str, float]] = unknown,
        *,
        say: Callable[[str], None] | None = None,
        patience: Patience | None = None,
        interrupts: Interrupts | None = None,
    ) -> None:
        self.sandbox = sandbox
        self.interrupts = interrupts or Interrupts()
        self.said: list[str] = []
        self.number = 0
        self.engine = TerragruntEngine(
            Processes(),
            terragrunt=terragrunt or tools.terragrunt,
            terraform=tools.terraform,
            python=Path(sys.executable),
            deployments=sandbox.deployments,
            env=child_environment(os.environ, TF_CLI_CONFIG_FILE=os.devnull),
            interrupts=self.interrupts,
            unsaved=UnsavedStates(sandbox.root),
            progress=progress,
            usual=usual,
            say=say or self._say,
            patience=patience,
        )

    def _say(self, line: str) -> None:
        self.said.append(line)

    def graph(self) -> Graph:
        with self.engine.reading(self.sandbox.environment) as read:
            return read()

    def run(self, step: Step, *units: Unit, saved: tuple[Plan, ...] = ()) -> dict[str, Evidence]:
        self.number += 1
        run = self.sandbox.root / "run"
        run.mkdir(exist_ok=True)
        chosen = units or tuple(self.sandbox.units.values())
        job = Job(step, self.sandbox.environment, chosen, run / str(self.number), run / "drain", 4, saved)
        return {it.unit.name: it for it in self.engine.run(job, {})}


def main(root: str, terragrunt: str, terraform: str) -> int:
    """Apply the whole sandbox as flowops does, signals included, and return flowops' code for them."""
    bench = Bench(Sandbox(Path(root)), Tools(Path(terraform), Path(terragrunt)))
    with bench.engine.watch():
        bench.run(Step.APPLY)
    print("\n".join(bench.said))
    return int(bench.engine.interrupted)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
