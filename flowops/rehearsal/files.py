"""Files that are either the old or the new version, never half of one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path`, readable by its owner only, even if the machine stops midway."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def private_directory(path: Path) -> Path:
    """Create `path` for its owner only, if it is not there, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
