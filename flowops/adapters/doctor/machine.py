"""This computer and its shell, as doctor looks at them: nothing is made, fetched or changed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flowops.adapters.disk import room_at
from flowops.adapters.environment import ignored_variables
from flowops.adapters.process import Processes
from flowops.adapters.unsaved_states import CACHE
from flowops.errors import ToolUnusable
from flowops.model.doctor_facts import CacheSize, Permissions, Room
from flowops.model.plaintext import printable
from flowops.model.toolchain import ToolStatus

MIRROR = "FLOWOPS_PROVIDER_MIRROR"
_SECONDS = 10
_BLOCK = 512


@dataclass(frozen=True)
class ThisComputer:
    """The machine that flowops runs on; `project` None where there is none.

    `tools_in` looks for tools with an environment; `private` are folders that should be their owner's alone, the two
    files are AWS's own. Caches are counted up to `most` bytes.
    """

    ambient: Mapping[str, str]
    processes: Processes
    tools_in: Callable[[Mapping[str, str]], Sequence[ToolStatus]]
    project: Path | None
    cache: Path
    private: tuple[Path, ...]
    config_file: Path
    credentials_file: Path
    most: int

    def python(self) -> tuple[int, int, int]:
        """Return the version of Python."""
        return sys.version_info[:3]

    def tools(self) -> Sequence[ToolStatus]:
        """Return where every tool stands."""
        named, is_folder = self.mirror()
        ambient = {key: value for key, value in self.ambient.items() if key != MIRROR or is_folder}
        return self.tools_in(ambient if named else self.ambient)

    def mirror(self) -> tuple[str, bool]:
        """Return the mirror of providers that is named, empty for none, and whether it is a folder."""
        named = self.ambient.get(MIRROR, "")
        return printable(named), bool(named) and os.path.isdir(named)

    def git(self) -> str:
        """Return what git says its version is, empty where there is no git."""
        env = {name: self.ambient[name] for name in ("PATH", "HOME") if name in self.ambient}
        try:
            answer = self.processes.run(["git", "--version"], env=env, cwd=Path("/"), timeout=_SECONDS)
        except ToolUnusable:
            return ""
        return printable(answer.stdout.strip()) if answer.succeeded else ""

    def misleading(self) -> Collection[str]:
        """Return the names of variables that flowops ignores and other tools obey."""
        return ignored_variables(self.ambient)

    def variables(self) -> Collection[str]:
        """Return the names of all variables that say something."""
        return tuple(name for name, value in self.ambient.items() if value)

    def rooms(self) -> Sequence[Room]:
        """Return the free room where a run writes."""
        return tuple(replace(room_at(_standing(it)), path=str(it)) for it in self._written())

    def _written(self) -> Iterator[Path]:
        yield from (self.project, self.cache) if self.project else (self.cache,)

    def folders(self) -> Sequence[Permissions]:
        """Return the folders that should be private, those that are there."""
        return tuple(it for path in self.private if (it := permissions(path)) and it.folder)

    def caches(self) -> CacheSize:
        """Return how large terragrunt's caches are; who knows that it is too much counts no further."""
        size = 0
        for entry in _entries(self.project / "deployments") if self.project else ():
            size += entry.st_blocks * _BLOCK
            if size > self.most:
                return CacheSize(size, at_least=True)
        return CacheSize(size)

    def aws_files(self) -> Sequence[Permissions]:
        """Return AWS's own files, those that are there; the credentials file last."""
        return tuple(it for path in (self.config_file, self.credentials_file) if (it := permissions(path)))


def permissions(path: Path) -> Permissions | None:
    """Return the permissions of a file or folder, links followed; None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    ours = found.st_uid == os.getuid()
    mode = found.st_mode
    special = not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    return Permissions(str(path), stat.S_IMODE(mode), stat.S_ISDIR(mode), ours, special)


def _standing(path: Path) -> Path:
    """Return the nearest folder that is there already: it is on the file system that a run would write to."""
    return next(it for it in (path, *path.parents) if it.exists())


def _entries(deployments: Path) -> Iterator[os.stat_result]:
    """Yield every file inside a cache of terragrunt; what providers are linked to is not in it."""
    for current, folders, files in os.walk(deployments):
        if CACHE in Path(current).parts:
            yield from (found for name in files if (found := _lstat(os.path.join(current, name))))
        folders.sort()


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:  # terraform works there, too
        return None
