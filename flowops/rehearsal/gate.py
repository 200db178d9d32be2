"""Requests run side by side; a snapshot is taken only while none of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """Lets requests through until somebody asks for quiet.

    A nested request (one that the emulator makes of itself) passes as long as another one runs: that may be
    its parent, which waits for it.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._running = 0
        self._closed = False

    @contextmanager
    def passing(self, *, nested: bool = False) -> Iterator[None]:
        """Run one request."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed or (nested and self._running > 0))
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @contextmanager
    def quiet(self, patience: float) -> Iterator[bool]:
        """Hold new requests back; give True once none runs, False after `patience` seconds of waiting."""
        with self._changed:
            self._closed = True
            silent = self._changed.wait_for(lambda: not self._running, timeout=patience)
        try:
            yield silent
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
