"""States that terraform could not save, kept where no cleaner of caches comes by: `.flowops/unsaved/` in the project.

terraform leaves such a state as `errored.tfstate` in its working copy, readable by everybody. Here each has a folder by
unit and a name by content, and is readable by its owner only. As long as one is there, the unit is blocked.

The original stays in the working copy until the state is saved, for who pushes it by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from flowops import atomic_file
from flowops.model.deployment import Unit
from flowops.model.evidence import UNSAVED_FILE
from flowops.model.unsaved import UnsavedState

UNSAVED = Path(".flowops") / "unsaved"
CACHE = ".terragrunt-cache"
_SHORT = 12


@dataclass(frozen=True)
class UnsavedStates:
    """The unsaved states of one project."""

    project: Path

    def collect(self, units: Iterable[Unit]) -> Mapping[Unit, tuple[UnsavedState, ...]]:
        """Keep every unsaved state that lies in the units' working copies; return what is kept of each, newest first.

        Units without one are left out.
        """
        found = {unit: self._kept(unit) for unit in units if self._collected(unit)}
        return {unit: kept for unit, kept in found.items() if kept}

    def lying(self, unit: Unit) -> tuple[Path, ...]:
        """Return where unsaved states of a unit lie, in its working copy or kept already; nothing is touched."""
        return (*self._originals(unit), *sorted(self._folder(unit).glob("errored-*.tfstate")))

    def release(self, unit: Unit, saved: UnsavedState) -> tuple[str, ...]:
        """Delete every copy of a state that has been saved, and return where others of the unit are set aside."""
        aside = []
        for it in self._kept(unit):
            path = Path(it.path)
            if it.sha256 == saved.sha256:
                path.unlink()
            else:
                aside.append(str(path.replace(path.with_name(f"set-aside-{path.name}"))))
        for original in self._originals(unit):
            original.unlink(missing_ok=True)
        return tuple(aside)

    def _collected(self, unit: Unit) -> bool:
        for original in self._originals(unit):
            self._keep(unit, original)
        return self._folder(unit).is_dir()

    def _keep(self, unit: Unit, original: Path) -> None:
        content = original.read_bytes()
        original.chmod(atomic_file.PRIVATE_FILE)
        copy = self._folder(unit) / f"errored-{sha256(content).hexdigest()[:_SHORT]}.tfstate"
        if copy.exists():
            return
        for folder in reversed((copy.parent, *copy.parent.parents[:3])):
            atomic_file.private_folder(folder)
        atomic_file.write(copy, content)
        when = original.stat().st_mtime_ns
        os.utime(copy, ns=(when, when))

    def _kept(self, unit: Unit) -> tuple[UnsavedState, ...]:
        paths = sorted(self._folder(unit).glob("errored-*.tfstate"), key=lambda it: it.stat().st_mtime_ns, reverse=True)
        return tuple(_read(path) for path in paths)

    def _folder(self, unit: Unit) -> Path:
        return self.project / UNSAVED / unit.environment / unit.layer / unit.name

    def _originals(self, unit: Unit) -> Iterator[Path]:
        for folder, folders, files in os.walk(self.project / "deployments" / unit.path / CACHE):
            folders[:] = sorted(name for name in folders if name != ".terraform")
            if UNSAVED_FILE in files:
                yield Path(folder) / UNSAVED_FILE


def _read(path: Path) -> UnsavedState:
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return UnsavedState(str(path), path.read_bytes(), written)
