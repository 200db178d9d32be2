from __future__ import annotations

import json

import pytest

from flowops.model.stack_changes import (
    GUARDED_TYPES,
    ChangeAction,
    Replacement,
    ResourceChange,
    Stack,
    StackResource,
    stack_policy,
    unallowed,
)


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


@pytest.mark.parametrize(
    ("status", "physical_id", "exists", "retained"),
    [
        ("CREATE_COMPLETE", "states", True, False),
        ("CREATE_FAILED", "", False, False),
        ("CREATE_FAILED", "states", True, False),
        ("DELETE_FAILED", "states", True, False),
        ("DELETE_SKIPPED", "states", True, True),
        ("DELETE_COMPLETE", "states", False, False),
    ],
)
def test_what_is_left_of_a_stack(status: str, physical_id: str, exists: bool, retained: bool) -> None:
    resource = StackResource("StateBucket", "AWS::S3::Bucket", physical_id, status)
    assert (resource.exists, resource.retained) == (exists, retained)


@pytest.mark.parametrize(
    ("status", "reason", "stuck"),
    [
        ("UPDATE_FAILED", "not found", True),
        ("UPDATE_FAILED", "", True),
        ("UPDATE_FAILED", "Resource update cancelled", False),
        ("UPDATE_COMPLETE", "", False),
    ],
)
def test_only_what_a_rollback_failed_on_is_stuck(status: str, reason: str, stuck: bool) -> None:
    assert StackResource("Role", "AWS::IAM::Role", "Role", status, reason).stuck is stuck


@pytest.mark.parametrize("kind", GUARDED_TYPES)
def test_what_bears_a_name_is_in_the_way_of_its_successor_and_a_key_has_none(kind: str) -> None:
    assert StackResource("It", kind, "it", "DELETE_SKIPPED").blocks_its_successor is (kind != "AWS::KMS::Key")
