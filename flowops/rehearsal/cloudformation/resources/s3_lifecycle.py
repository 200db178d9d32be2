"""Lifecycle rules of a bucket: the template's form to the API's."""

from __future__ import annotations

from collections.abc import Mapping
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
    NoncurrentVersionExpirationInDays=NUMBER,
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


def to_api(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the LifecycleConfiguration of PutBucketLifecycleConfiguration."""
    return {"Rules": [_rule(rule) for rule in configuration["Rules"]]}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {name: rule[name] for name in _SAME if name in rule}
    result["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "Id" in rule:
        result["ID"] = rule["Id"]
    if "NoncurrentVersionExpirationInDays" in rule:
        result["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    expiration = _renamed(rule, _EXPIRATION)
    if expiration:
        result["Expiration"] = expiration
    if "Transitions" in rule:
        result["Transitions"] = [_renamed(item, _TRANSITION_NAMES) for item in rule["Transitions"]]
    if "NoncurrentVersionTransitions" in rule:
        moves = rule["NoncurrentVersionTransitions"]
        result["NoncurrentVersionTransitions"] = [_renamed(item, _NONCURRENT_NAMES) for item in moves]
    return result


def _renamed(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {new: source[old] for old, new in names.items() if old in source}
