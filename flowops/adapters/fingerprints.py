"""What saved plans are made of, as hashes: the files of a unit and of its module, the plan file, and the programs.

A plan file is a zip archive that holds, among others, the state that it was made on: so serial and lineage are read
from the plan itself and not from whatever the bucket has a moment later.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.hashes import sha256_if_readable, sha256_of
from flowops.adapters.unit_file import modules_in, text_if_readable
from flowops.model.binding import SavedPlan
from flowops.model.changes import Plan
from flowops.model.deployment import LOCK_FILE, Unit

_STATE = "tfstate"
_NEIGHBOUR = re.compile(r'source\s*=\s*"(\.{1,2}/[^"]*)"')
_OUTPUT = re.compile(r"dependency\.[A-Za-z0-9_-]+\.outputs\.([A-Za-z0-9_-]+)")


class ProjectSources:
    """The files of one project; `programs` are terraform and terragrunt with the versions that were found."""

    def __init__(self, project: Path, programs: Mapping[str, tuple[Path, str]]) -> None:
        self._project = project.resolve()
        self._deployments, self._modules = self._project / "deployments", self._project / "terraform-modules"
        self._programs = {name: (path, version, _mark(path)) for name, (path, version) in programs.items()}

    def files(self, unit: Unit) -> Mapping[str, str]:
        """Return the hash of each file that decides what the unit's plan holds, by its path in the project.

        The lock file of its providers is left out: terraform writes it while it plans for the first time.
        """
        found = {*self._own(unit), *self._above(unit), *self._of_module(unit)}
        return {path.relative_to(self._project).as_posix(): sha256_if_readable(path) for path in sorted(found)}

    def lock(self, unit: Unit) -> str:
        """Return the hash of the unit's lock file of providers, "" without one."""
        return sha256_if_readable(self._deployments / unit.path / LOCK_FILE)

    def reads(self, unit: Unit) -> frozenset[str]:
        """Return the names of the outputs that the unit reads of others, as far as its file says them."""
        return frozenset(_OUTPUT.findall(text_if_readable(self._deployments, unit)))

    def saved(self, plan: Plan) -> SavedPlan:
        """Return what a plan's file is now; a `hash` of "" where it is gone or is no plan."""
        path = Path(plan.file)
        try:
            with zipfile.ZipFile(path) as archive:
                state = json.loads(archive.read(_STATE))
            return SavedPlan(sha256_of(path), int(state["serial"]), str(state["lineage"]))
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return SavedPlan("")

    def tools(self) -> Mapping[str, str]:
        """Return terraform's and terragrunt's versions; a program that was exchanged since is another one."""
        return {
            name: version if _mark(path) == mark else f"another build than {version}"
            for name, (path, version, mark) in self._programs.items()
        }

    def keep(self, folder: Path, records: Mapping[str, Mapping[str, object]]) -> None:
        """Write what plans were made on into a run's folder."""
        atomic_file.write(folder / "fingerprints.json", (json.dumps(records, indent=2) + "\n").encode())

    def _own(self, unit: Unit) -> Iterator[Path]:
        return _below(self._deployments / unit.path)

    def _above(self, unit: Unit) -> Iterator[Path]:
        for folder in (self._deployments / unit.path).parents:
            yield from _visible(folder)
            if folder == self._deployments:
                return

    def _of_module(self, unit: Unit) -> Iterable[Path]:
        """Return the files of the unit's module and of the neighbours it calls; of a module that is not ours, none."""
        left = [self._modules / name for name in modules_in(text_if_readable(self._deployments, unit))]
        seen: set[Path] = set()
        while left:
            folder = left.pop().resolve()
            if folder in seen or not folder.is_relative_to(self._modules):
                continue
            seen.add(folder)
            for file in folder.glob("*.tf"):
                left += [folder / it for it in _NEIGHBOUR.findall(file.read_text("utf-8", "replace"))]
        return {path for folder in seen for path in _below(folder)}


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of what lies in it, caches and other hidden things left out."""
    yield from _visible(folder)
    if folder.is_dir():
        for inner in folder.iterdir():
            if inner.is_dir() and not inner.name.startswith(".") and not inner.is_symlink():
                yield from _below(inner)


def _visible(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _mark(path: Path) -> tuple[int, int, int]:
    """Return what changes when a program is exchanged; reading 100 MB for each wave would cost more than it tells."""
    try:
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    except OSError:
        return 0, 0, 0
