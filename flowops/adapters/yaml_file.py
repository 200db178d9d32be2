"""YAML read strictly: no key twice, no deep nesting, nothing made but plain values, and a line for each of them."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from flowops.adapters.text_file import wrong
from flowops.errors import shown

MAX_DEPTH = 50
MAX_VALUES = 8_000
MAX_PROBLEM = 200

_TAGS = "tag:yaml.org,2002:"
_MERGE = f"{_TAGS}merge"

Where = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


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


def parse(path: Path, text: str) -> tuple[Any, dict[Where, int]]:
    """Return the data of a text that stands in `path`, and the line of each value; InvalidConfig names both."""
    lines: dict[Where, int] = {}
    return _construct(path, _composed(path, text), (), lines), lines


def _composed(path: Path, text: str) -> yaml.Node:
    """Return the text's one document as nodes: no value is made of them yet."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise wrong(path, line, f"holds the character {error.character:#06x}, which YAML does not allow") from error
    try:
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = _clipped(error.problem or error.context or "")
        raise wrong(path, mark.line + 1 if mark else 1, f"is not YAML: {said}") from error
    except _Excess as error:
        raise wrong(path, error.line, str(error)) from error
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        # Without a mark of its own, for example for an escape like "\\UFFFFFFFF" that is no character.
        raise wrong(path, loader.line + 1, f"is not YAML: {_clipped(str(error))}") from error
    if node is None:
        raise wrong(path, 1, "is empty")
    return node


def _clipped(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= MAX_PROBLEM else line[: MAX_PROBLEM - 1] + "…"


def _construct(path: Path, node: yaml.Node, where: Where, lines: dict[Where, int]) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if len(where) > MAX_DEPTH:
        raise wrong(path, node.start_mark.line + 1, f"is nested deeper than {MAX_DEPTH} levels")
    if len(lines) > MAX_VALUES:
        raise wrong(
            path, node.start_mark.line + 1, f"has more than {MAX_VALUES} values, aliases counted where they stand"
        )
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, node, where, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(path, it, (*where, index), lines) for index, it in enumerate(node.value)]
    return _plain(path, node)


def _plain(path: Path, node: yaml.Node) -> Hashable:
    """Return a text, number, date or the like; InvalidConfig where YAML's own tag says something that it is not."""
    try:
        made: Hashable = _Loader("").construct_object(node)
    except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, ValueError) as error:
        # PyYAML's own constructors trip over `!!bool maybe`, `!!timestamp soon` and the 99th of a month.
        kind = _clipped(node.tag.removeprefix(_TAGS))
        raise wrong(path, node.start_mark.line + 1, f"is not YAML: {shown(node.value)} is no {kind}") from error
    return made


def _mapping(path: Path, node: yaml.MappingNode, where: Where, lines: dict[Where, int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if key_node.tag == _MERGE:
            raise wrong(path, line, "merges with <<, which this file cannot do: write the keys out")
        key = _plain(path, key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            written = shown(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "that is a list or a mapping"
            raise wrong(path, line, f"key {written} is not a string: put it in quotes")
        if key in result:
            raise wrong(path, line, f"key {shown(key)} stands here twice (first in line {lines[(*where, key)]})")
        lines[(*where, key)] = line
        result[key] = _construct(path, value_node, (*where, key), lines)
    return result
