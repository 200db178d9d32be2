"""What the options before the verb said, and the app they lead to; built late, so that `--help` touches nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flowops.cli.pointing import led, led_by
from flowops.errors import FlowopsError, UsageError

if TYPE_CHECKING:
    from flowops.app import App
    from flowops.cli.view.console import TerminalConsole


@dataclass
class Invocation:
    """The settings of one command line; `command` is the words of it that name what is to be done: `runs list`.

    `typed` are the names of the settings that were typed, where others come from variables.
    """

    project_dir: Path | None = None
    rehearsal: bool = False
    output: str = "table"
    no_input: bool = False
    command: str = ""
    begun: bool = False
    typed: set[str] = field(default_factory=set)
    _app: App | None = None

    def console(self) -> TerminalConsole:
        """Return the operator's terminal."""
        from flowops.cli.view.console import TerminalConsole

        interactive = not self.no_input and sys.stdin.isatty()
        return TerminalConsole(sys.stderr, interactive=interactive, environment=os.environ, pointed=self.pointed)

    def pointed(self, text: str) -> str:
        """Return text whose commands lead where this one was led: one typed as printed must not reach another AWS."""
        # A variable is still there for the next command.
        place = str(self.project_dir) if "project_dir" in self.typed else ""
        text = led(text, place, rehearsal=self.rehearsal)
        return led_by(text, self._by_hand) if self.rehearsal else text

    def _by_hand(self) -> Mapping[str, str]:
        try:
            return self._app.rehearsals.by_hand() if self._app else {}
        except FlowopsError:  # what is told already says why there is no rehearsal to lead to
            return {}

    def app(self) -> App:
        """Return the app of this project."""
        self.begun = True
        from flowops.app import App

        try:
            start = (self.project_dir or Path.cwd()).resolve()
        except FileNotFoundError as error:
            raise UsageError(
                "The folder that you are in is gone.",
                not_done="Nothing was started.",
                next_step="cd into the project, then the same command again",
            ) from error
        self._app = App(start, os.environ, self.console(), rehearsal=self.rehearsal)
        return self._app
