"""S3: bucket policies."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from flowops.rehearsal.compat.patching import Function, around


def install() -> None:
    """Leave out policy statements with a condition, which moto applies as if they had none.

    A DenyInsecureTransport statement would deny every object to everybody, the state backend included.
    """
    around(FakeBucket, "get_permission", _unconditional_permission)


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
