"""What writing a new project, or one more environment, needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from ipaddress import IPv4Network
from pathlib import PurePosixPath
from typing import Protocol

from flowops.model.config import Config
from flowops.model.scaffold import NewEnvironment, ProjectRequest

Files = Mapping[PurePosixPath, bytes]
"""Content by path, relative to the project's folder."""


class QuickStart(Protocol):
    """The project that flowops brings along."""

    def config(self) -> Config:
        """Return its flowops.yaml."""

    def config_text(self, request: ProjectRequest, environments: Iterable[NewEnvironment]) -> str:
        """Return its flowops.yaml with the request's values and the environments' folders."""

    def common(self) -> Files:
        """Return the files that every project has: templates, modules, and the root of the tree."""

    def offered(self) -> Files:
        """Return the files that a folder may have already in a form of its own."""

    def layers(self, environment: NewEnvironment) -> tuple[str, ...]:
        """Return the layers that an environment of these sizes has."""

    def modules(self, environment: NewEnvironment, layers: Iterable[str]) -> Mapping[str, str]:
        """Return the module of each unit, written LAYER/UNIT, of these layers."""

    def environment(self, environment: NewEnvironment, project: str, layers: Iterable[str]) -> Files:
        """Return the files of an environment with these layers, its account's and its region's folder among them."""


class NewFiles(Protocol):
    """The folder that files are written to, none of which is there yet."""

    def existing(self, paths: Iterable[PurePosixPath]) -> frozenset[PurePosixPath]:
        """Return those of `paths` where something stands."""

    def written(self, files: Files) -> AbstractContextManager[None]:
        """Write all files; they are taken away again when the context ends with an error."""


class ConfigFile(Protocol):
    """flowops.yaml of a project that stands."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep other commands from changing it meanwhile; LockHeld where one does."""

    def config(self) -> Config:
        """Return what it says."""

    def networks(self) -> tuple[IPv4Network, ...]:
        """Return the private networks that the environments of the tree use."""

    def with_environment(self, environment: NewEnvironment) -> str:
        """Return its text with one more environment, and its account where that is new; UsageError where it cannot."""

    def write(self, text: str) -> None:
        """Replace it at once."""
