"""Deleting so that nothing is half there: at once out of the way, then for good; no symbolic link is followed.

What goes is first renamed into a bin of its root, where nobody looks for it. Whatever ends flowops in between, it was
there whole or is in the bin, which the next cleaning empties. Everything is done by descriptors of folders that were
opened without following a link: what somebody puts in a folder's place meanwhile leads nowhere else.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from uuid import uuid4

from flowops.adapters.caches.processes import user_of
from flowops.adapters.caches.survey import items_at, survey
from flowops.adapters.flock import FOLDER
from flowops.model.gc import DELETED, Deletion, GcRequest, Item, Kind, failed, kept

_OWNERS = 0o700

Holds = Callable[[Path], str]
"""Says why what stands at a path may not go, "" for no reason."""


@dataclass(frozen=True)
class Bin:
    """The folder `name` below `root` through which everything goes that is deleted there."""

    root: Path
    name: str

    def remains(self) -> Iterator[Item]:
        """Yield what an interrupted cleaning left in the bin."""
        folder = self.root / self.name
        if folder.is_symlink() or not folder.is_dir():
            return
        for name in sorted(os.listdir(folder)):
            yield from items_at(Kind.HALF_DELETED, self.root, f"{self.name}/{name}")

    def empty(self, it: Item, holds: Holds) -> Deletion:
        """Delete for good what an interrupted cleaning left, unless something holds it."""
        name = PurePosixPath(it.path).name
        if reason := self._reason(self.root / it.path, holds):
            return kept(reason)
        with self._opened() as place:
            if not _is(it, name, place):
                return kept("something else stands there by now")
            _delete(name, place)
        return DELETED

    def unlink(self, it: Item) -> Deletion:
        """Delete a file where it stands, unless it is another one by now: a file is whole or gone."""
        path = PurePosixPath(it.path)
        with self._folder(path.parent) as parent:
            if not _is(it, path.name, parent):
                return kept("something else stands there by now")
            os.unlink(path.name, dir_fd=parent)
        return DELETED

    def remove(self, it: Item, holds: Holds) -> Deletion:
        """Delete an item, or the parts that are to go of it, unless it is another one by now, or something holds it.

        It is looked at once more when it is out of the way: what somebody wrote until then brings it back. OSError
        where it could not be deleted; what did not get out of the way is as it was.
        """
        path = PurePosixPath(it.path)
        wanted = [path / part for part in it.parts] or [path]
        with self._folder(path.parent) as parent:
            if not _is(it, path.name, parent):
                return kept("something else stands there by now")
        for part in wanted:
            if (done := self._remove(part, holds)) is not DELETED:
                return done
        return DELETED

    def _remove(self, path: PurePosixPath, holds: Holds) -> Deletion:
        if reason := self._reason(self.root / path, holds):
            return kept(reason)
        with self._folder(path.parent) as parent, self._opened() as place:
            name = uuid4().hex
            try:
                _move(path.name, parent, name, place)
            except FileNotFoundError:
                return DELETED  # somebody else was faster
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                return failed(f"it lies on another file system than {self.root / self.name}")
            if reason := self._reason(self.root / self.name / name, holds):
                os.rename(name, path.name, src_dir_fd=place, dst_dir_fd=parent)
                return kept(reason)
            _delete(name, place)
        return DELETED

    def _reason(self, path: Path, holds: Holds) -> str:
        try:
            return survey(path).kept or holds(path)
        except FileNotFoundError:
            return ""

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Yield the bin, made where it is missing."""
        path = PurePosixPath(self.name)
        with self._folder(path.parent) as parent:
            with suppress(FileExistsError):
                os.mkdir(path.name, _OWNERS, dir_fd=parent)
            place = os.open(path.name, FOLDER, dir_fd=parent)
        try:
            yield place
        finally:
            os.close(place)

    @contextmanager
    def _folder(self, path: PurePosixPath) -> Iterator[int]:
        """Yield a folder below the root, each part of its path opened without following a link."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in path.parts:
                inner = os.open(part, FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)


def _is(it: Item, name: str, parent: int) -> bool:
    about = os.stat(name, dir_fd=parent, follow_symlinks=False)
    return (about.st_dev, about.st_ino) == it.identity


def _delete(name: str, place: int) -> None:
    """Delete a file, or a folder with all that is in it, by way of the folder `place` that it stands in.

    Inner folders are brought up into `place` first: so it takes one descriptor, however deep they lie.
    """
    device = os.fstat(place).st_dev
    waiting = [name]
    while waiting:
        current = waiting[-1]
        about = os.stat(current, dir_fd=place, follow_symlinks=False)
        if not stat.S_ISDIR(about.st_mode):
            os.unlink(current, dir_fd=place)
            waiting.pop()
            continue
        if about.st_dev != device:
            raise OSError(errno.EXDEV, "another file system is mounted in it")
        inner = _emptied(current, place)
        if not inner:
            os.rmdir(current, dir_fd=place)
            waiting.pop()
        waiting += inner


def _emptied(folder: str, place: int) -> list[str]:
    """Delete the files of a folder, and bring its folders up into `place`; return their names there."""
    descriptor = os.open(folder, FOLDER, dir_fd=place)
    try:
        os.fchmod(descriptor, _OWNERS)  # some caches are read-only
        with os.scandir(descriptor) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        brought = []
        for name, is_folder in found:
            if is_folder:
                brought.append(_brought_up(name, descriptor, place))
            else:
                os.unlink(name, dir_fd=descriptor)
        return brought
    finally:
        os.close(descriptor)


def _brought_up(name: str, folder: int, place: int) -> str:
    """Move a folder up into `place` and return its name there."""
    new = uuid4().hex
    _move(name, folder, new, place)
    return new


def _move(name: str, folder: int, new: str, place: int) -> None:
    """Move a file or folder from one folder to another; a folder has to be writable for that: its `..` changes."""
    try:
        os.rename(name, new, src_dir_fd=folder, dst_dir_fd=place)
    except PermissionError:
        with suppress(OSError):
            _move_unwritable(name, folder, new, place)
            return
        raise


def _move_unwritable(name: str, folder: int, new: str, place: int) -> None:
    inner = os.open(name, FOLDER, dir_fd=folder)
    mode = stat.S_IMODE(os.fstat(inner).st_mode)
    try:
        os.fchmod(inner, mode | _OWNERS)
        try:
            os.rename(name, new, src_dir_fd=folder, dst_dir_fd=place)
        except OSError:
            os.fchmod(inner, mode)
            raise
    finally:
        os.close(inner)


class Remains:
    """What interrupted cleanings left in the bins: it was shown, and agreed to, then."""

    kinds = frozenset({Kind.HALF_DELETED})

    def __init__(self, bins: Iterable[Bin]) -> None:
        self._bins = tuple(bins)

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield it."""
        for bin_ in self._bins:
            yield from bin_.remains()

    def delete(self, it: Item) -> Deletion:
        """Delete one thing for good."""
        of_it = next(bin_ for bin_ in self._bins if str(bin_.root) == it.root)
        return of_it.empty(it, user_of)
