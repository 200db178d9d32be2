"""S3: bucket policies, and how many old versions a bucket keeps."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from flowops.rehearsal.compat.patching import Function, around


def install() -> None:
    """Leave out policy statements with a condition, which moto applies as if they had none.

    A DenyInsecureTransport statement would deny every object to everybody, the state backend included. Also keep
    NewerNoncurrentVersions of a lifecycle rule, which moto forgets, so that the state bucket always seems to drift.
    """
    around(FakeBucket, "get_permission", _unconditional_permission)
    around(FakeBucket, "set_lifecycle", _remember_newer_versions)
    around(S3Response, "serialized", _show_newer_versions)


def _unconditional_permission(original: Function, self: Any, action: str, resource: str) -> Any:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(self.policy)
    statements = document.get("Statement", [])
    every = statements if isinstance(statements, list) else [statements]
    kept = [statement for statement in every if not statement.get("Condition")]
    if not kept:
        return PermissionResult.NEUTRAL
    policy = IAMPolicy(json.dumps({"Version": "2012-10-17", "Statement": kept}))
    return policy.is_action_permitted(action, resource)


def _remember_newer_versions(original: Function, self: Any, rules: list[dict[str, Any]]) -> None:
    original(self, rules)
    for made, asked in zip(self.rules, rules, strict=True):
        made.flowops_newer_versions = (asked.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions")


def _show_newer_versions(original: Function, self: Any, answer: Any) -> Any:
    result = answer.result
    if isinstance(result, dict) and "TransitionDefaultMinimumObjectSize" in result:
        for shown, kept in zip(result["Rules"], self.backend.get_bucket(self.bucket_name).rules, strict=True):
            newer = getattr(kept, "flowops_newer_versions", None)
            if newer and "NoncurrentVersionExpiration" in shown:
                shown["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = newer
    return original(self, answer)
