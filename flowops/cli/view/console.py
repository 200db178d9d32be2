"""The operator's terminal: progress and questions on stderr, so that stdout stays data."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO

from flowops.cli.view.bootstrap import plan_table
from flowops.cli.view.tables import plans_table, writer
from flowops.errors import Declined, Interrupted, Terminated
from flowops.model.bootstrap import BootstrapPlan
from flowops.model.changes import Plan


class TerminalConsole:
    """Writes lines that are readable in a CI log, too; safe to use from several threads.

    A terminal that has gone away is no reason to end a run: what cannot be shown is in the run's record.
    """

    def __init__(self, stream: TextIO, *, interactive: bool) -> None:
        self._stream = stream
        self._rich = writer(stream)
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self.interactive = interactive

    def note(self, text: str) -> None:
        """Say one line, with the seconds since the command started."""
        with self._lock, suppress(OSError):
            self._stream.write(f"{time.monotonic() - self._start:7.1f}s  {text}\n")
            self._stream.flush()

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        """Show what would change, unit by unit."""
        with self._lock, suppress(OSError):
            self._rich.print(plans_table(title, plans))

    def stacks(self, plan: BootstrapPlan) -> None:
        """Show what one phase of a bootstrap would do."""
        with self._lock, suppress(OSError):
            self._rich.print(plan_table(plan))

    def ask(self, question: str) -> str:
        """Return the answer; Declined where input ends instead."""
        retry = "the same command on a terminal, or with --yes where that answers it"
        if not self.interactive:
            raise Declined(f"There is a question and nobody to answer it: {question.strip()}", next_step=retry)
        try:
            with self._lock:
                self._stream.write(question)
                self._stream.flush()
            with _interruptible():
                return input()
        except (EOFError, OSError) as error:
            raise Declined("The answer did not come: input ended.", next_step=retry) from error


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end a question, also where a run has taken them over: nothing is under way then."""

    def end(number: int, _frame: FrameType | None) -> None:
        kind = Terminated if number == signal.SIGTERM else Interrupted
        raise kind("Interrupted at a question.", not_done="Nothing was started after it.", next_step="the same command")

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
