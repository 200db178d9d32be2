"""CloudTrail's events in our words: who called, when, and what the call did.

AWS CloudTrail User Guide, "CloudTrail userIdentity element" and "CloudTrail record contents".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from flowops.model.drift.finding import Trace
from flowops.model.plaintext import printable

_LONGEST = 200

_ONLY_USE = frozenset({"CreateFleet", "CreateNetworkInterface", "RunInstances"})
"""Calls whose events name every group, subnet and role that they only use."""

_MADE_BY_THEM = ("eni-", "fleet-", "i-", "vol-")

_SOURCES: tuple[tuple[str, str], ...] = (
    ("aws_acm_", "acm"),
    ("aws_autoscaling_", "autoscaling"),
    ("aws_backup_", "backup"),
    ("aws_cloudwatch_log_", "logs"),
    ("aws_cloudwatch_", "monitoring"),
    ("aws_db_", "rds"),
    ("aws_ecr_", "ecr"),
    ("aws_efs_", "elasticfilesystem"),
    ("aws_eks_", "eks"),
    ("aws_iam_", "iam"),
    ("aws_instance", "ec2"),
    ("aws_kms_", "kms"),
    ("aws_launch_template", "ec2"),
    ("aws_lb", "elasticloadbalancing"),
    ("aws_opensearch_", "es"),
    ("aws_rds_", "rds"),
    ("aws_resourcegroups_", "resource-groups"),
    ("aws_s3_", "s3"),
    ("aws_secretsmanager_", "secretsmanager"),
    ("aws_security_group", "ec2"),
    ("aws_sns_", "sns"),
    ("aws_sqs_", "sqs"),
    ("aws_ssm_", "ssm"),
    ("aws_subnet", "ec2"),
    ("aws_vpc", "ec2"),
)
"""Which service's calls change resources of a type; the first prefix that fits counts."""

_ANY_SERVICE = "tagging"


def wrote(event: Mapping[str, Any], name: str, type_: str) -> bool:
    """Say whether an event that names a resource changed it: not read, not refused, and about that resource.

    A cluster and a bucket may share a name: `type_` tells them apart, where it is one that we know.
    """
    details = _details(event)
    if str(event.get("ReadOnly", details.get("readOnly", "false"))).lower() == "true" or details.get("errorCode"):
        return False
    if event.get("EventName") in _ONLY_USE and not name.startswith(_MADE_BY_THEM):
        return False
    source = str(event.get("EventSource", "")).partition(".")[0]
    expected = next((it for prefix, it in _SOURCES if type_.startswith(prefix)), "")
    return not expected or source in (expected, _ANY_SERVICE)


def trace(event: Mapping[str, Any]) -> Trace:
    """Return one event as who made which call, when, and from where."""
    details = _details(event)
    identity = details.get("userIdentity")
    principal = (
        _principal(identity, str(details.get("recipientAccountId", ""))) if isinstance(identity, Mapping) else ""
    )
    return Trace(
        _line(principal or event.get("Username") or "unknown"),
        event["EventTime"].astimezone(UTC),
        _line(event["EventName"]),
        _line(details.get("sourceIPAddress", "")),
    )


def _principal(identity: Mapping[str, Any], account: str) -> str:
    """Return who it was, such as `assumed-role/DevOpsAdminRole/ann`; of another account, that account too."""
    through = identity.get("invokedBy", "")
    match identity.get("type"):
        case "AssumedRole":
            who = _assumed(identity)
        case "IAMUser":
            who = _of_arn(identity) or f"user/{identity.get('userName', 'unknown')}"
        case "Root":
            who = "root"
        case "AWSService":
            return f"service/{through or 'unknown'}"
        case kind:
            who = _of_arn(identity) or str(identity.get("userName") or kind or "unknown")
    home = str(identity.get("accountId", ""))
    foreign = f" of account {home}" if home and account and home != account else ""
    return f"{who}{foreign}{f' through {through}' if through else ''}"


def _assumed(identity: Mapping[str, Any]) -> str:
    context = identity.get("sessionContext") or {}
    who = _of_arn(identity)
    if not who:
        issuer = (context.get("sessionIssuer") or {}).get("userName", "unknown")
        who = f"assumed-role/{issuer}/{str(identity.get('principalId', '')).partition(':')[2]}"
    person = context.get("sourceIdentity")
    return f"{who} for {person}" if person else who


def _of_arn(identity: Mapping[str, Any]) -> str:
    """Return the last part of the ARN, such as `user/flowable/ann`; nothing where there is none."""
    arn = str(identity.get("arn", ""))
    return arn.split(":", 5)[-1] if arn.startswith("arn:") else ""


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _line(text: object) -> str:
    return printable(" ".join(str(text).split()))[:_LONGEST]
