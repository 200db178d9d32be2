"""Room on disk, looked at before a run: a full disk leaves plans of 0 bytes and states that cannot be saved."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from flowops.errors import OperationFailed
from flowops.model.doctor_facts import Room

NEEDED = 2 * 1024**3
"""Bytes; the AWS provider alone takes 0.7 GiB unpacked."""

NEEDED_FILES = 20_000
"""Terragrunt copies the modules for each unit, terraform links what it needs beside them: 100 files for each of 200."""


def check_room(folder: Path, *, needed: int = NEEDED, files: int = NEEDED_FILES) -> None:
    """Raise OperationFailed where the file system of `folder` has less than `needed` bytes or `files` inodes free."""
    found = room_at(folder)
    if found.free < needed:
        happened = f"Only {found.free / 1024**3:.1f} GiB are free at {folder}; a run needs {needed / 1024**3:.0f} GiB."
        raise _full(happened, "df -h", folder)
    if found.files is not None and found.files < files:
        happened = f"Only {found.files} more files fit at {folder}, whatever their size; a run needs {files}."
        raise _full(happened, "df -i", folder)


def room_at(folder: Path) -> Room:
    """Return what is free on the file system of a folder."""
    found = os.statvfs(folder)
    # A file system that makes inodes as it needs them, as btrfs does, says that it has none at all.
    files = found.f_favail if found.f_files else None
    return Room(str(folder), found.f_bavail * found.f_frsize, files)


def _full(happened: str, command: str, folder: Path) -> OperationFailed:
    return OperationFailed(
        happened,
        not_done="Nothing was started.",
        next_step=f"{command} {shlex.quote(str(folder))}, make room (flowops gc), then run the same command again",
    )
