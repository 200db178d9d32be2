"""Stack policies: which updates of which resources a stack allows.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from flowops.rehearsal.cloudformation.errors import Rejected


def checked_policy(text: str) -> str:
    """Return a stack policy unchanged after a look at its form."""
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError) as malformed:
        raise Rejected("Error validating stack policy: Invalid stack policy") from malformed
    if not isinstance(statements, list) or not all(_well_formed(statement) for statement in statements):
        raise Rejected("Error validating stack policy: Invalid stack policy")
    return text


def refusal(text: str, action: str, logical_id: str, resource_type: str) -> str:
    """Return why a policy does not let `action` (such as Update:Replace) happen, or an empty text.

    Without a policy everything is allowed; with one, whatever no statement allows is denied.
    """
    if not text:
        return ""
    denied, allowed = [], False
    for number, statement in enumerate(json.loads(text)["Statement"], start=1):
        if not _applies(statement, action, f"LogicalResourceId/{logical_id}", resource_type):
            continue
        if statement["Effect"] == "Deny":
            denied.append(number)
        allowed = allowed or statement["Effect"] == "Allow"
    if allowed and not denied:
        return ""
    which = f"Statement [#{denied[0]}] does not allow" if denied else "no statement allows"
    return f"Action denied by stack policy: {which} [{action}] for resource [LogicalResourceId/{logical_id}]"


def _well_formed(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in ("Allow", "Deny")
        and statement.get("Principal") == "*"
        and ("Action" in statement) != ("NotAction" in statement)
        and ("Resource" in statement) != ("NotResource" in statement)
    )


def _applies(statement: Mapping[str, Any], action: str, resource: str, resource_type: str) -> bool:
    return (
        _chosen(statement, "Action", action)
        and _chosen(statement, "Resource", resource)
        and _condition_holds(statement.get("Condition", {}), resource_type)
    )


def _chosen(statement: Mapping[str, Any], key: str, value: str) -> bool:
    if key in statement:
        return _matches(statement[key], value)
    return not _matches(statement[f"Not{key}"], value)


def _condition_holds(condition: Mapping[str, Any], resource_type: str) -> bool:
    exact = condition.get("StringEquals", {}).get("ResourceType")
    like = condition.get("StringLike", {}).get("ResourceType")
    return (exact is None or resource_type in _listed(exact)) and (like is None or _matches(like, resource_type))


def _matches(patterns: Any, value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in _listed(patterns))


def _listed(node: Any) -> list[str]:
    return [node] if isinstance(node, str) else list(node)
