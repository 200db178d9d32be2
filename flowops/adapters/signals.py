"""Ctrl-C and SIGTERM as numbers that a run looks at, instead of exceptions that tear it apart."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_Handler = Callable[[int, FrameType | None], None] | signal.Handlers


class Interrupts:
    """Counts what the operator asked for: 1 means drain, 2 means interrupt terraform.

    SIGTERM cannot wait for a drain (a CI runner kills seconds later), so it counts as 2 at once.
    """

    def __init__(self) -> None:
        self.level = 0
        self.terminated = False

    @contextmanager
    def watch(self) -> Iterator[Interrupts]:
        """Take SIGINT and SIGTERM over while the block runs, ignore SIGHUP, and put everything back afterwards."""
        handlers: dict[signal.Signals, _Handler] = {
            signal.SIGINT: self._interrupt,
            signal.SIGTERM: self._terminate,
            signal.SIGHUP: signal.SIG_IGN,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.level += 1

    def _terminate(self, _number: int, _frame: FrameType | None) -> None:
        self.terminated = True
        self.level = max(self.level, 2)
