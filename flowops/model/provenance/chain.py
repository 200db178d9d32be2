"""The answer as data: steps that lead from an input to its sources, and what is not known on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, Protocol

from flowops.model.hcl import File

MASK = "(sensitive)"
LEFT_OUT = "…"
_NAME = re.compile(r'[\w.-]+|(variable|output) "[\w-]+"( default)?')


class Kind(Enum):
    """What a step is: a line that leads on, or one of the kinds of source at which a chain ends."""

    LINE = "line"
    HAND = "written by hand"
    CONFIG = "flowops.yaml"
    STACK_OUTPUT = "stack output"
    DISCOVERED = "discovered"
    ENVIRONMENT = "environment variable"
    DEPENDENCY = "output of another unit"
    DEFAULT = "default of the module"
    PATH = "path of the unit"
    NOT_FOLLOWED = "not followed"


@dataclass(frozen=True)
class Known:
    """A value that is known without asking AWS; where a `Known | None` is None, it is not."""

    value: Any


@dataclass(frozen=True)
class Step:
    """One place on the way. `line` 0 is a place without lines; `hidden` are the places that this one overrides.

    `brief` is the code without any object, where that differs.
    """

    kind: Kind
    file: str
    line: int
    code: str
    note: str = ""
    branches: tuple[Branch, ...] = ()
    hidden: tuple[Step, ...] = ()
    brief: str = ""

    @property
    def place(self) -> str:
        """Return `file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Branch:
    """One of several values that an expression uses, with the chain of its own."""

    text: str
    value: Known | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Traced:
    """What became of an expression: its value, the steps behind it, or branches where it uses several values.

    Not `sure`: whether there is such a value at all could not be followed. `note` says more about the line itself.
    """

    value: Known | None
    steps: tuple[Step, ...] = ()
    branches: tuple[Branch, ...] = ()
    sure: bool = True
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """Where one input of one unit comes from; `module` is the folder of its module as the project names it.

    `unasked` says why terragrunt is not to be asked for the value, empty where it may be.
    """

    unit: str
    input: str
    value: Known | None
    steps: tuple[Step, ...]
    module: str
    notes: tuple[str, ...] = ()
    sensitive: bool = False
    unasked: str = ""


@dataclass(frozen=True)
class Fact:
    """Where a name that a template uses comes from."""

    value: Known | None
    step: Step


class Tree(Protocol):
    """The project's files; every path is absolute. Nothing outside the project is looked at."""

    @property
    def root(self) -> PurePosixPath:
        """Return the project's folder."""

    def has(self, path: PurePosixPath) -> bool:
        """Return whether there is such a file, or a template of it."""

    def hcl(self, path: PurePosixPath) -> File | None:
        """Return a file of HCL, None where there is none; InvalidConfig names file and line of what is wrong."""

    def template(self, path: PurePosixPath) -> File | None:
        """Return the template of the file at `path`, None where it has none; InvalidConfig as above."""

    def terraform_files(self, folder: PurePosixPath) -> tuple[PurePosixPath, ...]:
        """Return the files of a folder that terraform reads, none where the folder cannot be read."""


class FactSources(Protocol):
    """Where the facts come from that templates use."""

    def fact(self, template: PurePosixPath, name: tuple[str, ...]) -> Fact | None:
        """Return the source of `name` in the template of the file at this path, None where no template may use it."""


@dataclass(frozen=True)
class Surroundings:
    """What a chain is looked for in: files, facts, the unit ids by their folders, and the environment.

    `environment` is what terragrunt sees in a run of flowops; `withheld` are the variables of the shell that it does
    not see there, though it would by hand.
    """

    tree: Tree
    facts: FactSources
    units: Mapping[PurePosixPath, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()

    def shown(self, path: PurePosixPath) -> str:
        """Return a path as people read it."""
        return shown(path, self.tree.root)


def shown(path: PurePosixPath, root: PurePosixPath) -> str:
    """Return a path as people read it: from the project's folder."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def masked(answer: Answer) -> Answer:
    """Return the answer of a sensitive input: the places stay, and nothing that could hold the value."""
    return replace(answer, value=None, steps=_without_values(answer.steps, MASK), sensitive=True)


def partly(traced: Traced) -> Traced:
    """Return what is behind a value of which only a part may be used: nothing that an object holds is in it."""
    steps: list[Step] = []
    for number, step in enumerate(traced.steps):
        if step.brief:
            branches = _branches_without_values(step.branches, LEFT_OUT)
            hidden = _without_values(step.hidden, LEFT_OUT)
            steps += [replace(step, code=step.brief, branches=branches, hidden=hidden)]
            return Traced(None, (*steps, *_without_values(traced.steps[number + 1 :], LEFT_OUT)), (), traced.sure)
        branches = tuple(_part_of(it) for it in step.branches)
        steps += [replace(step, branches=branches, hidden=_without_values(step.hidden, LEFT_OUT))]
    plain = traced.value is not None and not isinstance(traced.value.value, dict | list)
    # Branches without a step before them are the locals of a file together.
    together = _branches_without_values(traced.branches, LEFT_OUT)
    return replace(traced, value=traced.value if plain else None, steps=tuple(steps), branches=together)


def without_values(traced: Traced) -> Traced:
    """Return the places of a chain, and none of the values on it."""
    branches = _branches_without_values(traced.branches, LEFT_OUT)
    return replace(traced, value=None, steps=_without_values(traced.steps, LEFT_OUT), branches=branches)


def _part_of(branch: Branch) -> Branch:
    of = partly(Traced(branch.value, branch.steps))
    return replace(branch, value=of.value, steps=of.steps)


def _without_values(steps: Sequence[Step], instead: str) -> tuple[Step, ...]:
    return tuple(_without_value(it, instead) for it in steps)


def _without_value(step: Step, instead: str) -> Step:
    name, equals, _ = step.code.partition(" = ")
    code = f"{name} = {instead}" if equals and _NAME.fullmatch(name) else instead
    branches = _branches_without_values(step.branches, instead)
    return replace(step, code=code, brief="", branches=branches, hidden=_without_values(step.hidden, instead))


def _branches_without_values(branches: Sequence[Branch], instead: str) -> tuple[Branch, ...]:
    return tuple(Branch(instead, None, _without_values(it.steps, instead)) for it in branches)
