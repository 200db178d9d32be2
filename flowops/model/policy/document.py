"""A policy document as data: statements that tell whether they speak about a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from flowops.model.policy.conditions import Condition, parse_conditions
from flowops.model.policy.errors import InvalidPolicy
from flowops.model.policy.patterns import expand, matches
from flowops.model.policy.principals import PrincipalElement
from flowops.model.policy.request import Request

_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_CURRENT_VERSION = "2012-10-17"
_VERSIONS = (_CURRENT_VERSION, "2008-10-17", None)


class Effect(Enum):
    """What a statement does to the requests it speaks about."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True)
class Patterns:
    """Action or Resource, or with `negated` their Not… form."""

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Statement:
    """One statement; `sid` is its Sid, or `#<index>` (from 0) without one."""

    sid: str
    effect: Effect
    actions: Patterns
    resources: Patterns | None
    principals: PrincipalElement | None
    conditions: tuple[Condition, ...]
    variables: bool = True

    def covers(self, request: Request) -> bool:
        """Tell whether action and resource fit; principal and conditions are looked at separately."""
        return self._fits_action(request.action) and self._fits_resource(request)

    def failed_conditions(self, request: Request) -> tuple[Condition, ...]:
        """Return the conditions that the request does not meet."""
        return tuple(condition for condition in self.conditions if not condition.holds(request))

    def _fits_action(self, action: str) -> bool:
        hit = any(matches(pattern, action, ignore_case=True) for pattern in self.actions.values)
        return hit != self.actions.negated

    def _fits_resource(self, request: Request) -> bool:
        # A trust policy has no Resource: the role that carries it is meant.
        if self.resources is None:
            return True
        patterns = [self._expanded(value, request) for value in self.resources.values]
        hit = any(pattern is not None and matches(pattern, request.resource) for pattern in patterns)
        return hit != self.resources.negated

    def _expanded(self, value: str, request: Request) -> str | None:
        return expand(value, request.values) if self.variables else value


@dataclass(frozen=True)
class Policy:
    """A named policy; the name is what a decision cites (`trust policy of arn:…`)."""

    name: str
    statements: tuple[Statement, ...]

    @classmethod
    def from_document(cls, name: str, document: Mapping[str, object] | str) -> Policy:
        """Read a policy from its JSON text or mapping.

        Raises InvalidPolicy, UnknownConditionKey and UnknownConditionOperator, each naming policy and culprit.
        Variables are expanded in version 2012-10-17 only: IAM User Guide, "IAM JSON policy elements: Version".
        """
        content = _mapping(name, document)
        version = content.get("Version")
        if version not in _VERSIONS:
            raise InvalidPolicy(name, f"Version {version!r} does not exist")
        variables = version == _CURRENT_VERSION
        listed = content.get("Statement")
        if not isinstance(listed, list | tuple | Mapping):
            raise InvalidPolicy(name, "it has no Statement")
        statements = [listed] if isinstance(listed, Mapping) else listed
        return cls(name, tuple(_statement(name, number, item, variables) for number, item in enumerate(statements)))


def _mapping(name: str, document: Mapping[str, object] | str) -> Mapping[str, object]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise InvalidPolicy(name, f"it is not JSON ({error})") from error
    if not isinstance(document, Mapping):
        raise InvalidPolicy(name, "it is not a mapping")
    return document


def _statement(policy: str, number: int, item: object, variables: bool) -> Statement:
    if not isinstance(item, Mapping):
        raise InvalidPolicy(policy, f"statement {number} is not a mapping")
    sid = str(item.get("Sid") or f"#{number}")
    where = f"statement {sid} of {policy}"
    if unknown := sorted(set(item) - _ELEMENTS):
        raise InvalidPolicy(where, f"element {unknown[0]!r} is unknown")
    actions = _patterns(where, item, "Action")
    if actions is None:
        raise InvalidPolicy(where, "it has neither Action nor NotAction")
    return Statement(
        sid=sid,
        effect=_effect(where, item),
        actions=actions,
        resources=_patterns(where, item, "Resource"),
        principals=_principals(where, item),
        conditions=parse_conditions(where, item.get("Condition"), variables=variables),
        variables=variables,
    )


def _effect(where: str, item: Mapping[str, object]) -> Effect:
    try:
        return Effect(item.get("Effect"))
    except ValueError as error:
        raise InvalidPolicy(where, f"Effect is {item.get('Effect')!r}, not Allow or Deny") from error


def _patterns(where: str, item: Mapping[str, object], element: str) -> Patterns | None:
    name = _only_one_of(where, item, element)
    if name is None:
        return None
    value = item[name]
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not values or not all(isinstance(text, str) for text in values):
        raise InvalidPolicy(where, f"{name} is neither text nor a list of texts")
    return Patterns(values, negated=name != element)


def _principals(where: str, item: Mapping[str, object]) -> PrincipalElement | None:
    name = _only_one_of(where, item, "Principal")
    if name is None:
        return None
    return PrincipalElement.from_element(where, item[name], negated=name != "Principal")


def _only_one_of(where: str, item: Mapping[str, object], element: str) -> str | None:
    """Return the element or its Not… form, whichever the statement has."""
    present = [name for name in (element, f"Not{element}") if name in item]
    if len(present) == 2:
        raise InvalidPolicy(where, f"it has both {present[0]} and {present[1]}")
    return present[0] if present else None
