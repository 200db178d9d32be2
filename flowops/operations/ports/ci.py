"""What writing pipelines, and commenting from one, needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Protocol

from flowops.model.ci_comment import Comment, Place
from flowops.model.config import CiConfig, Config
from flowops.operations.ports.scaffold import Files


class Pipelines(Protocol):
    """The pipelines that flowops brings along."""

    def files(self, ci: CiConfig, config: Config) -> Files:
        """Return the files of a project's pipelines."""


class ConfigFile(Protocol):
    """flowops.yaml of a project that stands."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep other commands from changing it meanwhile; LockHeld where one does."""

    def config(self) -> Config:
        """Return what it says."""

    def with_ci(self, entry: Mapping[str, str | bool]) -> str:
        """Return its text with a section `ci`, which it does not have yet; UsageError where it cannot be so."""

    def write(self, text: str) -> None:
        """Replace it at once."""


class ProjectFolder(Protocol):
    """The folder of a project."""

    def contents(self, paths: Iterable[PurePosixPath]) -> Mapping[PurePosixPath, bytes]:
        """Return what stands at these of `paths`; UsageError where something there cannot be read."""

    def written(self, files: Files) -> AbstractContextManager[None]:
        """Write files that are not there yet; they are taken away again when the context ends with an error."""


class Comments(Protocol):
    """The comments of one request."""

    def all(self, place: Place) -> Iterator[Comment]:
        """Yield them, oldest first; a FlowopsError where they cannot be read."""

    def add(self, place: Place, body: str) -> None:
        """Write a new one; a FlowopsError where that cannot be done."""

    def change(self, place: Place, comment: Comment, body: str) -> None:
        """Write another text in place of one's; a FlowopsError where that cannot be done."""
