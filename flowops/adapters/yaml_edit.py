"""YAML text changed in one place: every other byte, comment and alignment stays as people wrote it.

Who changes a text parses it again and compares: these functions know where something stands, not what it means.

Of the libraries that keep comments, ruamel.yaml comes nearest. It writes the whole text anew: what was aligned with
spaces, the indent of lists and the spaces inside brackets come out as it likes them. PyYAML says where each node begins
and ends, and nothing else is touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

_REST = re.compile(r"(?P<comma>,?)(?P<comment>[ \t]+#[^\r\n]*)(?=\r?\n)")
"""A comment behind a value in braces, and the comma before it."""

Where = tuple[str, ...]
Value = Mapping[str, str | bool] | str | bool


def with_value(text: str, where: Where, value: str) -> str:
    """Return `text` with another scalar at `where`; KeyError where there is no scalar."""
    node = _found(text, where)
    if not isinstance(node, yaml.ScalarNode):
        raise KeyError(where)
    start = node.start_mark.index
    # `key:` without a value ends at its colon.
    space = " " if text[:start].endswith(":") else ""
    return text[:start] + space + scalar(value) + text[node.end_mark.index :]


def with_entry(text: str, where: Where, key: str, value: Value) -> str:
    """Return `text` with one more entry, the last one, in the mapping at `where`; KeyError where there is no mapping.

    The entry stands in one line, in whichever style the mapping has.
    """
    node = _found(text, where)
    if not isinstance(node, yaml.MappingNode):
        raise KeyError(where)
    entry = f"{scalar(key)}: {in_one_line(value)}"
    return _in_braces(text, node, entry) if node.flow_style else _in_lines(text, node, entry)


def scalar(value: str | bool) -> str:
    """Return `value` as it stands in YAML, in quotes where it would mean something else without."""
    if isinstance(value, str) and value.isdigit():
        return f'"{value}"'  # an account id, whichever digits it has
    # In a list, because inside braces more has to be in quotes than on a line of its own.
    text: str = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=2**20)
    return text.strip().removeprefix("[").removesuffix("]")


def in_one_line(value: Value) -> str:
    """Return a mapping, a text or a truth value as it stands in one line of YAML."""
    if not isinstance(value, Mapping):
        return scalar(value)
    return "{" + ", ".join(f"{scalar(key)}: {scalar(it)}" for key, it in value.items()) + "}"


def _found(text: str, where: Where) -> yaml.Node:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in where:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for key, value in pairs if key.value == step), None)
    if node is None:
        raise KeyError(where)
    return node


def _in_braces(text: str, node: yaml.MappingNode, entry: str) -> str:
    if not node.value:
        brace = node.end_mark.index - 1
        return f"{text[:brace]}{entry}{text[brace:]}"
    last_key, last_value = node.value[-1]
    column, at = last_key.start_mark.column, last_value.end_mark.index
    if text[last_key.start_mark.index - column : last_key.start_mark.index].strip():
        return f"{text[:at]}, {entry}{text[at:]}"
    line = _newline(text) + " " * column + entry
    rest = _REST.match(text, at)
    if rest is None:
        return f"{text[:at]},{line}{text[at:]}"
    # Below the comment, which is about the last value.
    return f"{text[:at]},{rest['comment']}{line}{rest['comma']}{text[rest.end() :]}"


def _in_lines(text: str, node: yaml.MappingNode, entry: str) -> str:
    first_key, _ = node.value[0]
    end = _last(node).end_mark.index
    # The end of the line, so that a comment behind the last value stays with it.
    at = text.find("\n", end - 1) + 1
    newline = _newline(text)
    line = " " * first_key.start_mark.column + entry + newline
    return f"{text[:at]}{line}{text[at:]}" if at else f"{text}{newline}{line}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _last(node: yaml.Node) -> yaml.Node:
    """Return the last node inside `node` that has an end of its own: a block ends where the next token begins."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return node
