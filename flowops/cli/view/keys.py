"""Single keys of a terminal, taken while something is shown; Ctrl-C stays what it is, and all is put back."""

from __future__ import annotations

import os
import select
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def is_ours(descriptor: int) -> bool:
    """Say whether this is a terminal, and we are the program that it listens to."""
    try:
        return os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


class Keys:
    """The keyboard behind one file descriptor, None for nobody's.

    Nothing is touched while another program has the terminal: whoever does that from the background is stopped.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = -1 if descriptor is None else descriptor

    @property
    def heard(self) -> bool:
        """Whether keys come to us now."""
        return is_ours(self._descriptor)

    @contextmanager
    def single(self) -> Iterator[None]:
        """Let each key come at once and unseen while the block runs, and put the terminal back however it ends."""
        before = self._settings()
        if before is None:
            yield
            return
        try:
            # Not raw: Ctrl-C and Ctrl-Z keep being signals.
            tty.setcbreak(self._descriptor, termios.TCSANOW)
            yield
        finally:
            if self.heard:
                with suppress(termios.error, OSError):
                    termios.tcsetattr(self._descriptor, termios.TCSANOW, before)

    def _settings(self) -> list[int | list[bytes | int]] | None:
        try:
            return termios.tcgetattr(self._descriptor) if self.heard else None
        except termios.error:
            return None

    def forget(self) -> None:
        """Drop what was typed until now: it was not meant for what is asked next."""
        with suppress(termios.error, OSError):
            if self.heard:
                termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def pressed(self) -> str:
        """Return the keys that were pressed since the last look, without waiting."""
        with suppress(OSError, ValueError):
            if self.heard and select.select([self._descriptor], [], [], 0)[0]:
                return os.read(self._descriptor, 64).decode("utf-8", "replace")
        return ""


class TypedLine:
    """A line that comes key by key; a terminal that is not in single-key mode corrects and shows it by itself."""

    def __init__(self) -> None:
        self.text = ""

    def take(self, keys: str) -> str | None:
        """Take keys, and return the line once Enter was among them; None until then."""
        for key in keys:
            if key in "\r\n":
                return self.text
            self.text = self.text[:-1] if key in "\b\x7f" else self.text + key
        return None
