"""The hash of a file, read piece by piece whatever its size."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; OSError where it cannot be read."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def sha256_if_readable(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, "" where it cannot be read."""
    try:
        return sha256_of(path)
    except OSError:
        return ""
