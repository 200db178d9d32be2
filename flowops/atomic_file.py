"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def write(path: Path, content: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Replace `path` at once: readers see the old content or the new, and a crash leaves one of the two.

    A symbolic link at `path` is replaced, not followed. An OSError leaves `path` as it was.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def shared_mode(path: Path) -> int:
    """Return the mode for a file that people commit: who may read its folder may read it, its owner may write it."""
    return PRIVATE_FILE | (path.parent.stat().st_mode & 0o044)


def private_folder(path: Path) -> Path:
    """Return `path` as a folder that only its owner can enter, made where it is missing."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    path.chmod(PRIVATE_FOLDER)
    return path
