"""Files that people write, read so that none of them can hang or flood a command: regular ones, of UTF-8, not large."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from flowops.errors import InvalidConfig

MAX_BYTES = 1024 * 1024

AGAIN = ", then the same command again"
MEND = f"mend that line{AGAIN}"
"""What to do about a file that is not as it should be."""


def content(path: Path) -> bytes:
    """Return the bytes of `path`; InvalidConfig where it cannot be read, is no regular file, or is above 1 MiB."""
    try:
        # Without O_NONBLOCK a FIFO in place of the file would hang the command.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise wrong(path, 1, f"cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise wrong(path, 1, "is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise wrong(path, 1, "is larger than 1 MiB")
    return raw


def read(path: Path) -> str:
    """Return the text of `path` without a byte order mark; InvalidConfig as `content`, and where it is not UTF-8."""
    raw = content(path)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong(path, raw[: error.start].count(b"\n") + 1, "is not UTF-8 text") from error


def wrong(path: Path, line: int, text: str) -> InvalidConfig:
    """Return the error that says what is wrong in a line of `path`."""
    return InvalidConfig(f"{path}:{line}: {text}.", not_done="Nothing was started.", next_step=MEND)
