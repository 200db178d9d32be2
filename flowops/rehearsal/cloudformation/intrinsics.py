"""Intrinsic functions: a node of a template to its value.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.parameters import as_text
from flowops.rehearsal.cloudformation.references import Reference, attribute_reference, placeholder
from flowops.rehearsal.cloudformation.stack import Resource, Scope

PSEUDO_PARAMETERS: Final = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)


class Unknown:
    """A value that is known only after a resource was made; equal to nothing but itself."""


@dataclass(frozen=True)
class View:
    """What intrinsic functions can see; a resource that is None will be made, but is not there yet."""

    scope: Scope
    stack_name: str
    stack_arn: str
    parameters: Mapping[str, str | list[str]]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, bool] = field(default_factory=dict)
    resources: Mapping[str, Resource | None] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)

    def pseudo(self) -> dict[str, Any]:
        """Return the pseudo parameters that have a value."""
        return {
            "AWS::AccountId": self.scope.account,
            "AWS::Region": self.scope.region,
            "AWS::StackName": self.stack_name,
            "AWS::StackId": self.stack_arn,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": [],
        }


class _NoValue:
    """Stands for AWS::NoValue until the property that holds it is dropped."""


_NO_VALUE: Final = _NoValue()


def resolve(node: Any, view: View) -> Any:
    """Return the value of a node; Unknown where any part of a text or list function is unknown.

    Raises Rejected with CloudFormation's words where a reference leads nowhere.
    """
    match node:
        case list():
            return _without_no_value([resolve(item, view) for item in node])
        case dict() if len(node) == 1 and (function := _FUNCTIONS.get(next(iter(node)))):
            return function(next(iter(node.values())), view)
        case dict():
            resolved = {key: resolve(value, view) for key, value in node.items()}
            return {key: value for key, value in resolved.items() if value is not _NO_VALUE}
        case _:
            return node


def _without_no_value(items: list[Any]) -> list[Any]:
    return [item for item in items if item is not _NO_VALUE]


def _reference(target: Reference, view: View) -> Any:
    if target.name == "AWS::NoValue":
        return _NO_VALUE
    for known in (view.pseudo(), view.parameters):
        if not target.attribute and target.name in known:
            return known[target.name]
    if target.name not in view.resources:
        raise Rejected(f"Unresolved resource dependencies [{target.name}] in the Resources block of the template")
    resource = view.resources[target.name]
    if resource is None:
        return Unknown()
    if not target.attribute:
        return resource.physical_id
    if target.attribute not in resource.attributes:
        raise Rejected(
            f"Template error: resource {target.name} does not support attribute type {target.attribute} in Fn::GetAtt"
        )
    return resource.attributes[target.attribute]


def _ref(argument: Any, view: View) -> Any:
    return _reference(Reference(argument), view)


def _get_att(argument: Any, view: View) -> Any:
    return _reference(attribute_reference(argument), view)


def _sub(argument: Any, view: View) -> Any:
    text, own = argument if isinstance(argument, list) else (argument, {})
    local = {name: resolve(value, view) for name, value in own.items()}
    pieces: list[Any] = []
    for piece in re.split(r"(\$\{[^}]+\})", text):
        pieces.append(_piece(piece, local, view))
    return _joined("", pieces)


def _piece(piece: str, local: Mapping[str, Any], view: View) -> Any:
    if not piece.startswith("${"):
        return piece
    if piece.startswith("${!"):
        return "${" + piece[3:]
    name = piece[2:-1].strip()
    return local[name] if name in local else _reference(placeholder(name), view)


def _join(argument: Any, view: View) -> Any:
    delimiter, parts = argument
    items = resolve(parts, view)
    return items if isinstance(items, Unknown) else _joined(delimiter, items)


def _joined(delimiter: str, items: list[Any]) -> Any:
    if any(isinstance(item, Unknown) for item in items):
        return Unknown()
    return delimiter.join(as_text(item) for item in items)


def _if(argument: Any, view: View) -> Any:
    name, yes, no = argument
    return resolve(yes if view.conditions[name] else no, view)


def _select(argument: Any, view: View) -> Any:
    index, items = resolve(argument[0], view), resolve(argument[1], view)
    if isinstance(items, Unknown):
        return items
    try:
        return items[int(index)]
    except (IndexError, ValueError) as beyond:
        raise Rejected("Template error: Fn::Select cannot select nonexistent value at index " + str(index)) from beyond


def _split(argument: Any, view: View) -> Any:
    text = resolve(argument[1], view)
    return text if isinstance(text, Unknown) else as_text(text).split(argument[0])


def _find_in_map(argument: Any, view: View) -> Any:
    name, first, second = (resolve(part, view) for part in argument[:3])
    try:
        return view.mappings[name][as_text(first)][as_text(second)]
    except KeyError as missing:
        raise Rejected(
            f"Template error: Unable to get mapping for {name}::{as_text(first)}::{as_text(second)}"
        ) from missing


def _base64(argument: Any, view: View) -> Any:
    text = resolve(argument, view)
    return text if isinstance(text, Unknown) else base64.b64encode(as_text(text).encode()).decode()


def _get_azs(argument: Any, view: View) -> Any:
    region = resolve(argument, view) or view.scope.region
    return [f"{region}{zone}" for zone in "abc"]


def _to_json(argument: Any, view: View) -> Any:
    value = resolve(argument, view)
    return Unknown() if has_unknown(value) else json.dumps(value)


def _import_value(argument: Any, view: View) -> Any:
    name = resolve(argument, view)
    if isinstance(name, Unknown):
        return name
    if name not in view.exports:
        raise Rejected(f"No export named {name} found.")
    return view.exports[name]


def has_unknown(value: Any) -> bool:
    """Whether a resolved value depends on something that is not made yet."""
    match value:
        case Unknown():
            return True
        case list():
            return any(has_unknown(item) for item in value)
        case dict():
            return any(has_unknown(item) for item in value.values())
        case _:
            return False


_FUNCTIONS: Final[Mapping[str, Callable[[Any, View], Any]]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::If": _if,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": _base64,
    "Fn::GetAZs": _get_azs,
    "Fn::ToJsonString": _to_json,
    "Fn::ImportValue": _import_value,
}
FUNCTION_NAMES: Final = frozenset(_FUNCTIONS)
