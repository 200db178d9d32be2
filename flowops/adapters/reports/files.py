"""Reports as files: each replaced as a whole, and refused before anything starts where it cannot be written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from flowops import atomic_file
from flowops.errors import UsageError, shown

_Form = TypeVar("_Form")
_Content = TypeVar("_Content")


class ReportFiles(Generic[_Form, _Content]):
    """The files that a report is written to, each in its form; UsageError where one of them cannot be."""

    def __init__(
        self, targets: Sequence[tuple[_Form, Path]], writers: Mapping[_Form, Callable[[_Content], str]]
    ) -> None:
        self._targets, self._writers = tuple(targets), writers
        for _, path in self._targets:
            _check(path)
        paths = [path.absolute() for _, path in self._targets]
        for path in paths:
            if paths.count(path) > 1:
                raise _refused(path, "two reports would be written there")

    def write(self, report: _Content) -> tuple[str, ...]:
        """Replace every file; return a sentence for each that could not be."""
        troubles = []
        for form, path in self._targets:
            try:
                content = self._writers[form](report).encode("utf-8", "replace")
                atomic_file.write(path, content, mode=atomic_file.shared_mode(path))
            except OSError as error:
                troubles.append(f"The report {path} could not be written: {error.strerror or error}")
        return tuple(troubles)


def _check(path: Path) -> None:
    """Raise UsageError where `path` could not be written later, which shows by writing beside it."""
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise _refused(path, "it is there, and is no file")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"The report {shown(str(path))} cannot be written: {why}.",
        not_done="Nothing was started.",
        next_step="the same command with --report FORMAT=PATH in a folder that is there and that you may write to",
    )
