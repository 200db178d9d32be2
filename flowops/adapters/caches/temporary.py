"""What a flowops that crashed or was killed left in the folders for temporary files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from flowops.adapters import flock
from flowops.adapters.caches.removal import Bin
from flowops.adapters.caches.survey import items_at
from flowops.adapters.providers.folder import sweep_one
from flowops.model.gc import DELETED, Deletion, GcRequest, Item, Kind, kept

SELFTESTS = Path(".flowops") / "selftests"
"""Where a project keeps what its self-tests found."""

BY_HAND = ".by-hand-"
"""How the folder of a self-test's plain tools begins; whoever runs it holds it."""

_REPORTS = "flowops-error-*.txt"


class ErrorReports:
    """What flowops wrote about errors of its own, for whoever mends it."""

    kinds = frozenset({Kind.REPORT})

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield those of this user that are older than the request says."""
        for file in sorted(self._folder.glob(_REPORTS)):
            about = file.lstat()
            old = now - datetime.fromtimestamp(about.st_mtime, UTC) > request.older_than
            if stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid() and old:
                yield from items_at(Kind.REPORT, self._folder, file.name)

    def delete(self, it: Item) -> Deletion:
        """Delete one."""
        return Bin(self._folder, "").unlink(it)


class DeadPools:
    """The folders of processes that shared providers and were killed; `runtime` is this user's folder of sockets."""

    kinds = frozenset({Kind.POOL})

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield those that nobody holds."""
        if self._runtime.is_symlink() or not self._runtime.is_dir():
            return
        for folder in sorted(self._runtime.iterdir()):
            if not folder.is_symlink() and folder.is_dir() and not _held(folder):
                yield from items_at(Kind.POOL, self._runtime, folder.name)

    def delete(self, it: Item) -> Deletion:
        """Delete one, and end providers that outlived their pool."""
        return DELETED if sweep_one(self._runtime / it.path) else kept("a pool holds it by now")


class KilledSelftests:
    """The folders in which plain tools had their credentials while a self-test of one project ran that was killed."""

    kinds = frozenset({Kind.BY_HAND})

    def __init__(self, project: Path, bin_: Bin) -> None:
        self._project, self._bin = project, bin_

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield those that nobody holds."""
        for folder in sorted((self._project / SELFTESTS).glob(f"{BY_HAND}*")):
            if not folder.is_symlink() and folder.is_dir() and not _held(folder):
                yield from items_at(Kind.BY_HAND, self._project, f"{SELFTESTS.as_posix()}/{folder.name}")

    def delete(self, it: Item) -> Deletion:
        """Delete one."""
        if _held(self._project / it.path):
            return kept("a self-test runs")
        return self._bin.remove(it, lambda _: "")


def _held(folder: Path) -> bool:
    """Say whether the process that works with a folder lives, and so holds it."""
    with flock.opened(folder, flock.FOLDER) as descriptor:
        return not flock.taken(descriptor)
