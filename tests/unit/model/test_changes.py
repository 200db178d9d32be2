"""Plan JSON as terraform 1.11 prints it."""

from __future__ import annotations

from typing import Any

import pytest

from flowops.model.changes import Action, plan_from_json
from tests.fakes import tree

UNIT = tree.unit("foundation/eks")


def document(*actions: str, **more: Any) -> dict[str, Any]:
    change = {"address": "aws_eks_cluster.this", "type": "aws_eks_cluster", "change": {"actions": list(actions)}}
    return {"format_version": "1.2", "resource_changes": [change], **more}


@pytest.mark.parametrize(
    ("actions", "action", "stateful"),
    [
        (("create",), Action.CREATE, False),
        (("update",), Action.UPDATE, False),
        (("delete",), Action.DELETE, True),
        (("delete", "create"), Action.REPLACE, True),
        (("create", "delete"), Action.REPLACE, True),
        (("forget",), Action.FORGET, False),
        (("no-op",), Action.NONE, False),
    ],
)
def test_each_action_is_told_apart(actions: tuple[str, ...], action: Action, stateful: bool) -> None:
    (change,) = plan_from_json(UNIT, document(*actions)).changes
    assert (change.action, change.stateful) == (action, stateful)


def test_reading_a_data_source_is_no_change() -> None:
    assert plan_from_json(UNIT, document("read")).empty


def test_a_changed_output_alone_makes_a_plan_that_is_not_empty() -> None:
    outputs = {"endpoint": {"actions": ["update"]}, "name": {"actions": ["no-op"]}}
    plan = plan_from_json(UNIT, document("no-op", output_changes=outputs))
    assert plan.changed_outputs == ("endpoint",)
    assert not plan.empty


def test_a_mock_anywhere_in_the_inputs_is_seen() -> None:
    variables = {"subnets": {"value": ["subnet-1", {"deep": "vpc-mock-0"}]}}
    assert plan_from_json(UNIT, document("create", variables=variables)).mocked
    assert not plan_from_json(UNIT, document("create", variables={"name": {"value": "mockingbird"}})).mocked


def test_addresses_are_printed_in_the_form_that_flags_take() -> None:
    plan = plan_from_json(UNIT, document("delete"))
    assert plan.address(plan.changes[0]) == "foundation/eks//aws_eks_cluster.this"


def test_an_errored_plan_says_so() -> None:
    assert plan_from_json(UNIT, document("create", errored=True)).errored


def test_an_action_that_nobody_knows_makes_the_plan_unreadable() -> None:
    with pytest.raises(ValueError, match="unknown actions"):
        plan_from_json(UNIT, document("create", "forget"))


def test_what_is_only_imported_has_to_be_applied() -> None:
    change = {"actions": ["no-op"], "importing": {"id": "vpc-1"}}
    resource = {"address": "aws_vpc.this", "type": "aws_vpc", "change": change}
    plan = plan_from_json(UNIT, {"resource_changes": [resource]})
    assert not plan.empty
    assert [it.action for it in plan.resource_changes] == [Action.IMPORT]
