"""Where something is made ready before it is moved to its place at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staging(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield a private folder below `parent`; the caller holds the lock, so what a crash left under `prefix` goes first.

    It has to be on the disk of the place that its content is for.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
