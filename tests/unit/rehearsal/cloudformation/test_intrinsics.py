from __future__ import annotations

from typing import Any

import pytest

from flowops.rehearsal.cloudformation.conditions import evaluate
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.intrinsics import Unknown, View, has_unknown, resolve
from flowops.rehearsal.cloudformation.stack import Resource, Scope, Status
from flowops.rehearsal.cloudformation.template import Declaration

BUCKET = Resource(
    Declaration("Bucket", "AWS::S3::Bucket", {}), "the-bucket", {}, {"Arn": "arn:the-bucket"}, Status.CREATE_COMPLETE
)
VIEW = View(
    scope=Scope("111111111111", "eu-central-1"),
    stack_name="flowops-security",
    stack_arn="arn:stack",
    parameters={"Project": "flowable", "Ids": ["1", "2"]},
    mappings={"Sizes": {"dev": {"min": 1}}},
    conditions={"Yes": True, "No": False},
    resources={"Bucket": BUCKET, "Later": None},
    exports={"shared": "value"},
)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Project"}, "flowable"),
        ({"Ref": "Ids"}, ["1", "2"]),
        ({"Ref": "Bucket"}, "the-bucket"),
        ({"Ref": "AWS::AccountId"}, "111111111111"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:the-bucket"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:the-bucket"),
        ({"Fn::Sub": "${Project}-${AWS::Region}-${Bucket.Arn}"}, "flowable-eu-central-1-arn:the-bucket"),
        ({"Fn::Sub": "user/${!aws:username}"}, "user/${aws:username}"),
        ({"Fn::Sub": ["${A}/${Project}", {"A": {"Ref": "Bucket"}}]}, "the-bucket/flowable"),
        ({"Fn::Join": [":", ["a", {"Ref": "Project"}]]}, "a:flowable"),
        ({"Fn::Join": [",", {"Ref": "Ids"}]}, "1,2"),
        ({"Fn::If": ["Yes", "a", "b"]}, "a"),
        ({"Fn::Select": ["1", {"Ref": "Ids"}]}, "2"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Sizes", "dev", "min"]}, 1),
        ({"Fn::Base64": "abc"}, "YWJj"),
        ({"Fn::GetAZs": ""}, ["eu-central-1a", "eu-central-1b", "eu-central-1c"]),
        ({"Fn::ToJsonString": {"a": {"Ref": "Project"}}}, '{"a": "flowable"}'),
        ({"Fn::ImportValue": "shared"}, "value"),
        ({"a": {"Fn::If": ["No", "x", {"Ref": "AWS::NoValue"}]}, "b": 1}, {"b": 1}),
        (["x", {"Ref": "AWS::NoValue"}], ["x"]),
    ],
)
def test_each_function_has_its_value(node: Any, value: Any) -> None:
    assert resolve(node, VIEW) == value


@pytest.mark.parametrize(
    "node",
    [
        {"Ref": "Later"},
        {"Fn::GetAtt": ["Later", "Arn"]},
        {"Fn::Sub": "x-${Later}"},
        {"Fn::Join": ["", ["x", {"Ref": "Later"}]]},
        {"Fn::ToJsonString": {"a": [{"Ref": "Later"}]}},
        {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Later"}]}]},
    ],
)
def test_what_hangs_on_a_resource_that_is_not_made_yet_is_unknown(node: Any) -> None:
    value = resolve(node, VIEW)

    assert isinstance(value, Unknown)
    assert has_unknown({"deep": [value]})
    assert value != resolve(node, VIEW)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"Ref": "Nobody"}, r"Unresolved resource dependencies \[Nobody\]"),
        ({"Fn::GetAtt": ["Bucket", "Nope"]}, "resource Bucket does not support attribute type Nope in Fn::GetAtt"),
        ({"Fn::ImportValue": "nobody"}, "No export named nobody found."),
        ({"Fn::FindInMap": ["Sizes", "prod", "min"]}, "Unable to get mapping for Sizes::prod::min"),
        ({"Fn::Select": [5, ["a"]]}, "cannot select nonexistent value at index 5"),
    ],
)
def test_what_leads_nowhere_is_rejected_with_the_words_of_aws(node: Any, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        resolve(node, VIEW)


def test_conditions_build_on_each_other() -> None:
    conditions = {
        "Both": {"Fn::And": [{"Condition": "Ours"}, {"Condition": "NotDev"}]},
        "Either": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Condition": "Ours"}]},
        "Ours": {"Fn::Equals": [{"Ref": "Project"}, "flowable"]},
        "NotDev": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Project"}, "flowable"]}]},
    }

    assert evaluate(conditions, VIEW) == {"Both": False, "Either": True, "Ours": True, "NotDev": False}


def test_a_circle_of_conditions_is_rejected() -> None:
    with pytest.raises(Rejected, match="circular condition dependency"):
        evaluate({"A": {"Condition": "B"}, "B": {"Fn::Not": [{"Condition": "A"}]}}, VIEW)
