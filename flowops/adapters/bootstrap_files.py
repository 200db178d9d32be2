"""What a bootstrap reads from disk: CloudFormation templates, and files that hold a secret."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from flowops.errors import InvalidConfig

MAX_BYTES = 1024 * 1024


class TemplateFolder:
    """The folder bootstrap/ of a project."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, name: str) -> str:
        """Return the text of a template; InvalidConfig where it cannot be read."""
        path = self._folder / name
        try:
            return _content(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _unreadable(path, "is not UTF-8 text") from error


class SecretFolder:
    """Files that hold a secret, named relative to the project."""

    def __init__(self, project: Path) -> None:
        self._project = project

    def content(self, path: str) -> bytes:
        """Return the content of a file; InvalidConfig where it cannot be read. No message shows any of it."""
        return _content(self._project / path)


def _content(path: Path) -> bytes:
    try:
        # Without O_NONBLOCK a FIFO in place of the file would hang the command.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _unreadable(path, "is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _unreadable(path, "is larger than 1 MiB")
    return content


def _unreadable(path: Path, text: str) -> InvalidConfig:
    return InvalidConfig(f"{path}:1: {text}.")
