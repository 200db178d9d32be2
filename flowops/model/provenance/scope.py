"""In which file an expression stands, for which unit it is read, and what has been walked through on the way to it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from flowops.errors import InvalidConfig
from flowops.model.hcl import Expression, File
from flowops.model.provenance.chain import Kind, Known, Step, Traced, Tree, shown
from flowops.model.provenance.code import code
from flowops.model.provenance.values import Key

MAX_STEPS = 4000
"""Expressions looked at for one answer; those of our tree need a few dozen."""


@dataclass(frozen=True)
class Scope:
    """A file as it is read for the configuration in `folder`; `included` when that configuration includes it."""

    file: File
    folder: PurePosixPath
    included: bool = False

    @property
    def path_to_include(self) -> PurePosixPath | None:
        """Return the folder's path from the included file, None where the file is included by nobody."""
        base = self.file.path.parent
        return self.folder.relative_to(base) if self.included and self.folder.is_relative_to(base) else None


class Way:
    """The way of one answer through the tree: it ends at a circle, and before it costs a second.

    `outputs`: what outputs of other units may take part in stands on the way.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.outputs = False
        self._left = MAX_STEPS
        self._open: list[tuple[PurePosixPath, str]] = []

    def look_at(self, scope: Scope, expression: Expression) -> None:
        """Count one more expression; InvalidConfig where there are too many."""
        self._left -= 1
        if self._left < 0:
            raise self.wrong(scope, expression.line, f"is part of more than {MAX_STEPS} steps: this is not followed")

    @contextmanager
    def inside(self, scope: Scope, name: str, line: int) -> Iterator[None]:
        """Walk through a local; InvalidConfig where it needs itself."""
        here = (scope.file.path, name)
        if here in self._open:
            names = [it for _, it in self._open[self._open.index(here) :]]
            raise self.wrong(scope, line, f"local {name!r} needs itself: {' -> '.join([*names, name])}")
        self._open.append(here)
        try:
            yield
        finally:
            self._open.pop()

    def wrong(self, scope: Scope, line: int, text: str) -> InvalidConfig:
        """Return the error of one line."""
        return InvalidConfig(
            f"{scope.file.path}:{line}: {text}.",
            not_done="Nothing was started.",
            next_step="mend that line, then the same command again",
        )

    def step(self, kind: Kind, scope: Scope, line: int, code: str, note: str = "") -> Step:
        """Return a step at a line of the scope's file."""
        return Step(kind, shown(scope.file.path, self._tree.root), line, code, note)

    def set(
        self, kind: Kind, scope: Scope, name: str, line: int, expression: Expression, path: tuple[Key, ...], note: str
    ) -> Step:
        """Return a step at a line that gives `name` a value, of which `path` is what is asked for."""
        made = self.step(kind, scope, line, f"{name} = {code(expression, path)}", note)
        brief = f"{name} = {code(expression, path, partly=True)}"
        return replace(made, brief=brief if brief != made.code else "")

    def unfollowed(self, scope: Scope, expression: Expression, why: str, path: tuple[Key, ...] = ()) -> Traced:
        """Return that what `path` leads to inside `expression` is not followed, and why."""
        step = self.step(Kind.NOT_FOLLOWED, scope, expression.line, code(expression, path), f"not followed: {why}")
        return Traced(None, (step,), sure=False)


def at(folder: PurePosixPath, path: str) -> PurePosixPath:
    """Return an absolute path without `..`; a relative one starts in `folder`."""
    return PurePosixPath(posixpath.normpath(folder / path))


def found_above(tree: Tree, scope: Scope, name: str) -> PurePosixPath | None:
    """Return the nearest file of that name in a folder above the scope's, inside the project."""
    for folder in scope.folder.parents:
        if folder.is_relative_to(tree.root) and tree.has(folder / name):
            return folder / name
    return None


def path_value(scope: Scope, function: str, tree: Tree) -> Known | None:
    """Return what a function without arguments says of where the scope is."""
    match function:
        case "path_relative_to_include":
            return Known(str(scope.path_to_include or "."))
        case "get_terragrunt_dir":
            return Known(str(scope.folder))
        case "get_parent_terragrunt_dir":
            return Known(str(scope.file.path.parent if scope.included else scope.folder))
        case "get_repo_root":
            return Known(str(tree.root)) if tree.has(tree.root / ".git" / "HEAD") else None
        case _:
            return None


PATH_FUNCTIONS = ("path_relative_to_include", "get_terragrunt_dir", "get_parent_terragrunt_dir")
