"""Changes to a template, each told by the place in it: `StateBucket/Properties/…`, `StateBucketPolicy//Sid/Effect`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Change = Callable[[Document], None]


@dataclass(frozen=True)
class Weakening:
    """A template made weaker in one way; `name` says what an intruder or a mishap would find."""

    name: str
    template: str
    changes: tuple[Change, ...]

    def applied(self, document: Document) -> Document:
        """Return the template with the changes made."""
        weakened = deepcopy(document)
        for change in self.changes:
            change(weakened)
        return weakened


def put(place: str, value: Any) -> Change:
    """Set a value, whether or not there was one."""

    def change(document: Document) -> None:
        parent, last = _parent(document, place)
        parent[last] = deepcopy(value)

    return change


def drop(place: str) -> Change:
    """Take a value away, or the statement that carries a Sid."""

    def change(document: Document) -> None:
        parent, last = _parent(document, place)
        del parent[last]

    return change


def add(place: str, *values: Any) -> Change:
    """Add to a list; a single value becomes one."""

    def change(document: Document) -> None:
        parent, last = _parent(document, place)
        before = parent[last]
        parent[last] = [*(before if isinstance(before, list) else [before]), *deepcopy(values)]

    return change


def take(place: str, *values: Any) -> Change:
    """Take values out of a list that holds them."""

    def change(document: Document) -> None:
        parent, last = _parent(document, place)
        for value in values:
            parent[last].remove(value)

    return change


def _parent(document: Document, place: str) -> tuple[Any, Any]:
    """Return what holds the place, and the key or index there."""
    above, _, last = place.rpartition("/")
    if above.endswith("/"):
        return _statement(_node(document, above[:-1]), last)
    return _node(document, above), int(last) if last.isdigit() else last


def _node(document: Document, place: str) -> Any:
    outer, separator, inner = place.partition("//")
    steps = outer.split("/") if outer else []
    node: Any = document if steps and steps[0] in document else document["Resources"]
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if not separator:
        return node
    sid, *rest = inner.split("/")
    statements, index = _statement(node, sid)
    node = statements[index]
    for step in rest:
        node = node[step]
    return node


def _statement(node: Any, sid: str) -> tuple[list[Any], int]:
    """Return the list that holds the one statement with this Sid, and where it stands in there."""
    ((statements, index),) = [(found, i) for found in _lists(node) for i, it in enumerate(found) if _sid(it) == sid]
    return statements, index


def _sid(item: Any) -> Any:
    return item.get("Sid") if isinstance(item, dict) else None


def _lists(node: Any) -> Iterator[list[Any]]:
    if isinstance(node, list):
        yield node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for value in inner:
        yield from _lists(value)
