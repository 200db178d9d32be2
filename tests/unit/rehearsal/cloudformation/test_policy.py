from __future__ import annotations

import json
from typing import Any

import pytest

from flowops.rehearsal.cloudformation import policy as stack_policy
from flowops.rehearsal.cloudformation.errors import Rejected

ALLOW = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
DENY = {
    "Effect": "Deny",
    "Action": ["Update:Replace", "Update:Delete"],
    "Principal": "*",
    "Resource": ["LogicalResourceId/StateBucket", "LogicalResourceId/*Key"],
}


def refusal(action: str, logical_id: str, *statements: Any, kind: str = "AWS::S3::Bucket") -> str:
    return stack_policy.refusal(json.dumps({"Statement": statements}), action, logical_id, kind)


def test_without_a_policy_everything_is_allowed() -> None:
    assert stack_policy.refusal("", "Update:Delete", "StateBucket", "AWS::S3::Bucket") == ""


def test_a_deny_wins_over_an_allow_and_is_named() -> None:
    assert refusal("Update:Replace", "StateBucket", ALLOW, DENY) == (
        "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] "
        "for resource [LogicalResourceId/StateBucket]"
    )
    assert refusal("Update:Delete", "SecretsKey", ALLOW, DENY)


def test_what_the_deny_does_not_name_stays_allowed() -> None:
    assert refusal("Update:Modify", "StateBucket", ALLOW, DENY) == ""
    assert refusal("Update:Delete", "Topic", ALLOW, DENY) == ""


def test_with_a_policy_nothing_is_allowed_by_default() -> None:
    assert "no statement allows [Update:Modify]" in refusal("Update:Modify", "Topic", DENY)


def test_not_action_and_not_resource_turn_the_match_around() -> None:
    statement = {
        "Effect": "Allow",
        "NotAction": "Update:Delete",
        "Principal": "*",
        "NotResource": "LogicalResourceId/A",
    }

    assert refusal("Update:Modify", "B", statement) == ""
    assert refusal("Update:Delete", "B", statement)
    assert refusal("Update:Modify", "A", statement)


def test_a_condition_limits_a_statement_to_resource_types() -> None:
    deny = {**DENY, "Resource": "*", "Condition": {"StringLike": {"ResourceType": ["AWS::KMS::*"]}}}

    assert refusal("Update:Delete", "A", ALLOW, deny, kind="AWS::KMS::Key")
    assert refusal("Update:Delete", "A", ALLOW, deny) == ""


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"Statement": [{"Effect": "Deny"}]}', json.dumps({"Statement": [{**ALLOW, "Effect": "No"}]})],
)
def test_a_malformed_policy_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match="Error validating stack policy"):
        stack_policy.checked_policy(text)
