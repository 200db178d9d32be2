"""NoEcho values are shown nowhere, and drift is found where it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowops.rehearsal.cloudformation.drift import differences
from flowops.rehearsal.cloudformation.errors import Rejected
from tests.unit.rehearsal.cloudformation.world import Cloud, template

CANARY = "c4n4ry-value"
HIDDEN = template(
    parameters={"Password": {"Type": "String", "NoEcho": True}},
    A={"Value": {"Ref": "Password"}, "Rules": {"deep": [{"Fn::Sub": "x-${Password}"}]}},
)
GIVEN = [{"ParameterKey": "Password", "ParameterValue": CANARY}]


def everything(cloud: Cloud, stack: str) -> str:
    """Return all that the API says about a stack."""
    reads = (
        "describe_stacks",
        "describe_stack_events",
        "describe_stack_resources",
        "list_stack_resources",
        "get_template",
        "get_template_summary",
        "describe_stack_resource_drifts",
        "list_change_sets",
    )
    return json.dumps([cloud.ask(read, StackName=stack) for read in reads], default=str)


def detect(cloud: Cloud, stack: str) -> Any:
    detection = cloud.ask("detect_stack_drift", StackName=stack)
    cloud.settle()
    return cloud.ask("describe_stack_drift_detection_status", **detection)


def test_a_secret_value_reaches_its_resource_and_no_answer() -> None:
    cloud = Cloud()
    proposed = cloud.change_set("s", "c", HIDDEN, ChangeSetType="CREATE", Parameters=GIVEN)
    assert proposed["Parameters"] == [{"ParameterKey": "Password", "ParameterValue": "****"}]
    assert CANARY not in json.dumps(proposed, default=str)
    cloud.ask("execute_change_set", StackName="s", ChangeSetName="c")
    cloud.settle()
    cloud.world.things["A#1"]["Rules"] = {"deep": ["other"]}
    detect(cloud, "s")

    assert cloud.world.things["A#1"]["Value"] == CANARY
    assert "x-****" in everything(cloud, "s")
    assert CANARY not in everything(cloud, "s")


@pytest.mark.parametrize("verb", ["create", "update"])
def test_a_secret_value_in_a_reason_is_masked(verb: str) -> None:
    cloud = Cloud()
    if verb == "update":
        cloud.create("s", template(A={}))
    body = {
        **HIDDEN,
        "Resources": {**template(A={})["Resources"], **template(B={"Name": {"Ref": "Password"}})["Resources"]},
    }
    cloud.world.refusals.add(f"create {CANARY}")

    getattr(cloud, verb)("s", body, Parameters=GIVEN)

    failed = cloud.reason("s", "B", "CREATE_FAILED")
    assert failed.startswith("the world refuses to create ****")
    assert CANARY not in everything(cloud, "s")


def test_the_template_s_secret_defaults_are_not_summarised() -> None:
    cloud = Cloud()
    body = template(parameters={"P": {"Type": "String", "NoEcho": True, "Default": CANARY}}, A={})

    assert CANARY not in json.dumps(cloud.ask("validate_template", TemplateBody=json.dumps(body)))
    assert CANARY not in json.dumps(cloud.ask("get_template_summary", TemplateBody=json.dumps(body)))


def test_a_stack_that_nobody_touched_is_in_sync() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}, B={"Values": ["1", "2"]}))
    cloud.world.things["B#2"]["Values"] = ["2", "1"]

    found = detect(cloud, "s")

    assert (found["DetectionStatus"], found["StackDriftStatus"]) == ("DETECTION_COMPLETE", "IN_SYNC")
    assert found["DriftedStackResourceCount"] == 0


def test_changed_and_removed_resources_are_told_apart() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1", "Rules": {"a": {"b": 1}}}, B={}))
    cloud.world.things["A#1"] = {"Value": "1", "Rules": {"a": {"b": 2}}}
    del cloud.world.things["B#2"]

    found = detect(cloud, "s")

    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("DRIFTED", 2)
    assert cloud.stack("s")["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
    drifts = cloud.ask("describe_stack_resource_drifts", StackName="s")["StackResourceDrifts"]
    assert {drift["LogicalResourceId"]: drift["StackResourceDriftStatus"] for drift in drifts} == {
        "A": "MODIFIED",
        "B": "DELETED",
    }
    assert drifts[0]["PropertyDifferences"] == [
        {"PropertyPath": "/Rules/a/b", "ExpectedValue": "1", "ActualValue": "2", "DifferenceType": "NOT_EQUAL"}
    ]
    filtered = cloud.ask("describe_stack_resource_drifts", StackName="s", StackResourceDriftStatusFilters=["DELETED"])
    assert [drift["LogicalResourceId"] for drift in filtered["StackResourceDrifts"]] == ["B"]


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": True}, {"a": "true"}, []),
        ({"a": ""}, {}, []),
        ({"a": False}, {}, []),
        (["x", "y"], ["y", "x"], []),
        ({"a": 1}, {}, [("/P/a", "REMOVE")]),
        ({}, {"a": 1}, [("/P/a", "ADD")]),
        ([{"a": 1}], [{"a": 2}], [("/P/0/a", "NOT_EQUAL")]),
        ([{"a": 1}], [{"a": 1}, {"a": 2}], [("/P", "NOT_EQUAL")]),
    ],
)
def test_equal_meanings_are_no_drift(expected: Any, actual: Any, found: list[tuple[str, str]]) -> None:
    seen = [(each["PropertyPath"], each["DifferenceType"]) for each in differences("/P", expected, actual)]

    assert seen == found


def test_a_stack_that_is_not_finished_cannot_be_looked_at() -> None:
    cloud = Cloud()
    cloud.change_set("s", "c", template(A={}), ChangeSetType="CREATE")

    with pytest.raises(Rejected, match="in REVIEW_IN_PROGRESS state"):
        cloud.ask("detect_stack_drift", StackName="s")


def test_a_detection_that_cannot_read_has_failed() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={}))
    cloud.world.refusals.add("read A")

    found = detect(cloud, "s")

    assert found["DetectionStatus"] == "DETECTION_FAILED"
    assert "StackDriftStatus" not in found
