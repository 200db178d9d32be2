"""What HCL computes from values that are known. A function that is not here is not computed, never guessed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from flowops.model.provenance.chain import Known

MAX_TEXT = 64 * 1024
Key = str | int | float | bool | None


def _coalesce(*values: Any) -> Any:
    return next(it for it in values if it is not None and it != "")


def _concat(*lists: list[Any]) -> list[Any]:
    return [it for held in lists for it in held]


def _merge(*maps: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for held in maps if held is not None for key, value in held.items()}


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "basename": posixpath.basename,
    "coalesce": _coalesce,
    "concat": _concat,
    "dirname": lambda path: posixpath.dirname(path) or ".",
    "join": lambda separator, parts: str(separator).join(map(_text_of, parts)),
    "length": len,
    "lower": str.lower,
    "merge": _merge,
    "split": lambda separator, text: text.split(separator),
    "tostring": lambda value: value if value is None else _text_of(value),
    "upper": str.upper,
}


def computes(function: str) -> bool:
    """Return whether flowops knows this function."""
    return function in _FUNCTIONS


def computed(function: str, arguments: Sequence[Known | None]) -> Known | None:
    """Return what a function makes of values that are all known."""
    known = [it.value for it in arguments if it is not None]
    if len(known) < len(arguments):
        return None
    try:
        return Known(_FUNCTIONS[function](*known))
    except (TypeError, ValueError, AttributeError, StopIteration):
        return None  # terragrunt refuses it, too, and says why


def joined(parts: Sequence[Known | None]) -> Known | None:
    """Return the text that a template makes of its parts; a single part keeps its type, as HCL has it."""
    if len(parts) == 1:
        return parts[0]
    known = [it.value for it in parts if it is not None]
    if len(known) < len(parts) or not all(isinstance(it, str | bool | int | float) for it in known):
        return None
    text = "".join(map(_text_of, known))
    return Known(text) if len(text) <= MAX_TEXT else None


def inside(value: Known | None, path: Sequence[Key]) -> tuple[Known | None, bool]:
    """Return what `path` leads to inside a value, and whether it is there; an unknown value may hold everything."""
    for key in path:
        if value is None:
            return None, True
        if not _holds(value.value, key):
            return None, False
        value = Known(value.value[key])
    return value, True


def _holds(value: Any, key: Key) -> bool:
    if isinstance(value, list):
        return isinstance(key, int) and 0 <= key < len(value)
    return isinstance(value, dict) and key in value


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(int(value) if value.is_integer() else repr(value)), "f")
    if not isinstance(value, str | int | float):
        raise TypeError(f"{value!r} is not text")
    return str(value)
