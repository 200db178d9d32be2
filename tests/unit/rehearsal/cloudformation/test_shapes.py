from __future__ import annotations

from typing import Any

import pytest

from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.resources.s3_lifecycle import lifecycle_from_api, lifecycle_to_api
from flowops.rehearsal.cloudformation.shapes import DOCUMENT, FLAG, NUMBER, TEXT, ListOf, MapOf, form, typed

FORM = form(
    ("Name",), Name=TEXT, On=FLAG, Count=NUMBER, Policy=DOCUMENT, Rules=ListOf(form(Days=NUMBER)), Tags=MapOf(TEXT)
)


def test_scalars_get_the_type_of_the_api() -> None:
    value = {
        "Name": 12,
        "On": "true",
        "Count": "7",
        "Policy": '{"a": 1}',
        "Rules": [{"Days": "3"}],
        "Tags": {"k": True},
    }

    assert typed(FORM, value) == {
        "Name": "12",
        "On": True,
        "Count": 7,
        "Policy": {"a": 1},
        "Rules": [{"Days": 3}],
        "Tags": {"k": "true"},
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Name": ["x"]}, "#/Name: expected type: Text, found: JSONArray"),
        ({"Name": "x", "On": "yes"}, "#/On: expected type: Flag, found: String"),
        ({"Name": "x", "Count": "many"}, "#/Count: expected type: Number, found: String"),
        ({"Name": "x", "Rules": {"Days": 1}}, "#/Rules: expected type: JSONArray, found: JSONObject"),
        ({"Name": "x", "Rules": [{"Dys": 1}]}, r"#/Rules/0: extraneous key \[Dys\] is not permitted"),
        ({}, r"#: required key \[Name\] not found"),
    ],
)
def test_a_value_that_does_not_fit_is_rejected_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        typed(FORM, value)


def test_lifecycle_rules_survive_the_way_to_the_api_and_back() -> None:
    rule = {
        "Id": "old",
        "Status": "Enabled",
        "Prefix": "state/",
        "ExpiredObjectDeleteMarker": True,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 50},
        "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "TransitionInDays": 30}],
        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 60}],
    }

    sent = lifecycle_to_api({"Rules": [rule]})

    assert sent["Rules"][0] == {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": "state/"},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 50},
        "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "NoncurrentDays": 30}],
        "Transitions": [{"StorageClass": "GLACIER", "Days": 60}],
    }
    assert lifecycle_from_api(sent["Rules"]) == {"Rules": [rule]}
