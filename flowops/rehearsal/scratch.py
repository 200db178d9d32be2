"""The scratch copy: a project's files brought over, what the rehearsal made there kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from flowops import atomic_file
from flowops.model.rendering import SUFFIX

Listing = Callable[[Path], Iterable[PurePosixPath]]

_MANIFEST = "files.json"
_OWN = frozenset({"flowops.lock"})
_SKIPPED = frozenset(
    {".git", ".venv", ".tox", ".flowops", ".terragrunt-cache", ".terraform", "__pycache__", "node_modules"}
)


def walk(checkout: Path) -> Iterator[PurePosixPath]:
    """Yield the files of a project that is not under git, without caches and version control."""
    for folder, folders, files in os.walk(checkout):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(files):
            yield PurePosixPath((Path(folder) / name).relative_to(checkout).as_posix())


def bring_over(checkout: Path, scratch: Path, listing: Listing) -> tuple[int, int]:
    """Make `scratch` hold the checkout's present files; return how many were written and removed.

    Left alone are what the rehearsal made: caches, state, flowops.lock, and files rendered from a template (`x.hcl`
    beside `x.hcl.j2`), which hold the rehearsal's facts, not the checkout's. A file that is gone from the checkout goes
    from the copy, too.
    """
    files = {path for path in listing(checkout) if (checkout / path).is_file()}
    wanted = {path for path in files if not _is_own(path, files)}
    manifest = scratch.parent / _MANIFEST
    before = _read(manifest)
    removed = sum(_remove(scratch / path) for path in before - wanted)
    written = sum(_copy(checkout / path, scratch / path) for path in sorted(wanted))
    manifest.write_text(json.dumps(sorted(map(str, wanted))))
    return written, removed


def _is_own(path: PurePosixPath, files: set[PurePosixPath]) -> bool:
    return path.name in _OWN or path.with_name(f"{path.name}{SUFFIX}") in files


def _read(manifest: Path) -> set[PurePosixPath]:
    try:
        return {PurePosixPath(name) for name in json.loads(manifest.read_text())}
    except (OSError, ValueError):
        return set()


def _copy(source: Path, target: Path) -> bool:
    same_mode = target.is_file() and target.stat().st_mode & 0o100 == source.stat().st_mode & 0o100
    if same_mode and target.read_bytes() == source.read_bytes():
        return False
    if target.is_dir():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A terragrunt at work in the copy sees the old file or the new one.
    atomic_file.write(target, source.read_bytes(), mode=0o700 if source.stat().st_mode & 0o100 else 0o600)
    return True


def _remove(path: Path) -> bool:
    if not path.is_file():
        return False
    path.unlink()
    return True
