"""KMS: keys by ARN, id or alias.

Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service": an alias is a
resource of its own, and calls that change one need the permission on alias and key.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowops.model.authorization.call import Call, Need
from flowops.model.authorization.companions import actions_of
from flowops.model.authorization.history import History


def needs_of(call: Call, history: History) -> Iterator[Need]:
    """Yield the permission of a KMS call on each of its resources."""
    for action in actions_of(call):
        for resource in _resources(call, history):
            yield Need(action, resource)


def _resources(call: Call, history: History) -> list[str]:
    alias, target = call.text("AliasName"), call.text("TargetKeyId")
    if alias:
        arn = call.arn("kms", alias)
        key = history.key_arn(call, target or alias)
        return [arn, key] if key != arn else [arn]
    keys = call.texts("KeyId", "SourceKeyId", "DestinationKeyId")
    return [history.key_arn(call, key) for key in keys] or ["*"]
