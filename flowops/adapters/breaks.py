"""Ctrl-C and SIGTERM for a command of several stages: they end the stage under way, and no more."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from flowops.errors import Terminated


class Breaks:
    """Who is told of a signal is the stage that is under way; one that comes between two ends the next.

    A run takes the signals over while it works, and gives them back.
    """

    def __init__(self) -> None:
        self._within = False
        self._came = 0

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM over while the block runs, ignore SIGHUP, and put everything back afterwards."""
        before = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}
        # A terminal that has gone away is no reason to leave what stands.
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def stage(self) -> Iterator[None]:
        """Let a signal end the block: KeyboardInterrupt for SIGINT, Terminated for SIGTERM."""
        self._within = True
        try:
            if self._came:
                self._end(self._came)
            yield
        finally:
            self._within = False

    def forgive(self) -> None:
        """Forget a signal that came between two stages."""
        self._came = 0

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self._within:
            self._end(number)
        self._came = number

    def _end(self, number: int) -> None:
        self._came = 0
        if number == signal.SIGTERM:
            raise Terminated("SIGTERM came.", not_done="", next_step="")
        raise KeyboardInterrupt
