"""The operator's terminal: progress and questions on stderr, so that stdout stays data."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from getpass import getpass
from types import FrameType
from typing import TextIO

from flowops.cli.view.accounts import accounts_plan
from flowops.cli.view.board import LiveBoard
from flowops.cli.view.bootstrap import plan_table
from flowops.cli.view.gc import leftovers_text
from flowops.cli.view.keys import Keys
from flowops.cli.view.qr import device_text
from flowops.cli.view.result import Pointed
from flowops.cli.view.tables import plans_table, writer
from flowops.errors import Declined, Interrupted, Terminated, UsageError
from flowops.model.accounts import AccountsPlan
from flowops.model.bootstrap import BootstrapPlan
from flowops.model.changes import Plan
from flowops.model.gc import GcResult
from flowops.model.plaintext import printable

_STDIN = 0


class TerminalConsole:
    """Writes lines that are readable in a CI log, too; safe to use from several threads.

    A terminal that has gone away is no reason to end a run: what cannot be shown is in the run's record. `pointed`
    leads the commands in what is said.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        interactive: bool,
        environment: Mapping[str, str] | None = None,
        pointed: Pointed = str,
    ) -> None:
        self._stream, self._environment, self._pointed = stream, environment or {}, pointed
        self._rich = writer(stream)
        self.progress = LiveBoard(stream, Keys(_STDIN if interactive else None), environment or {})
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self.interactive = interactive

    @property
    def private(self) -> bool:
        """Whether what is shown is seen on a terminal alone, and not kept in a file or a log."""
        return self._stream.isatty()

    def note(self, text: str) -> None:
        """Say one line, with the seconds since the command started."""
        line = f"{time.monotonic() - self._start:7.1f}s  {self._pointed(text)}"
        with self._lock, suppress(OSError):
            if self.progress.shown:
                self.progress.say(line)
                return
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        """Show what would change, unit by unit."""
        with self._lock, suppress(OSError):
            self._rich.print(plans_table(title, plans))

    def stacks(self, plan: BootstrapPlan) -> None:
        """Show what one phase of a bootstrap would do."""
        with self._lock, suppress(OSError):
            self._rich.print(plan_table(plan))

    def accounts(self, plan: AccountsPlan) -> None:
        """Show what is to become of each account."""
        with self._lock, suppress(OSError):
            self._rich.print(accounts_plan(plan))

    def leftovers(self, result: GcResult) -> None:
        """Show what would be deleted, and what stays."""
        text = leftovers_text(result, self._pointed)
        with self._lock, suppress(OSError):
            self._rich.print(text)

    def block(self, text: str) -> None:
        """Show lines as they stand, without anything that a terminal would obey."""
        with self._lock, suppress(OSError):
            self._stream.write("".join(f"{printable(line)}\n" for line in text.splitlines()))
            self._stream.flush()

    def device(self, uri: str) -> None:
        """Show what an authenticator app scans or is told; it is a secret."""
        with self._lock:
            self._stream.write(device_text(uri, self._stream, self._rich.width, self._environment))
            self._stream.flush()

    def ask(self, question: str) -> str:
        """Return the answer; Declined where input ends instead."""

        def read() -> str:
            with self._lock:
                self._stream.write(question)
                self._stream.flush()
            return input()

        return self._answer(question, read)

    def hidden(self, question: str) -> str:
        """Return an answer that is not shown while it is typed; Declined where input ends instead."""
        # It asks by itself, once nothing is shown any more: what is typed before that is dropped.
        return self._answer(question, lambda: getpass(question, stream=self._stream))

    def piped(self, most: int) -> bytes:
        """Return what was piped in, one byte more than `most` where there is more; UsageError from a terminal."""
        if sys.stdin.isatty():
            raise UsageError(
                "--stdin reads from a pipe or a redirected file, but stdin is a terminal.",
                next_step="the same command without --stdin, or behind a pipe",
            )
        return sys.stdin.buffer.read(most + 1)

    def _answer(self, question: str, read: Callable[[], str]) -> str:
        retry = "the same command on a terminal, or with --yes where that answers it"
        if not self.interactive:
            raise Declined(f"There is a question and nobody to answer it: {question.strip()}", next_step=retry)
        try:
            with _interruptible():
                return read()
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
