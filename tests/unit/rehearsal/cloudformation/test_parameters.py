from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.parameters import Parameter, values


def given(**pairs: str) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in pairs.items()]


def declared(**nodes: Mapping[str, Any]) -> dict[str, Parameter]:
    return {name: Parameter.declared(name, node) for name, node in nodes.items()}


def test_a_given_value_wins_over_the_default_and_an_empty_one_is_a_value() -> None:
    parameters = declared(A={"Type": "String", "Default": "a"}, B={"Type": "String", "Default": "b"})

    assert values(parameters, given(A=""), {}) == {"A": "", "B": "b"}


def test_the_previous_value_is_used_only_when_asked_for() -> None:
    parameters = declared(A={"Type": "String", "Default": "a"}, B={"Type": "String", "Default": "b"})
    asked = [{"ParameterKey": "A", "UsePreviousValue": True}]

    assert values(parameters, asked, {"A": "before", "B": "before"}) == {"A": "before", "B": "b"}


def test_missing_and_unknown_parameters_are_named() -> None:
    parameters = declared(A={"Type": "String"}, B={"Type": "String"})

    with pytest.raises(Rejected, match=r"^Parameters: \[A, B\] must have values$"):
        values(parameters, [], {})
    with pytest.raises(Rejected, match=r"^Parameters: \[C\] do not exist in the template$"):
        values(parameters, given(C="c"), {})


@pytest.mark.parametrize(
    ("node", "value", "message"),
    [
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "Parameter 'P' must be one of AllowedValues"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "a1", "Parameter 'P' must match pattern [a-z]+"),
        (
            {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "lower-case letters"},
            "A",
            "Parameter P failed to satisfy constraint: lower-case letters",
        ),
        ({"Type": "String", "MinLength": 20}, "x" * 19, "Parameter 'P' must contain at least 20 characters"),
        ({"Type": "String", "MaxLength": "3"}, "abcd", "Parameter 'P' must contain at most 3 characters"),
        ({"Type": "Number"}, "many", "Parameter 'P' must be a number"),
        ({"Type": "Number", "MinValue": 3}, "2", "Parameter 'P' must be a number not less than 3"),
        ({"Type": "Number", "MaxValue": 3}, "4", "Parameter 'P' must be a number not greater than 3"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "[0-9]{12}"}, "1" * 12 + ",2", "must match pattern"),
    ],
)
def test_a_value_outside_its_limits_is_rejected(node: Mapping[str, Any], value: str, message: str) -> None:
    with pytest.raises(Rejected) as refusal:
        values(declared(P=node), given(P=value), {})

    assert message in str(refusal.value)


def test_a_pattern_is_matched_as_a_whole_and_per_item_of_a_list() -> None:
    parameters = declared(Ids={"Type": "CommaDelimitedList", "AllowedPattern": "^[0-9]{2}$"})

    chosen = values(parameters, given(Ids="11, 22"), {})

    assert parameters["Ids"].typed(chosen["Ids"]) == ["11", "22"]


def test_a_secret_parameter_is_shown_masked() -> None:
    hidden = Parameter.declared("P", {"Type": "String", "NoEcho": "true"})

    assert hidden.shown("secret") == "****"


@pytest.mark.parametrize("node", [{"Type": "AWS::EC2::VPC::Id"}, {"Type": "String", "Pattern": "x"}, {}])
def test_a_declaration_that_is_not_understood_is_rejected(node: Mapping[str, Any]) -> None:
    with pytest.raises(Rejected):
        Parameter.declared("P", node)
