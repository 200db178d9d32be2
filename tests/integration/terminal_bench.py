"""A whole recorded run on a terminal: `python -m tests.integration.terminal_bench ROOT TERRAGRUNT TERRAFORM`.

It applies a sandbox as `flowops apply dev --yes` does, and asks and listens on the terminal that it is started on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flowops.cli.view.console import TerminalConsole
from flowops.model.run import Verb
from tests.integration.recorded_bench import RecordedBench, agreed
from tests.integration.tools import Tools
from tests.integration.watched import own_terminal


def main(root: str, terragrunt: str, terraform: str) -> int:
    own_terminal()
    console = TerminalConsole(sys.stderr, interactive=True, environment=os.environ)
    run = RecordedBench(Path(root), Tools(Path(terraform), Path(terragrunt)), console=console).run(agreed(Verb.APPLY))
    return int(run.exit_code)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
