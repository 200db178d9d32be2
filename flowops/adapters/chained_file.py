"""A file of events that is only ever appended to, each line chained to the one before."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowops.model.chain import EVENTS, HEAD, Head, complete_lines, hash_of, head_from, linked, start_of

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_OVERWRITE = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class ChainedFile:
    """The events of one run in its folder; safe to append to from several threads, not from several processes."""

    def __init__(self, folder: Path) -> None:
        self._events, self._head = folder / EVENTS, folder / HEAD
        self._lock = threading.Lock()
        lines, _ = complete_lines(read(self._events))
        self._count = len(lines)
        self._previous = hash_of(lines[-1]) if lines else start_of(folder.name)

    def append(self, event: Mapping[str, Any]) -> None:
        """Append one event; it is on disk when this returns. An OSError leaves the file as it was."""
        with self._lock:
            line = linked(event, self._previous)
            _append(self._events, line + b"\n")
            self._count, self._previous = self._count + 1, hash_of(line)
            self._note_head()

    def mend(self) -> str:
        """Cut off a line that a killed process left half written, and return what stood of it."""
        _, torn = complete_lines(read(self._events))
        if torn:
            os.truncate(self._events, self._events.stat().st_size - len(torn))
        return torn.decode("utf-8", "replace")

    def _note_head(self) -> None:
        descriptor = os.open(self._head, _OVERWRITE, 0o600)
        try:
            os.pwrite(descriptor, Head(self._count, self._previous).encode(), 0)
        finally:
            os.close(descriptor)


def read(path: Path) -> bytes:
    """Return what stands in a file, nothing where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def read_head(folder: Path) -> Head | None:
    """Return the head of the journal in a run's folder, None where there is none."""
    return head_from(read(folder / HEAD))


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, _APPEND, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        if os.write(descriptor, line) != len(line):
            # A full disk takes the beginning of a line; half a line would look like somebody's doing.
            os.ftruncate(descriptor, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
