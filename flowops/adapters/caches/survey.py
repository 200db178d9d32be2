"""A look at what is in a folder: how much, how old, and whether something in it may not be lost."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flowops.model.gc import Item, Kind, may_point, only_points, precious

_BLOCK = 512
"""Bytes in what stat(2) counts in `st_blocks`."""


@dataclass(frozen=True)
class Survey:
    """Bytes on disk, the last change of anything in it in seconds since 1970, and why it stays, "" for no reason."""

    size: int
    changed: float
    kept: str = ""
    identity: tuple[int, int] = (0, 0)


def survey(path: Path) -> Survey:
    """Return what is known of a file, or of a folder and everything in it; no symbolic link is followed.

    OSError where there is nothing.
    """
    about = path.lstat()
    if stat.S_ISLNK(about.st_mode):
        return _of(about, "is a symbolic link")
    if not stat.S_ISDIR(about.st_mode):
        return _of(about, "may be the only copy of a state" if precious(path.name, path.parent.name) else "")
    size, changed = about.st_blocks * _BLOCK, about.st_mtime
    reasons: list[str] = []
    for entry, it in _entries(path, reasons):
        size, changed = size + it.st_blocks * _BLOCK, max(changed, it.st_mtime)
        if reason := _reason(entry, it, about.st_dev):
            reasons.append(reason)
    return Survey(size, changed, reasons[0] if reasons else "", (about.st_dev, about.st_ino))


def items_at(kind: Kind, root: Path, path: str, kept: str = "", parts: Iterable[str] = ()) -> Iterator[Item]:
    """Yield what stands at `path` below `root` as an item, if it still does; where there are `parts`, only these go.

    What holds something precious stays, and says what.
    """
    whole = root / path
    chosen = tuple(parts)
    try:
        found = [survey(whole / it) for it in chosen] or [survey(whole)]
        about = whole.lstat()
    except FileNotFoundError:
        return
    yield Item(
        kind,
        str(root),
        path,
        sum(it.size for it in found),
        datetime.fromtimestamp(max(it.changed for it in found), UTC),
        kept or next((it.kept for it in found if it.kept), ""),
        chosen,
        (about.st_dev, about.st_ino),
    )


def _of(about: os.stat_result, kept: str) -> Survey:
    return Survey(about.st_blocks * _BLOCK, about.st_mtime, kept, (about.st_dev, about.st_ino))


def _entries(folder: Path, reasons: list[str]) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield everything below a folder; one that cannot be looked into is a reason for it to stay."""
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    about = entry.stat(follow_symlinks=False)
                    yield Path(entry.path), about
                    if stat.S_ISDIR(about.st_mode):
                        waiting.append(Path(entry.path))
        except FileNotFoundError:
            continue  # somebody else was faster
        except OSError as error:
            reasons.append(f"{current} cannot be looked into: {error.strerror}")


def _reason(path: Path, about: os.stat_result, device: int) -> str:
    """Return why what holds this has to stay, "" for no reason."""
    if about.st_dev != device:
        return f"another file system is mounted at {path}"
    if not stat.S_ISREG(about.st_mode):
        return ""
    folder = path.parent.name
    if precious(path.name, folder) or (may_point(path.name, folder) and not only_points(_document(path))):
        return f"{path} may be the only copy of a state, or tells of a crash"
    return ""


def _document(path: Path) -> object:
    """Return what stands in a JSON file; None where nobody could read a state out of it."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
