"""Room on disk, looked at before a run: a full disk leaves plans of 0 bytes and states that cannot be saved."""

from __future__ import annotations

import shutil
from pathlib import Path

from flowops.errors import OperationFailed

NEEDED = 2 * 1024**3
"""Bytes; the AWS provider alone takes 0.7 GiB unpacked."""


def check_room(folder: Path, *, needed: int = NEEDED) -> None:
    """Raise OperationFailed where the file system of `folder` has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OperationFailed(
            f"Only {free / 1024**3:.1f} GiB are free at {folder}; a run needs {needed / 1024**3:.0f} GiB.",
            not_done="Nothing was started.",
            next_step=f"df -h {folder}, make room, then run the same command again",
        )
