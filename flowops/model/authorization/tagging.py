"""Tags in a call: the condition keys they set, and the permission to tag what is being created.

Service Authorization Reference: aws:RequestTag and aws:TagKeys of each action, and the dependent actions of the
operations that create; for EC2 also "Grant permission to tag Amazon EC2 resources during creation".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowops.model.authorization.call import Call, Need

_TAG_LISTS = ("Tags", "tags", "TagList", "TagsToAdd", "TagSet", "ResourceTags", "BackupVaultTags", "BackupPlanTags")
_TAG_KEYS = ("TagKeys", "tagKeys", "TagKeyList")
_NAMES = ("Key", "key", "TagKey")
_VALUES = ("Value", "value", "TagValue")

TAG_ON_CREATE: Mapping[str, str] = {
    "acm": "acm:AddTagsToCertificate",
    "backup": "backup:TagResource",
    "budgets": "budgets:TagResource",
    "cloudwatch": "cloudwatch:TagResource",
    "dynamodb": "dynamodb:TagResource",
    "ec2": "ec2:CreateTags",
    "ecr": "ecr:TagResource",
    "eks": "eks:TagResource",
    "elasticache": "elasticache:AddTagsToResource",
    "elasticfilesystem": "elasticfilesystem:TagResource",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
    "es": "es:AddTags",
    "events": "events:TagResource",
    "kms": "kms:TagResource",
    "lambda": "lambda:TagResource",
    "logs": "logs:TagResource",
    "rds": "rds:AddTagsToResource",
    "resource-groups": "resource-groups:Tag",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "sqs": "sqs:TagQueue",
    "ssm": "ssm:AddTagsToResource",
    "states": "states:TagResource",
}
"""The action that tagging during creation needs beside the creating one."""

IAM_TAG_ACTIONS: Mapping[str, str] = {
    "CreateRole": "iam:TagRole",
    "CreateUser": "iam:TagUser",
    "CreatePolicy": "iam:TagPolicy",
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
    "CreateVirtualMFADevice": "iam:TagMFADevice",
}

_CREATING = ("Create", "Run", "Allocate", "Request", "Import", "Register", "Copy", "Restore", "Put", "Authorize")


def tags_of(call: Call) -> dict[str, str]:
    """Return the tags that a call sets, whichever way its service spells them."""
    found: dict[str, str] = {}
    for name in _TAG_LISTS:
        found |= _pairs(call.parameters.get(name))
    for name in ("TagSpecifications", "TagSpecification"):
        for specification in call.parameters.get(name) or []:
            found |= _pairs(specification.get("Tags"))
    return found


def facts_of(call: Call) -> dict[str, tuple[str, ...]]:
    """Return aws:RequestTag/… and aws:TagKeys, which speak about requests to the call's own service."""
    tags = tags_of(call)
    keys = tuple(tags) or tuple(str(key) for name in _TAG_KEYS for key in call.parameters.get(name) or [])
    facts: dict[str, tuple[str, ...]] = {f"aws:requesttag/{name.lower()}": (value,) for name, value in tags.items()}
    return {**facts, "aws:tagkeys": keys} if keys else facts


def needs_of(call: Call, resource: str) -> Iterator[Need]:
    """Yield the permission to tag the resource that the call creates."""
    if not tags_of(call) or not call.operation.startswith(_CREATING):
        return
    action = IAM_TAG_ACTIONS.get(call.operation) if call.service == "iam" else TAG_ON_CREATE.get(call.service)
    if action is None or action == call.action:
        return
    facts = {"ec2:createaction": (call.operation,)} if call.service == "ec2" else {}
    yield Need(action, resource, facts)


def _pairs(tags: Any) -> dict[str, str]:
    if isinstance(tags, Mapping):
        listed = tags.get("TagSet") or tags.get("Items")
        return _pairs(listed) if listed else {str(name): str(value) for name, value in tags.items()}
    if not isinstance(tags, list | tuple):
        return {}
    return {_first(tag, _NAMES): _first(tag, _VALUES) for tag in tags if isinstance(tag, Mapping)}


def _first(tag: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(tag[name]) for name in names if name in tag), "")
