"""At most one server for one state directory, seen by everybody and forgotten with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Occupancy:
    """A lock file whose lock the kernel releases when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def claim(self, *, wait: bool = False) -> bool:
        """Take the lock for this process and note its pid; False when somebody else holds it."""
        descriptor = self._locked(fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        if descriptor is None:
            return False
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back, if this object holds it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """Return the pid of the process that holds the lock, or None when nobody does."""
        descriptor = self._locked(fcntl.LOCK_SH | fcntl.LOCK_NB) if self._path.exists() else -1
        if descriptor is None:
            noted = self._path.read_text()
            return int(noted) if noted.isdigit() else None
        if descriptor >= 0:
            os.close(descriptor)
        return None

    def _locked(self, how: int) -> int | None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def __enter__(self) -> Self:
        """Wait for the lock."""
        self.claim(wait=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give the lock back."""
        self.release()
