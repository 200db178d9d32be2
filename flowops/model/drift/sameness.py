"""Whether two values mean the same to AWS, however differently they are written.

null, "", [] and {} are one, a number or a yes or no is its text, and a number 0 or a no is what is not set. A text of
JSON is compared as data, and in a policy neither the order of what it lists counts nor whether one thing stands in a
list of its own. IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from flowops.model.attributes import path_of

_UNORDERED = frozenset({"Statement"})


def different(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys whose values do not mean the same."""
    return frozenset(key for key in before.keys() | after.keys() if not same(before.get(key), after.get(key)))


def respelled(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of what is only written otherwise, as attributes have them; nothing below one of these."""
    if before == after:
        return
    if path and same(before, after):
        yield path
        return
    match before, after:
        case Mapping(), Mapping():
            for key in sorted(before.keys() | after.keys()):
                yield from respelled(before.get(key), after.get(key), path_of(path, key))
        case list(), list():
            for at, (one, other) in enumerate(zip_longest(before, after)):
                yield from respelled(one, other, path_of(path, at))


def same(one: Any, other: Any) -> bool:
    """Return whether two values mean the same."""
    if meaning(one) is None or meaning(other) is None:
        return unset(one) and unset(other)
    match one, other:
        case Mapping(), Mapping():
            return all(same(one.get(key), other.get(key)) for key in one.keys() | other.keys())
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
        case _:
            return bool(meaning(one) == meaning(other))


def unset(value: Any) -> bool:
    """Return whether a provider cannot tell a value from one that is not set.

    Those on terraform's SDK v2 have no null: a number or a yes or no that nobody set is 0 or no after the next refresh
    (terraform plugin SDK v2, "Getting or setting values"). A text stays what somebody wrote: the tag "0" is a tag.
    """
    match value:
        case Mapping():
            return all(map(unset, value.values()))
        case bool() | int() | float():
            return not value
        case _:
            return meaning(value) is None


def meaning(value: Any) -> Any:
    """Return what a value means: a form that is equal for all spellings of the same, None for nothing."""
    match value:
        case None | "":
            return None
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}" if float(value).is_integer() and abs(value) < 1e6 else repr(value)
        case str():
            return _of_text(value)
        case Mapping():
            kept = {key: meant for key, it in value.items() if (meant := meaning(it)) is not None}
            return kept or None
        case list():
            return [meaning(it) for it in value] or None
        case _:
            return value


def _of_text(text: str) -> Any:
    if text[:1] not in "{[":
        return text
    try:
        data = json.loads(text)
    except ValueError:
        return text
    return ("json", json.dumps(_ordered(data) if _is_policy(data) else data, sort_keys=True))


def _is_policy(data: Any) -> bool:
    return isinstance(data, Mapping) and not _UNORDERED.isdisjoint(data)


def _ordered(data: Any) -> Any:
    """Return a policy with everything it lists sorted; one thing and a list of it are the same."""
    match data:
        case Mapping():
            return {key: _ordered(it) for key, it in data.items()}
        case list():
            listed = sorted((_ordered(it) for it in data), key=lambda it: json.dumps(it, sort_keys=True))
            return listed[0] if len(listed) == 1 else listed
        case _:
            return data
