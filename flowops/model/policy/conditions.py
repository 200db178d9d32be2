"""The Condition element: does a request meet it, and if not, what is missing.

IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multi-valued context keys":
a key that the request does not carry makes an operator false and a negated operator true; `…IfExists` makes both
true; `ForAllValues:` is true without values, `ForAnyValue:` false. Several values of one key are alternatives for an
operator and all excluded by a negated one; several keys and operators must hold together. For a key with several
values and no set operator, where AWS defines nothing, one value must match, and none for a negated operator.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import TypeVar

from flowops.model.policy.errors import InvalidPolicy, UnknownConditionKey, UnknownConditionOperator
from flowops.model.policy.keys import KNOWN_KEYS, is_known
from flowops.model.policy.patterns import arn_matches, expand, matches, revealed
from flowops.model.policy.request import Request

Compare = Callable[[str, str], bool]
_Value = TypeVar("_Value")

_UNSPOKEN = {"sts:externalid"}
"""Keys whose wanted value a refusal never repeats: who has to bring it must not learn it from the answer."""


class Quantifier(Enum):
    """How a condition looks at a key with several values."""

    NONE = ""
    ANY = "ForAnyValue:"
    ALL = "ForAllValues:"


def _numbers(compare: Callable[[Decimal, Decimal], bool]) -> Compare:
    return _parsed(Decimal, (InvalidOperation,), compare)


def _dates(compare: Callable[[datetime, datetime], bool]) -> Compare:
    return _parsed(_moment, (ValueError, OverflowError), compare)


def _parsed(
    parse: Callable[[str], _Value], errors: tuple[type[Exception], ...], compare: Callable[[_Value, _Value], bool]
) -> Compare:
    """Return a comparison that is false for a value which is not of its type."""

    def holds(wanted: str, given: str) -> bool:
        try:
            return compare(parse(given), parse(revealed(wanted)))
        except errors:
            return False

    return holds


def _moment(text: str) -> datetime:
    """Return an ISO 8601 date or epoch seconds as a moment; IAM accepts both."""
    if text.replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _same_bytes(wanted: str, given: str) -> bool:
    try:
        return base64.b64decode(revealed(wanted), validate=True) == base64.b64decode(given, validate=True)
    except binascii.Error:
        return False


def _in_network(wanted: str, given: str) -> bool:
    try:
        return ip_address(given) in ip_network(revealed(wanted), strict=False)
    except ValueError:
        return False


_POSITIVE: dict[str, Compare] = {
    "StringEquals": lambda wanted, given: revealed(wanted) == given,
    "StringEqualsIgnoreCase": lambda wanted, given: revealed(wanted).lower() == given.lower(),
    "StringLike": matches,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
    "Bool": lambda wanted, given: revealed(wanted).lower() == given.lower(),
    "BinaryEquals": _same_bytes,
    "IpAddress": _in_network,
    "NumericEquals": _numbers(lambda given, wanted: given == wanted),
    "NumericLessThan": _numbers(lambda given, wanted: given < wanted),
    "NumericLessThanEquals": _numbers(lambda given, wanted: given <= wanted),
    "NumericGreaterThan": _numbers(lambda given, wanted: given > wanted),
    "NumericGreaterThanEquals": _numbers(lambda given, wanted: given >= wanted),
    "DateEquals": _dates(lambda given, wanted: given == wanted),
    "DateLessThan": _dates(lambda given, wanted: given < wanted),
    "DateLessThanEquals": _dates(lambda given, wanted: given <= wanted),
    "DateGreaterThan": _dates(lambda given, wanted: given > wanted),
    "DateGreaterThanEquals": _dates(lambda given, wanted: given >= wanted),
}

_NEGATED: dict[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}

OPERATORS: tuple[str, ...] = (*_POSITIVE, *_NEGATED, "Null")


@dataclass(frozen=True)
class Condition:
    """One operator on one key with its values; `variables` says whether `${…}` in them is expanded."""

    operator: str
    key: str
    values: tuple[str, ...]
    variables: bool = True

    @property
    def quantifier(self) -> Quantifier:
        """Return the set operator in front of the operator."""
        return next((q for q in (Quantifier.ANY, Quantifier.ALL) if self.operator.startswith(q.value)), Quantifier.NONE)

    @property
    def if_exists(self) -> bool:
        """Tell whether a request without the key meets the condition."""
        return self.operator.endswith("IfExists")

    @property
    def base(self) -> str:
        """Return the operator without set operator and IfExists."""
        return self.operator.removeprefix(self.quantifier.value).removesuffix("IfExists")

    def holds(self, request: Request) -> bool:
        """Tell whether the request meets this condition."""
        given = request.values(self.key)
        if self.base == "Null":
            return (not given) == (self.values[0].lower() == "true")
        if not given:
            return self._holds_without_value()
        verdicts = [self._fits(value, request) for value in given]
        if self.quantifier is Quantifier.ANY:
            return any(verdicts)
        if self.quantifier is Quantifier.ALL or self.base in _NEGATED:
            return all(verdicts)
        return any(verdicts)

    def failure(self, request: Request) -> str:
        """Say in a few words why the request does not meet this condition."""
        given = request.values(self.key)
        if not given:
            return f"{self.key} is absent from the request, {self._wish()}"
        return f"{self.key} is {', '.join(given)}, {self._wish()}"

    def _holds_without_value(self) -> bool:
        if self.if_exists or self.quantifier is Quantifier.ALL:
            return True
        return self.quantifier is Quantifier.NONE and self.base in _NEGATED

    def _fits(self, given: str, request: Request) -> bool:
        compare = _POSITIVE[_NEGATED.get(self.base, self.base)]
        hit = any(wanted is not None and compare(wanted, given) for wanted in self._wanted(request))
        return hit != (self.base in _NEGATED)

    def _wanted(self, request: Request) -> list[str | None]:
        if not self.variables:
            return list(self.values)
        return [expand(value, request.values) for value in self.values]

    def _wish(self) -> str:
        if self.key.lower() in _UNSPOKEN:
            return f"{self.operator} wants another value"
        return f"{self.operator} wants {' or '.join(self.values)}"


def parse_conditions(policy: str, element: object, *, variables: bool) -> tuple[Condition, ...]:
    """Read a Condition element; raises InvalidPolicy, UnknownConditionOperator or UnknownConditionKey."""
    if element is None:
        return ()
    if not isinstance(element, Mapping):
        raise InvalidPolicy(policy, "Condition is not a mapping of operators")
    return tuple(
        _condition(policy, str(operator), str(key), values, variables)
        for operator, keys in element.items()
        for key, values in _keys_of(policy, str(operator), keys)
    )


def _keys_of(policy: str, operator: str, keys: object) -> list[tuple[object, object]]:
    if not isinstance(keys, Mapping):
        raise InvalidPolicy(policy, f"condition operator {operator} has no mapping of keys")
    return list(keys.items())


def _condition(policy: str, operator: str, key: str, values: object, variables: bool) -> Condition:
    condition = Condition(operator, key, _texts(policy, key, values), variables)
    if condition.base not in OPERATORS or (condition.base == "Null" and condition.if_exists):
        raise UnknownConditionOperator(policy, operator, OPERATORS)
    if not is_known(key):
        raise UnknownConditionKey(policy, key, KNOWN_KEYS)
    if not condition.values:
        raise InvalidPolicy(policy, f"condition key {key} has no value")
    return condition


def _texts(policy: str, key: str, values: object) -> tuple[str, ...]:
    items = values if isinstance(values, list | tuple) else [values]
    if not all(isinstance(item, str | bool | int | float) for item in items):
        raise InvalidPolicy(policy, f"condition key {key} has a value that is neither text, number nor boolean")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
