"""flowops' engine with a live board: `python -m tests.integration.board_bench ROOT TERRAGRUNT TERRAFORM [broken]`.

It plans and applies a sandbox on the terminal that it is started on; with `broken` an error ends it inside the board.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from flowops.cli.view.console import TerminalConsole
from flowops.errors import Exit
from flowops.model.job import Step
from tests.integration.bench import Bench
from tests.integration.tools import Tools
from tests.integration.watched import own_terminal
from tests.sandbox import Sandbox


class Talking(Bench):
    """A bench that says everything at once."""

    console: TerminalConsole

    def _say(self, line: str) -> None:
        self.console.note(line)


def usual(_environment: str, _kind: str) -> Mapping[str, float]:
    return {"dev/foundation/vpc": 600.0, "dev/foundation/eks": 300.0}


def broken(_environment: str, _kind: str) -> Mapping[str, float]:
    raise RuntimeError("broken on purpose")


def main(root: str, terragrunt: str, terraform: str, how: str = "") -> int:
    own_terminal()
    console = TerminalConsole(sys.stderr, interactive=True, environment=os.environ)
    tools = Tools(Path(terraform), Path(terragrunt))
    bench = Talking(Sandbox(Path(root)), tools, progress=console.progress, usual=broken if how else usual)
    bench.console = console
    with bench.engine.watch():
        bench.graph()
        bench.run(Step.PLAN)
        if bench.engine.interrupted is Exit.FINE:
            bench.run(Step.APPLY)
    return int(bench.engine.interrupted)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
