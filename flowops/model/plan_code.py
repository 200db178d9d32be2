"""What the code says of a unit's resources, as far as a plan's JSON tells: constants, and inputs by themselves. Pure.

Format: https://developer.hashicorp.com/terraform/internals/json-format, "Configuration representation".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowops.model.attributes import marked, path_of
from flowops.model.discretion import Discretion, child

_INPUT = re.compile(r"var\.([\w-]+)")
_TEMPLATES = ("${", "%{")


@dataclass(frozen=True)
class Saying:
    """What the code says at one place of a resource; `keys` lead there, `variable` is the input that it takes."""

    keys: tuple[str | int, ...]
    value: Any
    variable: str = ""

    def at(self, values: Any) -> Any:
        """Return what stands there in values of the resource."""
        for key in self.keys:
            values = child(values, key)
        return values


@dataclass(frozen=True)
class Code:
    """One resource in the code: what it says by path. It `stands` unless the code is known to lack it."""

    sayings: Mapping[str, Saying] = field(default_factory=dict)
    stands: bool = True


@dataclass(frozen=True)
class Adoptable:
    """What the code may say so that AWS can stay as it is: a literal at a path, or for the `variable` of that place."""

    path: str
    literal: str
    variable: str = ""


class Codes:
    """The code of a plan's root module."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        root = document.get("configuration", {}).get("root_module")
        defaults = {name: it.get("default") for name, it in (root or {}).get("variables", {}).items()}
        values = defaults | {name: it.get("value") for name, it in document.get("variables", {}).items()}
        variables = _Variables(values, Counter(_used(root)))
        self._complete = root is not None
        self._known = {it["address"]: Code(dict(_sayings(it, variables))) for it in (root or {}).get("resources", ())}

    def of(self, address: str) -> Code:
        """Return what is said of a resource; of one in a module that the unit's module calls nothing is known."""
        if address.startswith("module."):
            return Code()
        return self._known.get(address.partition("[")[0], Code(stands=not self._complete))


def adoptable(change: Mapping[str, Any], code: Code, discretion: Discretion) -> Iterator[Adoptable]:
    """Yield what may be adopted of one drift: whole attributes, and parts that an input leads to. Nothing sensitive."""
    before, after = change.get("before") or {}, change.get("after") or {}
    for name, value in after.items():
        marks = (child(change.get(side), name) for side in ("before_sensitive", "after_sensitive"))
        if value == before.get(name) or any(map(marked, marks)):
            continue
        for path, saying in code.sayings.items():
            direct = saying.variable and saying.keys[0] == name and saying.value == saying.at(before)
            if direct and (literal := _literal(saying.at(after), discretion)):
                yield Adoptable(path, literal, saying.variable)
        if literal := _literal(value, discretion):
            yield Adoptable(name, literal)


@dataclass(frozen=True)
class _Variables:
    """The unit's inputs, and how many expressions use each."""

    values: Mapping[str, Any]
    uses: Mapping[str, int]

    def said(self, keys: tuple[str | int, ...], name: str) -> Saying:
        """Return what an input alone says; one that says something elsewhere, too, cannot be changed for this."""
        return Saying(keys, self.values.get(name), name if self.uses[name] == 1 else "")


def _used(configuration: Any) -> Iterator[str]:
    """Yield the variables of each expression of a module, each once for an expression."""
    match configuration:
        case {"references": list(references)}:
            yield from {found[1] for it in references if (found := _INPUT.match(str(it)))}
        case Mapping():
            for it in configuration.values():
                yield from _used(it)
        case list():
            for it in configuration:
                yield from _used(it)


def _sayings(resource: Mapping[str, Any], variables: _Variables) -> Iterator[tuple[str, Saying]]:
    for name, expression in resource.get("expressions", {}).items():
        yield from _said(expression, (name,), name, variables)


def _said(
    expression: Any, keys: tuple[str | int, ...], path: str, variables: _Variables
) -> Iterator[tuple[str, Saying]]:
    match expression:
        case {"constant_value": value}:
            yield path, Saying(keys, value)
        case {"references": [str(reference)]} if found := _INPUT.fullmatch(reference):
            yield path, variables.said(keys, found[1])
        case {"references": _}:
            return
        case Mapping():
            for key, it in expression.items():
                yield from _said(it, (*keys, key), path_of(path, key), variables)
        case list():
            for at, it in enumerate(expression):
                yield from _said(it, (*keys, at), path_of(path, at), variables)


def _literal(value: Any, discretion: Discretion) -> str:
    """Return a value as HCL; empty for blocks, for what looks like a secret, and for what HCL would take for more."""
    held = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else (value,)
    text = json.dumps(value, ensure_ascii=False)
    fit = discretion.line(text) == text and not any(it in text for it in _TEMPLATES)
    return text if fit and not any(isinstance(it, Mapping | list) for it in held) else ""
