"""What a bootstrap reads from disk: CloudFormation templates, and files that hold a secret."""

from __future__ import annotations

from pathlib import Path

from flowops.adapters import text_file


class TemplateFolder:
    """The folder bootstrap/ of a project."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, name: str) -> str:
        """Return the text of a template; InvalidConfig where it cannot be read."""
        return text_file.read(self._folder / name)


class SecretFolder:
    """Files that hold a secret, named relative to the project."""

    def __init__(self, project: Path) -> None:
        self._project = project

    def content(self, path: str) -> bytes:
        """Return the content of a file; InvalidConfig where it cannot be read. No message shows any of it."""
        return text_file.content(self._project / path)
