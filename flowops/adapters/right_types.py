"""Whether what came from a file is what its type says: JSON has a number where we expect a text, and nobody notices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def mistyped(value: Any, kind: Any, where: str = "it") -> Iterator[str]:
    """Yield the name of each part of `value`, a dataclass or a tuple, that has another type than `kind` says."""
    origin = get_origin(kind)
    if origin is tuple:
        each = get_args(kind)[0]
        for at, it in enumerate(value):
            yield from mistyped(it, each, f"{where}[{at}]")
    elif origin in (Union, UnionType):
        if value is not None:
            (some,) = (it for it in get_args(kind) if it is not NoneType)
            yield from mistyped(value, some, where)
    elif isinstance(kind, type) and is_dataclass(kind):
        for name, declared in _declared(kind).items():
            yield from mistyped(getattr(value, name), declared, f"{where}.{name}")
    elif not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool) or _endless(value):
        yield where


@cache
def _declared(kind: type) -> Mapping[str, Any]:
    """Return the type of each field of a dataclass; kept, for one result has thousands of the same."""
    return get_type_hints(kind)


def _endless(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
