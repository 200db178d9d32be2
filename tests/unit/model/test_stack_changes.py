from __future__ import annotations

import json

import pytest

from flowops.model.stack_changes import (
    GUARDED_TYPES,
    ChangeAction,
    Replacement,
    ResourceChange,
    Stack,
    Standing,
    stack_policy,
    standing,
    standing_of,
    unallowed,
)

# Every stack status of the CloudFormation API Reference (Stack, StackStatus).
STATUSES = {
    Standing.BUSY: (
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_IN_PROGRESS",
        "IMPORT_ROLLBACK_IN_PROGRESS",
    ),
    Standing.STABLE: (
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    ),
    Standing.NEVER_MADE: ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"),
    Standing.ABSENT: ("DELETE_COMPLETE",),
    Standing.BROKEN: (
        "CREATE_FAILED",
        "ROLLBACK_FAILED",
        "DELETE_FAILED",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_FAILED",
        "IMPORT_ROLLBACK_FAILED",
    ),
}


def test_all_23_statuses_of_cloudformation_have_their_standing() -> None:
    assert sum(map(len, STATUSES.values())) == 23
    for expected, statuses in STATUSES.items():
        assert {standing_of(it) for it in statuses} == {expected}
    assert standing(None) is Standing.ABSENT


@pytest.mark.parametrize("kind", GUARDED_TYPES)
def test_losing_a_guarded_resource_is_refused_unless_it_is_named(kind: str) -> None:
    changes = (
        ResourceChange(ChangeAction.REMOVE, "Removed", kind),
        ResourceChange(ChangeAction.MODIFY, "Replaced", kind, Replacement.ALWAYS),
        ResourceChange(ChangeAction.MODIFY, "Perhaps", kind, Replacement.CONDITIONAL),
        ResourceChange(ChangeAction.DYNAMIC, "Dynamic", kind),
        ResourceChange(ChangeAction.MODIFY, "Changed", kind),
        ResourceChange(ChangeAction.ADD, "Added", kind),
        ResourceChange(ChangeAction.IMPORT, "Imported", kind),
    )
    assert [it.logical_id for it in unallowed(changes, ())] == ["Removed", "Replaced", "Perhaps", "Dynamic"]
    assert [it.logical_id for it in unallowed(changes, ("Replaced", "Added"))] == ["Removed", "Perhaps", "Dynamic"]


def test_what_is_not_guarded_may_go() -> None:
    assert unallowed((ResourceChange(ChangeAction.REMOVE, "Policy", "AWS::S3::BucketPolicy"),), ()) == ()


def test_the_stack_policy_denies_losing_guarded_types() -> None:
    allow, deny = json.loads(stack_policy())["Statement"]
    assert allow == {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    assert deny == {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"ResourceType": list(GUARDED_TYPES)}},
    }


def test_a_lifted_stack_policy_spares_the_named_resources_only() -> None:
    deny = json.loads(stack_policy({"B", "A"}))["Statement"][1]
    assert deny["NotResource"] == ["LogicalResourceId/A", "LogicalResourceId/B"]
    assert "Resource" not in deny


@pytest.mark.parametrize(
    ("protected", "policy", "secured"),
    [
        (True, stack_policy(), True),
        (True, json.dumps(json.loads(stack_policy()), indent=4), True),
        (False, stack_policy(), False),
        (True, stack_policy({"StateBucket"}), False),
        (True, "", False),
        (True, "not JSON", False),
    ],
)
def test_a_stack_is_secured_by_protection_and_the_whole_policy(protected: bool, policy: str, secured: bool) -> None:
    assert Stack("s", "CREATE_COMPLETE", protected=protected, policy=policy).secured is secured
