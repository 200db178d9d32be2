"""Lifecycle rules of a bucket: the template's form to the API's, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowops.rehearsal.cloudformation.shapes import FLAG, NUMBER, TEXT, ListOf, form

_NONCURRENT_EXPIRATION = form(("NoncurrentDays",), NewerNoncurrentVersions=NUMBER, NoncurrentDays=NUMBER)
_NONCURRENT_TRANSITION = form(
    ("StorageClass", "TransitionInDays"), NewerNoncurrentVersions=NUMBER, StorageClass=TEXT, TransitionInDays=NUMBER
)
_TRANSITION = form(("StorageClass",), StorageClass=TEXT, TransitionDate=TEXT, TransitionInDays=NUMBER)
_RULE = form(
    ("Status",),
    AbortIncompleteMultipartUpload=form(("DaysAfterInitiation",), DaysAfterInitiation=NUMBER),
    ExpirationDate=TEXT,
    ExpirationInDays=NUMBER,
    ExpiredObjectDeleteMarker=FLAG,
    Id=TEXT,
    NoncurrentVersionExpiration=_NONCURRENT_EXPIRATION,
    NoncurrentVersionTransitions=ListOf(_NONCURRENT_TRANSITION),
    Prefix=TEXT,
    Status=TEXT,
    Transitions=ListOf(_TRANSITION),
)
LIFECYCLE = form(("Rules",), Rules=ListOf(_RULE))

_SAME = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
_EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}
_TRANSITION_NAMES = {"TransitionInDays": "Days", "TransitionDate": "Date", "StorageClass": "StorageClass"}
_NONCURRENT_NAMES = {
    "TransitionInDays": "NoncurrentDays",
    "StorageClass": "StorageClass",
    "NewerNoncurrentVersions": "NewerNoncurrentVersions",
}
_MOVES = {"Transitions": _TRANSITION_NAMES, "NoncurrentVersionTransitions": _NONCURRENT_NAMES}


def lifecycle_to_api(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the LifecycleConfiguration of PutBucketLifecycleConfiguration."""
    return {"Rules": [_rule_to_api(rule) for rule in configuration["Rules"]]}


def lifecycle_from_api(rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rules of GetBucketLifecycleConfiguration as a template writes them."""
    return {"Rules": [_rule_from_api(rule) for rule in rules]}


def _rule_to_api(rule: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {name: rule[name] for name in _SAME if name in rule}
    result["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "Id" in rule:
        result["ID"] = rule["Id"]
    expiration = _renamed(rule, _EXPIRATION)
    if expiration:
        result["Expiration"] = expiration
    for member, names in _MOVES.items():
        if member in rule:
            result[member] = [_renamed(move, names) for move in rule[member]]
    return result


def _rule_from_api(rule: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {name: rule[name] for name in _SAME if name in rule}
    result["Prefix"] = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    if "ID" in rule:
        result["Id"] = rule["ID"]
    result.update(_renamed(rule.get("Expiration", {}), _reversed(_EXPIRATION)))
    for member, names in _MOVES.items():
        if member in rule:
            result[member] = [_renamed(move, _reversed(names)) for move in rule[member]]
    return result


def _renamed(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {new: source[old] for old, new in names.items() if old in source}


def _reversed(names: Mapping[str, str]) -> dict[str, str]:
    return {new: old for old, new in names.items()}
