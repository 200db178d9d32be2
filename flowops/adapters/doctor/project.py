"""A project's files, as doctor looks at them; nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TypeGuard

from flowops.adapters.bootstrap_files import TemplateFolder
from flowops.adapters.doctor.wanted import WantedOfTree
from flowops.adapters.facts_file import LockFile
from flowops.adapters.git import GitWorkingCopy
from flowops.adapters.project import LOCK_NAME, load_deployment
from flowops.adapters.rules_files import guard_rules
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.text_file import read
from flowops.adapters.unsaved_states import UnsavedStates
from flowops.model.config import Config
from flowops.model.deployment import UNIT_FILE, Deployment, Environment, Unit
from flowops.model.doctor_facts import Wanted
from flowops.model.facts import Facts
from flowops.model.rendering import SUFFIX, RenderResult
from flowops.model.safeguards import GitState, GuardRules

_INCLUDED = re.compile(r'find_in_parent_folders\(\s*"([^"$%\\]+)"\s*\)')
_COMMENT = re.compile(r"^\s*(?:#|//).*$", re.MULTILINE)
_BY_FILE = re.compile(r"^\s*use_lockfile\s*=\s*true\b", re.MULTILINE)


@dataclass
class FilesOfProject:
    """One project: `checkout` is what people edit, `project` where flowops works, which a rehearsal has elsewhere."""

    checkout: Path
    project: Path
    config: Config
    working_copy: GitWorkingCopy
    render: Callable[[], RenderResult]
    _wanted: dict[str, Wanted] = field(default_factory=dict)
    _reading: Lock = field(default_factory=Lock)

    def facts(self) -> Facts | None:
        """Return what flowops.lock holds, None where there is none."""
        return LockFile(self.project / LOCK_NAME).read()

    def rendered(self) -> RenderResult:
        """Return which rendered files are stale."""
        return self.render()

    def deployment(self) -> Deployment:
        """Return the units of every environment."""
        return self._deployment

    @cached_property
    def _deployment(self) -> Deployment:
        return load_deployment(self.project, self.config)

    @property
    def _tree(self) -> Path:
        return self.project / "deployments"

    def folders(self) -> Collection[str]:
        """Return the folders of environments that are there, relative to deployments/."""
        return [it.path for it in self.config.environments.values() if (self._tree / it.path).is_dir()]

    def missing_includes(self, environment: Environment) -> Sequence[str]:
        """Return what units of an environment include and what is in no folder above, as texts to show."""
        return tuple(dict.fromkeys(text for unit in environment.units for text in self._missing(unit)))

    def _missing(self, unit: Unit) -> Iterator[str]:
        folder, own = self._tree / unit.path, unit.path / UNIT_FILE
        included = [(name, own) for name in _included(folder / UNIT_FILE)]
        files = (self._above(folder, name) for name, _ in included)
        further = [(name, it.relative_to(self._tree)) for it in files if _is_hcl(it) for name in _included(it)]
        for name, by in (*included, *further):
            if self._above(folder, name) is None:
                yield f"deployments/{by} includes {name}, which is in no folder above deployments/{unit.path}"

    def _above(self, folder: Path, name: str) -> Path | None:
        """Return what terragrunt would find; a template will be one, once it is rendered."""
        for above in folder.parents:
            for candidate in (above / name, above / f"{name}{SUFFIX}"):
                if candidate.is_file():
                    return candidate
            if above == self.project:
                return None
        return None

    def git(self) -> GitState | None:
        """Return how the working copy stands, None outside of git; nothing is fetched."""
        return self.working_copy.state(fetch=False)

    def rules(self) -> GuardRules:
        """Return the project's safeguards."""
        return guard_rules(self.project, self.config.guard)

    def locks_by_file(self) -> bool:
        """Return whether root.hcl tells terraform to lock states by a file beside them."""
        return _BY_FILE.search(read(self._tree / "root.hcl")) is not None

    def template(self, name: str) -> str:
        """Return the text of a template of bootstrap/."""
        return TemplateFolder(self.project / "bootstrap").text(name)

    def unsaved(self, environment: Environment) -> Mapping[Unit, Sequence[Path]]:
        """Return where states lie that were not saved, by unit; units without one left out."""
        states = UnsavedStates(self.project)
        return {unit: lying for unit in environment.units if (lying := states.lying(unit))}

    def open_runs(self, environment: str) -> Sequence[tuple[str, bool]]:
        """Return the runs that nobody closed, each with whether something of it still works."""
        folders = RunFolders(self.project / RUNS)
        works = ((run.id, folders.work(run)) for run in folders.open_runs(environment))
        return tuple((id_, work.busy or work.flowops > 0) for id_, work in works)

    def wanted(self, environment: Environment) -> Wanted:
        """Return what the units of an environment ask of account and region; it is read once."""
        with self._reading:
            if environment.name not in self._wanted:
                self._wanted[environment.name] = WantedOfTree(self.project, self.config.region).of(environment)
            return self._wanted[environment.name]


def _is_hcl(path: Path | None) -> TypeGuard[Path]:
    """Say whether a file was found, and is none of the templates, whose text is no HCL yet."""
    return path is not None and path.suffix == ".hcl"


def _included(file: Path) -> list[str]:
    return _INCLUDED.findall(_COMMENT.sub("", read(file)))
