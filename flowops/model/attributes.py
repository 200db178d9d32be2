"""What a change does to each attribute, fit to be shown to anybody: secrets masked, sizes bounded. Pure.

terraform says which values are sensitive (`before_sensitive`, `after_sensitive`) and which only an apply will tell
(`after_unknown`), as trees of the form of the values themselves. A whole tree that is True holds for all below it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.model.discretion import Discretion, child, names_a_secret, sounds_secret

MOST_ATTRIBUTES = 200
"""Attributes of one resource that are kept; how many there are beyond is kept as a number."""

LONGEST = 300
"""Characters of a value that are kept."""

_AROUND = 20
_ENDS = re.compile(r"(?=[.\[])|$")


@dataclass(frozen=True)
class AttributeChange:
    """One attribute before and after, as text; None where it is not set or not to be shown.

    A `sensitive` one has no text at all, one that is `unknown` none after it: only the apply tells it.
    """

    path: str
    before: str | None = None
    after: str | None = None
    sensitive: bool = False
    unknown: bool = False


@dataclass(frozen=True)
class AttributeChanges:
    """The attributes of one resource that change, by path; `more` are those that were too many to keep."""

    shown: tuple[AttributeChange, ...] = ()
    more: int = 0


def attribute_changes(change: Mapping[str, Any], discretion: Discretion) -> AttributeChanges:
    """Return what one `change` of a plan does to each attribute; no sensitive value is in it."""
    before = _Side(change.get("before"), change.get("before_sensitive"))
    after = _Side(change.get("after"), change.get("after_sensitive"))
    kept: list[AttributeChange] = []
    more = 0
    for it in _Comparison(discretion).changes("", before, after, change.get("after_unknown")):
        if len(kept) < MOST_ATTRIBUTES:
            kept.append(it)
        else:
            more += 1
    return AttributeChanges(tuple(kept), more)


@dataclass(frozen=True)
class _Side:
    value: Any
    marks: Any

    def below(self, key: str | int) -> _Side:
        hidden = self.marks is True or (key == "value" and names_a_secret(self.value))
        return _Side(child(self.value, key), True if hidden else child(self.marks, key))


@dataclass(frozen=True)
class _Comparison:
    discretion: Discretion

    def changes(self, path: str, before: _Side, after: _Side, unknown: Any) -> Iterator[AttributeChange]:
        if before.value == after.value and not marked(unknown):
            return
        # Decided before anything is taken apart: below a mark nothing shows, not even how much there is.
        if before.marks is True or after.marks is True:
            yield AttributeChange(self._shown(path), sensitive=True, unknown=marked(unknown))
            return
        keys = None if unknown is True else _keys(before, after, unknown)
        if keys is None:
            yield self._leaf(path, before, after, unknown)
            return
        for key in keys:
            yield from self.changes(path_of(path, key), _hiding(before, key), _hiding(after, key), child(unknown, key))

    def _leaf(self, path: str, before: _Side, after: _Side, unknown: Any) -> AttributeChange:
        if marked(before.marks) or marked(after.marks):
            return AttributeChange(self._shown(path), sensitive=True, unknown=marked(unknown))
        old = self.discretion.text(before.value)
        new = None if marked(unknown) else self.discretion.text(after.value)
        if old == new and not marked(unknown):  # what differs is what is hidden
            return AttributeChange(self._shown(path), sensitive=True)
        start = _difference(old, new)
        return AttributeChange(self._shown(path), _cut(old, start), _cut(new, start), unknown=marked(unknown))

    def _shown(self, path: str) -> str:
        return _cut(self.discretion.line(path), 0) or ""


def _hiding(side: _Side, key: str | int) -> _Side:
    """Return what is below a side; marked where its name sounds like a secret, and it is no number and no yes or no."""
    below = side.below(key)
    plain = below.value is None or isinstance(below.value, bool | int | float)
    return below if plain or not sounds_secret(key) else _Side(below.value, True)


def _keys(before: _Side, after: _Side, unknown: Any) -> list[str] | list[int] | None:
    """Return the keys to look below; None where the two are shown as wholes."""
    trees = [it for it in (before.value, after.value) if it is not None]
    if isinstance(unknown, Mapping | list) and marked(unknown):
        trees.append(unknown)
    if all(isinstance(it, Mapping) for it in trees):
        return sorted({str(key) for it in trees for key in it})
    if all(isinstance(it, list) for it in trees):
        deep = any(isinstance(item, Mapping | list) for it in trees for item in it)
        if deep or any(map(marked, (before.marks, after.marks, unknown))):
            return list(range(max(map(len, trees))))
    return None


def marked(tree: Any) -> bool:
    """Return whether a tree of marks holds one."""
    if isinstance(tree, Mapping):
        return any(map(marked, tree.values()))
    return any(map(marked, tree)) if isinstance(tree, list) else tree is True


def path_of(path: str, key: str | int) -> str:
    """Return the path of what is below another one at `key`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not re.fullmatch(r"[\w-]+", key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def enclosing(path: str) -> Iterator[str]:
    """Yield a path and, before it, each that it is part of."""
    yield from (path[: it.start()] for it in _ENDS.finditer(path))


def _difference(old: str | None, new: str | None) -> int:
    """Return where what is kept of two long texts begins, so that the first difference is in it."""
    if old is None or new is None or max(len(old), len(new)) <= LONGEST:
        return 0
    pairs = enumerate(zip(old, new, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
    return same - _AROUND if same > LONGEST // 2 else 0


def _cut(text: str | None, start: int) -> str | None:
    if text is None:
        return None
    ahead, end = ("…" if start else ""), start + LONGEST
    return f"{ahead}{text[start:end]}{'…' if len(text) > end else ''}"
