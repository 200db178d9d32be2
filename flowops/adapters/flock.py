"""Locks on files and folders, which the kernel releases when their holder ends, however that happens."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowops import atomic_file
from flowops.errors import LockHeld

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""How a folder is opened where no symbolic link may stand for it."""

_FILE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened(path: Path, flags: int = _FILE) -> Iterator[int]:
    """Yield a descriptor to be locked while the block runs: of a lock file, made where it is missing, or of a FOLDER.

    A lock that was taken with it ends with the block.
    """
    descriptor = os.open(path, flags, atomic_file.PRIVATE_FILE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def taken(descriptor: int) -> bool:
    """Take the lock of what was opened, without waiting for it; say whether it could be had."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def alone_in(folder: Path, otherwise: str) -> Iterator[None]:
    """Hold a folder while its files are changed, so that no other command changes them; a link may lead to it.

    LockHeld, with `otherwise` for what happened, where another command holds it.
    """
    with opened(folder, FOLDER & ~os.O_NOFOLLOW) as descriptor:
        if not taken(descriptor):
            raise LockHeld(
                otherwise,
                not_done="Nothing was written.",
                next_step="the same command, once that one has ended",
            )
        yield
