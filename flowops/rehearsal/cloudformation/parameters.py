"""Template parameters: what they allow, and which values a request gives them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowops.rehearsal.cloudformation.errors import Rejected

MASK = "****"
_LISTS = ("CommaDelimitedList", "List<String>", "List<Number>")
_TYPES = ("String", "Number", *_LISTS)
_KNOWN = {
    "Type",
    "Default",
    "AllowedValues",
    "AllowedPattern",
    "ConstraintDescription",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
    "NoEcho",
    "Description",
}


@dataclass(frozen=True)
class Parameter:
    """A declared parameter; a limit that is not declared is None."""

    name: str
    type: str
    default: str | None = None
    allowed_values: tuple[str, ...] = ()
    allowed_pattern: str = ""
    constraint: str = ""
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    no_echo: bool = False
    description: str = ""

    @classmethod
    def declared(cls, name: str, node: Any) -> Parameter:
        """Return the parameter that a template's node declares."""
        if not isinstance(node, dict) or "Type" not in node:
            raise Rejected(f"Template format error: Every Parameters object must contain a Type member. [{name}]")
        unknown = sorted(node.keys() - _KNOWN)
        if unknown:
            raise Rejected(f"Invalid template parameter property '{unknown[0]}'")
        if node["Type"] not in _TYPES:
            raise Rejected(f"Template format error: Unrecognized parameter type: {node['Type']}")
        return cls(
            name=name,
            type=node["Type"],
            default=None if node.get("Default") is None else as_text(node["Default"]),
            allowed_values=tuple(as_text(value) for value in node.get("AllowedValues") or ()),
            allowed_pattern=str(node.get("AllowedPattern") or ""),
            constraint=str(node.get("ConstraintDescription") or ""),
            min_length=_whole(node.get("MinLength")),
            max_length=_whole(node.get("MaxLength")),
            min_value=_number(node.get("MinValue")),
            max_value=_number(node.get("MaxValue")),
            no_echo=as_text(node.get("NoEcho", False)) == "true",
            description=str(node.get("Description") or ""),
        )

    def typed(self, text: str) -> str | list[str]:
        """Return what `Ref` gives for a value: a list for list types."""
        return self._items(text) if self.type in _LISTS else text

    def check(self, text: str) -> None:
        """Reject a value that the declaration does not allow."""
        for item in self._items(text):
            reason = self._offence(item)
            if reason:
                raise Rejected(self._refusal(reason))

    def shown(self, text: str) -> str:
        """Return the value as it may be displayed."""
        return MASK if self.no_echo else text

    def _items(self, text: str) -> list[str]:
        return [item.strip() for item in text.split(",")] if self.type in _LISTS else [text]

    def _offence(self, item: str) -> str:
        if self.allowed_values and item not in self.allowed_values:
            return "must be one of AllowedValues"
        if self.allowed_pattern and not re.fullmatch(self.allowed_pattern, item):
            return f"must match pattern {self.allowed_pattern}"
        if self.min_length is not None and len(item) < self.min_length:
            return f"must contain at least {self.min_length} characters"
        if self.max_length is not None and len(item) > self.max_length:
            return f"must contain at most {self.max_length} characters"
        return self._numeric_offence(item) if "Number" in self.type else ""

    def _numeric_offence(self, item: str) -> str:
        value = _number(item)
        if value is None:
            return "must be a number"
        if self.min_value is not None and value < self.min_value:
            return f"must be a number not less than {self.min_value:g}"
        if self.max_value is not None and value > self.max_value:
            return f"must be a number not greater than {self.max_value:g}"
        return ""

    def _refusal(self, reason: str) -> str:
        if self.constraint:
            return f"Parameter {self.name} failed to satisfy constraint: {self.constraint}"
        return f"Parameter '{self.name}' {reason}"


def values(
    declared: Mapping[str, Parameter], given: Sequence[Mapping[str, Any]], previous: Mapping[str, str]
) -> dict[str, str]:
    """Return the checked value of every declared parameter.

    `given` has the shape of the API: ParameterKey with ParameterValue or UsePreviousValue. A parameter that
    is not given takes its default, also in an update.
    """
    unknown = [item["ParameterKey"] for item in given if item["ParameterKey"] not in declared]
    if unknown:
        raise Rejected(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    asked = {item["ParameterKey"]: _asked(item, previous) for item in given}
    chosen = {name: _first(asked.get(name), parameter.default) for name, parameter in declared.items()}
    missing = [name for name, value in chosen.items() if value is None]
    if missing:
        raise Rejected(f"Parameters: [{', '.join(missing)}] must have values")
    result = {name: value for name, value in chosen.items() if value is not None}
    for name, value in result.items():
        declared[name].check(value)
    return result


def as_text(value: Any) -> str:
    """Return a scalar as CloudFormation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _asked(item: Mapping[str, Any], previous: Mapping[str, str]) -> str | None:
    if item.get("UsePreviousValue"):
        return previous.get(item["ParameterKey"])
    return item.get("ParameterValue")


def _first(asked: str | None, default: str | None) -> str | None:
    return default if asked is None else asked


def _whole(node: Any) -> int | None:
    return None if node is None else int(node)


def _number(node: Any) -> float | None:
    try:
        return None if node is None else float(node)
    except ValueError:
        return None
