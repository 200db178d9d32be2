"""The Conditions section: names to true or false, from parameters alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.intrinsics import View, resolve
from flowops.rehearsal.cloudformation.parameters import as_text


def evaluate(conditions: Mapping[str, Any], view: View) -> dict[str, bool]:
    """Return what each condition says; a circle of conditions is Rejected."""
    known: dict[str, bool] = {}
    for name in conditions:
        _named(name, conditions, view, known, ())
    return known


def _named(name: str, conditions: Mapping[str, Any], view: View, known: dict[str, bool], path: tuple[str, ...]) -> bool:
    if name in known:
        return known[name]
    if name in path:
        raise Rejected(f"Template format error: Found circular condition dependency between {path[-1]} and {name}")
    if name not in conditions:
        raise Rejected(f"Template format error: Unresolved condition dependency {name} in the Conditions block")

    def holds(node: Any) -> bool:
        match node:
            case {"Condition": str(other)}:
                return _named(other, conditions, view, known, (*path, name))
            case {"Fn::Equals": [left, right]}:
                return as_text(resolve(left, view)) == as_text(resolve(right, view))
            case {"Fn::Not": [inner]}:
                return not holds(inner)
            case {"Fn::And": list(parts)}:
                return all([holds(part) for part in parts])
            case {"Fn::Or": list(parts)}:
                return any([holds(part) for part in parts])
            case _:
                raise Rejected(f"Template format error: Every Conditions member must be a condition function: {name}")

    known[name] = holds(conditions[name])
    return known[name]
