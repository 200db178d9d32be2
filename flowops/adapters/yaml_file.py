"""YAML files read strictly: regular files of UTF-8 text, no key twice, no deep nesting, and a line for every value."""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from flowops.errors import InvalidConfig

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_VALUES = 20_000

MEND = "mend that line, then the same command again"
"""What to do about a file that is not as it should be."""

Where = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


def load(path: Path) -> tuple[Any, dict[Where, int]]:
    """Return the data of `path` and the line of each value; InvalidConfig names file and line of what is wrong."""
    return _parse(path, _read(path))


def _read(path: Path) -> str:
    try:
        # Without O_NONBLOCK a FIFO in place of the file would hang the command.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise _at(path, 1, f"cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _at(path, 1, "is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise _at(path, 1, "is larger than 1 MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _at(path, raw[: error.start].count(b"\n") + 1, "is not UTF-8 text") from error


class _Excess(Exception):
    """More nodes, or deeper ones, than any configuration has; `line` counts from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class _Loader(yaml.SafeLoader):
    """The pure Python loader: the C one crashes on deep nesting. It gives up early, so that nothing takes a second."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node; _Excess where there are too many, or where they stand too deep."""
        self._nodes += 1
        self._depth += 1
        line = self.line + 1
        if self._nodes > 2 * MAX_VALUES:
            raise _Excess(line, f"has more than {MAX_VALUES} values")
        if self._depth > MAX_DEPTH + 1:
            raise _Excess(line, f"is nested deeper than {MAX_DEPTH} levels")
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _parse(path: Path, text: str) -> tuple[Any, dict[Where, int]]:
    lines: dict[Where, int] = {}
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            raise _at(path, 1, "is empty")
        return _construct(path, node, (), lines), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _at(path, mark.line + 1 if mark else 1, f"is not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _at(path, line, f"holds the character {error.character:#06x}, which YAML does not allow") from error
    except _Excess as error:
        raise _at(path, error.line, str(error)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise _at(path, 1, f"is not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise _at(path, 1, "is nested too deeply") from error


def _construct(path: Path, node: yaml.Node, where: Where, lines: dict[Where, int]) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if len(where) > MAX_DEPTH:
        raise _at(path, node.start_mark.line + 1, f"is nested deeper than {MAX_DEPTH} levels")
    if len(lines) > MAX_VALUES:
        raise _at(
            path, node.start_mark.line + 1, f"has more than {MAX_VALUES} values, aliases counted where they stand"
        )
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, node, where, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(path, it, (*where, index), lines) for index, it in enumerate(node.value)]
    return _Loader("").construct_object(node)


def _mapping(path: Path, node: yaml.MappingNode, where: Where, lines: dict[Where, int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key: Hashable = _Loader("").construct_object(key_node)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise _at(path, line, f"key {key_node.value!r} is not a string: put it in quotes")
        if key in result:
            raise _at(path, line, f"key {key!r} stands here twice (first in line {lines[(*where, key)]})")
        lines[(*where, key)] = line
        result[key] = _construct(path, value_node, (*where, key), lines)
    return result


def _at(path: Path, line: int, text: str) -> InvalidConfig:
    return InvalidConfig(f"{path}:{line}: {text}.", not_done="Nothing was started.", next_step=MEND)
