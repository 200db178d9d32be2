"""The form of a resource's properties: which names exist, and which types they have.

A name that no handler knows is an error, so a property is never ignored in silence. Templates hold numbers
and booleans as text as often as not; `typed` gives them the type that the API wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.intrinsics import FUNCTION_NAMES, Unknown
from flowops.rehearsal.cloudformation.parameters import as_text


class Scalar(Enum):
    """Leaves; a DOCUMENT is JSON, as text or as a tree, that belongs to another service."""

    TEXT = auto()
    FLAG = auto()
    NUMBER = auto()
    DOCUMENT = auto()


@dataclass(frozen=True)
class Fields:
    """An object with these members and no others."""

    members: Mapping[str, Kind]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ListOf:
    """A list of one kind of thing."""

    item: Kind


@dataclass(frozen=True)
class MapOf:
    """An object whose keys are free."""

    value: Kind = field(default=Scalar.TEXT)


Kind = Scalar | Fields | ListOf | MapOf

TEXT, FLAG, NUMBER, DOCUMENT = Scalar.TEXT, Scalar.FLAG, Scalar.NUMBER, Scalar.DOCUMENT
TEXTS = ListOf(TEXT)


def form(required: tuple[str, ...] = (), /, **members: Kind) -> Fields:
    """Return an object form; `required` names the members that must be there."""
    return Fields(members, frozenset(required))


TAGS = ListOf(form(("Key", "Value"), Key=TEXT, Value=TEXT))


def offences(kind: Kind, node: Any, path: str = "#") -> Iterator[str]:
    """Yield what is wrong with the names in a node whose intrinsic functions are not resolved yet."""
    branches = _branches(node)
    if branches is not None:
        for branch in branches:
            yield from offences(kind, branch, path)
        return
    match kind, node:
        case Fields(members, required), dict():
            yield from _name_offences(members, required, node, path)
            for name in node.keys() & members.keys():
                yield from offences(members[name], node[name], f"{path}/{name}")
        case ListOf(item), list():
            for index, element in enumerate(node):
                yield from offences(item, element, f"{path}/{index}")


def _name_offences(members: Mapping[str, Kind], required: frozenset[str], node: Any, path: str) -> Iterator[str]:
    for name in sorted(node.keys() - members.keys()):
        yield f"{path}: extraneous key [{name}] is not permitted"
    for name in sorted(required - node.keys()):
        yield f"{path}: required key [{name}] not found"


def _branches(node: Any) -> list[Any] | None:
    """Return the possible values of an intrinsic function, None for a plain node."""
    if not isinstance(node, dict) or len(node) != 1:
        return None
    function = next(iter(node))
    if function not in FUNCTION_NAMES:
        return None
    return list(node[function][1:]) if function == "Fn::If" else []


def typed(kind: Kind, value: Any, path: str = "#") -> Any:
    """Return a resolved value with the types its form names; Rejected where it does not fit."""
    match kind, value:
        case _, Unknown():
            return value
        case Fields(members, required), dict():
            for offence in _name_offences(members, required, value, path):
                raise Rejected(offence)
            return {name: typed(members[name], inner, f"{path}/{name}") for name, inner in value.items()}
        case ListOf(item), list():
            return [typed(item, inner, f"{path}/{index}") for index, inner in enumerate(value)]
        case MapOf(inner_kind), dict():
            return {name: typed(inner_kind, inner, f"{path}/{name}") for name, inner in value.items()}
        case Scalar(), _:
            return _scalar(kind, value, path)
    raise Rejected(f"{path}: expected type: {_WORDS[type(kind)]}, found: {_json_type(value)}")


def _scalar(kind: Scalar, value: Any, path: str) -> Any:
    try:
        match kind:
            case Scalar.TEXT if not isinstance(value, (dict, list)):
                return as_text(value)
            case Scalar.FLAG if as_text(value) in ("true", "false"):
                return as_text(value) == "true"
            case Scalar.NUMBER if not isinstance(value, (dict, list, bool)):
                return int(value)
            case Scalar.DOCUMENT:
                return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        pass  # Said below, like any other value of the wrong type.
    raise Rejected(f"{path}: expected type: {kind.name.capitalize()}, found: {_json_type(value)}")


def _json_type(value: Any) -> str:
    return {dict: "JSONObject", list: "JSONArray", str: "String", bool: "Boolean"}.get(type(value), "Number")


_WORDS = {Fields: "JSONObject", MapOf: "JSONObject", ListOf: "JSONArray"}
