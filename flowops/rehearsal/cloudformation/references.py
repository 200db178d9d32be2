"""What a piece of a template refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{([^!][^}]*)\}")


@dataclass(frozen=True)
class Reference:
    """`name` is a logical id, parameter or pseudo parameter; `attribute` is empty for a Ref."""

    name: str
    attribute: str = ""


def references(node: Any, conditions: Mapping[str, bool] | None = None) -> Iterator[Reference]:
    """Yield every Ref, GetAtt and Sub placeholder; with `conditions`, only those of the branches that hold."""
    match node:
        case list():
            for item in node:
                yield from references(item, conditions)
        case {"Ref": str(name)} if len(node) == 1:
            yield Reference(name)
        case {"Fn::GetAtt": target} if len(node) == 1:
            yield attribute_reference(target)
        case {"Fn::Sub": argument} if len(node) == 1:
            yield from _substituted(argument, conditions)
        case {"Fn::If": [str(condition), yes, no]} if conditions is not None and condition in conditions:
            yield from references(yes if conditions[condition] else no, conditions)
        case dict():
            for value in node.values():
                yield from references(value, conditions)


def attribute_reference(target: Any) -> Reference:
    """Return the reference in the argument of Fn::GetAtt, which is a list or `Id.Attribute`."""
    name, attribute = target if isinstance(target, list) else str(target).split(".", 1)
    return Reference(str(name), str(attribute))


def placeholder(text: str) -> Reference:
    """Return the reference in `${text}`."""
    name, _, attribute = text.strip().partition(".")
    return Reference(name, attribute)


def arguments_of(function: str, node: Any, conditions: Mapping[str, bool] | None = None) -> Iterator[Any]:
    """Yield the argument of every call of a function; with `conditions`, only of the branches that hold."""
    match node:
        case list():
            for item in node:
                yield from arguments_of(function, item, conditions)
        case {"Fn::If": [str(condition), yes, no]} if conditions is not None and condition in conditions:
            yield from arguments_of(function, yes if conditions[condition] else no, conditions)
        case dict():
            for key, value in node.items():
                if key == function:
                    yield value
                yield from arguments_of(function, value, conditions)


def _substituted(argument: Any, conditions: Mapping[str, bool] | None) -> Iterator[Reference]:
    text, own = argument if isinstance(argument, list) else (argument, {})
    yield from references(list(own.values()), conditions)
    for found in _PLACEHOLDER.findall(str(text)):
        if found.strip() not in own:
            yield placeholder(found)
