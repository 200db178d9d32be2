"""What the options before the verb said, and the app they lead to; built late, so that `--help` touches nothing."""

from __future__ import annotations

import importlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowops.app import App
    from flowops.cli.view.console import TerminalConsole

_COMMAND = re.compile(r"\bflowops (?!-|rehearse\b|toolchain\b)")


@dataclass
class Invocation:
    """The settings of one command line."""

    project_dir: Path | None = None
    rehearsal: bool = False
    output: str = "table"
    no_input: bool = False

    def console(self) -> TerminalConsole:
        """Return the operator's terminal."""
        view = importlib.import_module("flowops.cli.view.console")
        interactive = not self.no_input and sys.stdin.isatty()
        console: TerminalConsole = view.TerminalConsole(sys.stderr, interactive=interactive)
        return console

    def pointed(self, text: str) -> str:
        """Return text whose commands lead where this one was led: one typed as printed must not reach another AWS."""
        return _COMMAND.sub("flowops --rehearsal ", text) if self.rehearsal else text

    def app(self) -> App:
        """Return the app of this project."""
        root = importlib.import_module("flowops.app")
        start = (self.project_dir or Path.cwd()).resolve()
        app: App = root.App(start, os.environ, self.console(), rehearsal=self.rehearsal)
        return app
