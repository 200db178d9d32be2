"""Files of a project that are written once, all of them or none."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from flowops import atomic_file
from flowops.errors import Interrupted, UsageError

_UNTOUCHED = "Nothing was written."


class NewFiles:
    """The files below one folder. Who may read what holds them may read them: people commit and share them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def existing(self, paths: Iterable[PurePosixPath]) -> frozenset[PurePosixPath]:
        """Return those of `paths` where something stands."""
        return frozenset(path for path in paths if os.path.lexists(self._root / path))

    @contextmanager
    def written(self, files: Mapping[PurePosixPath, bytes]) -> Iterator[None]:
        """Write all files; they are taken away again when one cannot be written or the context ends with an error.

        UsageError names the file that cannot be written, Interrupted says that nothing was. What stands there already
        is never touched. Everything is made beside its place and moved there: killed at any moment, flowops leaves at
        most a hidden folder `.flowops-init-…` behind.
        """
        root = Path(os.path.abspath(self._root))
        # What stands there already and will hold all that is new, the project's folder perhaps among it.
        base = next(it for it in (root, *root.parents) if it.is_dir())
        below = PurePosixPath(root.relative_to(base).as_posix())
        made: list[Path] = []
        try:
            with _staging(base) as staging:
                for path, content in files.items():
                    _write(staging / below / path, content, base.stat().st_mode, staging)
                for path in _outermost(base, (below / it for it in files)):
                    if os.path.lexists(base / path):
                        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(base / path))
                    # Before it is there, so that an interrupt finds it; after the look, so that it is surely ours.
                    made.append(base / path)
                    os.rename(staging / path, base / path)
            yield
        except KeyboardInterrupt as error:
            _take_away(made)
            raise Interrupted("Interrupted.", not_done=_UNTOUCHED, next_step="the same command again") from error
        except OSError as error:
            _take_away(made)
            raise UsageError(
                f"{error.filename or self._root} cannot be written: {error.strerror}.",
                not_done=_UNTOUCHED,
                next_step="the same command with a folder that can be written to",
            ) from error
        except BaseException:
            _take_away(made)
            raise


@contextmanager
def _staging(base: Path) -> Iterator[Path]:
    """Yield a new folder in `base`, so that what is made in it can be moved in one step."""
    folder = Path(tempfile.mkdtemp(prefix=".flowops-init-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _outermost(base: Path, paths: Iterable[PurePosixPath]) -> tuple[PurePosixPath, ...]:
    """Return, once each, the first part of every path that is no folder in `base` yet."""
    parts = ((*reversed(path.parents[:-1]), path) for path in paths)
    firsts = (next(it for it in way if it == way[-1] or not (base / it).is_dir()) for way in parts)
    return tuple(dict.fromkeys(firsts))


def _write(path: Path, content: bytes, mode: int, staging: Path) -> None:
    missing = [it for it in path.parents if it.is_relative_to(staging) and not it.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(atomic_file.PRIVATE_FOLDER | (mode & 0o055))
    path.write_bytes(content)
    path.chmod(atomic_file.PRIVATE_FILE | (mode & 0o044))


def _take_away(made: Iterable[Path]) -> None:
    for it in made:
        with suppress(OSError):
            shutil.rmtree(it) if it.is_dir() else it.unlink()
