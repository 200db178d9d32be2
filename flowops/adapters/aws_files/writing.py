"""Put changed AWS files in their place: each at once, its last content beside it, and nobody else's change lost."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from flowops import atomic_file
from flowops.adapters import flock
from flowops.adapters.aws_files.reading import content
from flowops.errors import FlowopsError, PartlyDone, UsageError
from flowops.model.profiles import FileChange

BACKUP = ".flowops-backup"
"""What a file's last content is called: its name and this."""

_OTHERS = 0o077


def write(changes: Sequence[FileChange], *, private: Path, user: int) -> tuple[str, ...]:
    """Make these changes in order and return the paths written; `private` is for nobody but its owner afterwards.

    `user` is who writes: a file that is replaced becomes theirs, so that one of somebody else's is left alone.
    The target of a link is replaced, the link stays. LockHeld while another flowops writes; UsageError where a file is
    no longer what was read, or cannot be written; PartlyDone where that is so after another one was written.
    """
    wanted = [it for it in changes if it.changed]
    folders = sorted({Path(it.path).parent for it in changes})
    written: list[str] = []
    with ExitStack() as held:
        for folder in folders:
            _hold(folder, held)
        _require_replaceable(changes, user=user)
        for change in wanted:
            with _explained(change, written):
                _replace(change, private=private)
            written.append(change.path)
        tighten(private)
    return tuple(written)


def require_writable(changes: Sequence[FileChange], *, user: int) -> None:
    """Raise LockHeld and UsageError where `write` would; the files that prove it are gone again on return."""
    with ExitStack() as held:
        for folder in sorted({Path(it.path).parent for it in changes}):
            if folder.exists():
                _hold(folder, held)
        _require_replaceable(changes, user=user)
        for change in changes:
            if change.changed:
                with _explained(change, ()):
                    held.enter_context(_room_for(change))


def _require_replaceable(changes: Sequence[FileChange], *, user: int) -> None:
    """Raise UsageError before the first change where one could not be made: two files change together, or none does."""
    for change in changes:
        _require_unchanged(change)
    for change in changes:
        if change.changed and change.before is not None:
            with _explained(change, ()):
                _require_ours(Path(change.path), user)


def _require_ours(path: Path, user: int) -> None:
    owner = path.resolve().stat().st_uid
    if owner != user:
        raise PermissionError(0, f"it belongs to user {owner}")
    backup = _backup(path)
    if backup.is_dir() and not backup.is_symlink():
        raise IsADirectoryError(0, f"{backup.name} beside it is a folder, and its last content is kept there")


@contextmanager
def _room_for(change: FileChange) -> Iterator[None]:
    """Hold room for a file, and for its last content, in the folders where `write` makes them."""
    path = Path(change.path)
    with ExitStack() as held:
        for folder, content in ((path.resolve().parent, change.after), (path.parent, change.before or b"")):
            there = next(it for it in (folder, *folder.parents) if it.exists())
            scratch = held.enter_context(tempfile.TemporaryDirectory(dir=there, prefix=".flowops-room-"))
            atomic_file.write(Path(scratch, "room"), content)
        yield


def _backup(path: Path) -> Path:
    return path.with_name(path.name + BACKUP)


def tighten(private: Path) -> None:
    """Take everybody else's rights on a file away, if there is one and it is ours; a warning has named it otherwise."""
    if private.exists() and open_to_others(private):
        with suppress(OSError):
            os.chmod(private, private.stat().st_mode & 0o600)


def open_to_others(path: Path) -> bool:
    """Whether anybody but its owner has a right on a file that is there."""
    return bool(path.stat().st_mode & _OTHERS)


def _hold(folder: Path, held: ExitStack) -> None:
    """Keep another flowops from writing here until `held` ends; the folder is made, 0700, where it is missing."""
    try:
        if not folder.exists():
            atomic_file.private_folder(folder)
        held.enter_context(flock.alone_in(folder, f"Another flowops is writing in {folder}."))
    except OSError as error:
        raise _unwritable(str(folder), error) from error


def _require_unchanged(change: FileChange) -> None:
    if content(Path(change.path)) != change.before:
        raise UsageError(
            f"{change.path} was changed by somebody else since this change of it was shown.",
            not_done="Nothing was written.",
            next_step="the same command again",
        )


def _replace(change: FileChange, *, private: Path) -> None:
    path = Path(change.path)
    target = path.resolve()
    mode = atomic_file.PRIVATE_FILE
    if change.before is not None:
        mode = target.stat().st_mode & (0o600 if path == private else 0o777)
        atomic_file.write(_backup(path), change.before)
    atomic_file.write(target, change.after, mode=mode)


@contextmanager
def _explained(change: FileChange, written: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = _unwritable(change.path, error)
        if not written:
            raise reason from error
        raise PartlyDone(
            reason.happened, not_done=f"Only {', '.join(written)} was written.", next_step=reason.next_step
        ) from error


def _unwritable(path: str, error: OSError) -> FlowopsError:
    foreign = isinstance(error, PermissionError)
    return UsageError(
        f"{path} cannot be written: {error.strerror}.",
        not_done="Nothing was written.",
        next_step="the same command as the user whose files these are"
        if foreign
        else "mend that, then the same command again",
    )
