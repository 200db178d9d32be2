"""Ctrl-C and SIGTERM as numbers that a run looks at, instead of exceptions that tear it apart."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

_Handler = Callable[[int, FrameType | None], None] | signal.Handlers


def hurried(environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Say whether a CI runner sends the signals: its SIGINT is followed by a SIGKILL ten seconds later."""
    return not terminal and environ.get("CI", "").lower() not in ("", "0", "false")


class Interrupts:
    """Counts what the operator asked for: 1 means drain, 2 interrupt terraform, 3 ask whether to kill it.

    SIGTERM cannot wait for a drain (a CI runner kills seconds later), so it counts as 2 at once; where that is so of
    SIGINT, too, signals are `hurried`.
    """

    def __init__(self, *, hurried: bool = False) -> None:
        self.level = 0
        self.terminated = False
        self.hurried = hurried

    @contextmanager
    def watch(self) -> Iterator[Interrupts]:
        """Take SIGINT and SIGTERM over while the block runs, ignore SIGHUP, and put everything back afterwards."""
        handlers: dict[signal.Signals, _Handler] = {
            signal.SIGINT: self._terminate if self.hurried else self._interrupt,
            signal.SIGTERM: self._terminate,
            signal.SIGHUP: signal.SIG_IGN,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def drain(self) -> None:
        """Ask for what the first Ctrl-C asks for; where more was asked for already, that stays."""
        self.level = max(self.level, 1)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.level += 1

    def _terminate(self, _number: int, _frame: FrameType | None) -> None:
        self.terminated = True
        self.level = max(self.level, 2)
