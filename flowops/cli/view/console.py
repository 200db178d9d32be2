"""The operator's terminal: progress and questions on stderr, so that stdout stays data."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TextIO

import click

from flowops.cli.view.bootstrap import plan_table
from flowops.cli.view.tables import plans_table, writer
from flowops.errors import Declined
from flowops.model.bootstrap import BootstrapPlan
from flowops.model.changes import Plan


class TerminalConsole:
    """Writes lines that are readable in a CI log, too; safe to use from several threads."""

    def __init__(self, stream: TextIO, *, interactive: bool) -> None:
        self._stream = stream
        self._rich = writer(stream)
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self.interactive = interactive

    def note(self, text: str) -> None:
        """Say one line, with the seconds since the command started."""
        with self._lock:
            self._stream.write(f"{time.monotonic() - self._start:7.1f}s  {text}\n")
            self._stream.flush()

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        """Show what would change, unit by unit."""
        with self._lock:
            self._rich.print(plans_table(title, plans))

    def stacks(self, plan: BootstrapPlan) -> None:
        """Show what one phase of a bootstrap would do."""
        with self._lock:
            self._rich.print(plan_table(plan))

    def ask(self, question: str) -> str:
        """Return the answer; Declined where input ends instead."""
        if not self.interactive:
            raise Declined(f"There is a question and nobody to answer it: {question.strip()}")
        try:
            with self._lock:
                self._stream.write(question)
                self._stream.flush()
            return input()
        except EOFError as error:
            self._stream.write("\n")
            raise Declined("The answer did not come: input ended.") from error
        except KeyboardInterrupt as error:
            raise click.Abort from error
