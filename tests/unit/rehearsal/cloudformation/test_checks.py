from __future__ import annotations

from typing import Any

import pytest

from flowops.rehearsal.cloudformation import resources
from flowops.rehearsal.cloudformation.checks import check, check_capabilities, needed_capabilities
from flowops.rehearsal.cloudformation.errors import InsufficientCapabilities, Rejected
from flowops.rehearsal.cloudformation.template import Template, parse
from tests.unit.rehearsal.cloudformation.world import ROLE, TYPES, template, text, thing


def parsed(body: Any) -> Template:
    made = parse(text(body))
    check(made, TYPES)
    return made


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Resources": {}}, "At least one Resources member must be defined."),
        ({"Resources": {"A": {"Properties": {}}}}, "Every Resources object must contain a Type member."),
        ({"Resorces": {}, **template(A={})}, r"Invalid template property or properties \[Resorces\]"),
        ({"Transform": "x", **template(A={})}, r"does not know the sections \[Transform\]"),
        (template(A=thing(DependOn="B")), "Invalid template resource property 'DependOn'"),
        (template(A=thing(DeletionPolicy="Keep")), "Unrecognized DeletionPolicy Keep for resource A"),
        (template(A={"Type": "AWS::No::Such"}), r"Unrecognized resource types: \[AWS::No::Such\]"),
        (template(A={"Nmae": "x"}), r"for resource A .* extraneous key \[Nmae\] is not permitted"),
        (template(A={"Inner": {"Depe": 1}}), r"#/Inner: extraneous key \[Depe\] is not permitted"),
        (template(A={"Value": {"Ref": "B"}}), r"Unresolved resource dependencies \[B\] in the Resources block"),
        (template(A={"Value": {"Fn::Sub": "${B.Arn}"}}), r"Unresolved resource dependencies \[B\]"),
        (template(A={"Value": {"Fn::Sub": "${B}-${A1}"}}, A1={}), r"Unresolved resource dependencies \[B\]"),
        (template(A=thing(DependsOn=["B"])), r"Unresolved resource dependencies \[B\]"),
        (template(A={"Value": {"Fn::GetAtt": ["B", "Size"]}}, B={}), "does not support attribute type Size"),
        (template(A={}, outputs={"O": {"Value": {"Ref": "B"}}}), r"\[B\] in the Outputs block"),
        (template(A=thing(Condition="No")), r"Unresolved condition dependencies \[No\]"),
        (template(A={"Value": {"Fn::If": ["No", 1, 2]}}), r"Unresolved condition dependencies \[No\]"),
        (template(A={}, outputs={"O": {}}), "Output O is malformed"),
    ],
)
def test_a_template_that_cannot_work_is_rejected(body: Any, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        parsed(body)


def test_property_names_are_checked_in_both_branches_of_an_if() -> None:
    node = {"Inner": {"Fn::If": ["C", {"Deep": "x"}, {"Shallow": "x"}]}}

    with pytest.raises(Rejected, match=r"#/Inner: extraneous key \[Shallow\]"):
        parsed(template(A=node, conditions={"C": {"Fn::Equals": ["a", "a"]}}))


def test_variables_of_a_sub_are_no_references() -> None:
    assert parsed(template(A={"Value": {"Fn::Sub": ["${Own}-${AWS::Region}", {"Own": "x"}]}})).resources.keys() == {"A"}


def test_a_missing_required_property_is_named() -> None:
    body = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {}}}}

    with pytest.raises(Rejected, match=r"required key \[AssumeRolePolicyDocument\] not found"):
        check(parse(text(body)), resources.TYPES)


@pytest.mark.parametrize(
    ("properties", "needed"), [({}, ("CAPABILITY_IAM",)), ({"Name": "x"}, ("CAPABILITY_NAMED_IAM",))]
)
def test_a_name_of_its_own_needs_the_stronger_capability(properties: Any, needed: tuple[str, ...]) -> None:
    made = parsed(template(A={"Type": ROLE, "Properties": properties}, B={"Name": "y"}))

    assert needed_capabilities(made, TYPES) == needed


def test_the_capability_that_is_missing_is_named() -> None:
    named = parsed(template(A={"Type": ROLE, "Properties": {"Name": "x"}}))

    with pytest.raises(InsufficientCapabilities, match=r"^Requires capabilities : \[CAPABILITY_NAMED_IAM\]$"):
        check_capabilities(named, TYPES, ["CAPABILITY_IAM"])
    check_capabilities(named, TYPES, ["CAPABILITY_NAMED_IAM"])
