"""What bootstrap, discovery and rendering need of the project's own files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Protocol

from flowops.model.facts import Facts


class FactsFile(Protocol):
    """flowops.lock."""

    def read(self) -> Facts | None:
        """Return the facts, None where none were written yet; InvalidConfig names file and line."""

    def write(self, facts: Facts) -> bool:
        """Write the facts; False where they already stood there."""


class Templates(Protocol):
    """The templates of the deployments tree; a path names the template, relative to deployments/."""

    def templates(self) -> tuple[PurePosixPath, ...]:
        """Return every template."""

    def render(self, template: PurePosixPath, context: Mapping[str, object]) -> str:
        """Return what a template says of `context`; InvalidConfig names file and line of what is wrong."""

    def current(self, template: PurePosixPath) -> str | None:
        """Return the text of the rendered file, None where there is none."""

    def write(self, template: PurePosixPath, text: str) -> None:
        """Replace the rendered file at once."""


class StackTemplates(Protocol):
    """The CloudFormation templates of bootstrap/."""

    def text(self, name: str) -> str:
        """Return the text of a template; InvalidConfig where it cannot be read."""


class SecretFiles(Protocol):
    """Files that hold a secret."""

    def content(self, path: str) -> bytes:
        """Return the content of a file whose path is relative to the project; InvalidConfig where it cannot be read."""
