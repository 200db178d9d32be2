from __future__ import annotations

import pytest

from flowops.rehearsal.cloudformation.documents import read_document
from flowops.rehearsal.cloudformation.errors import Rejected


def test_short_tags_read_like_the_long_form() -> None:
    body = """
    A: !Ref Name
    B: !GetAtt Bucket.Arn
    C: !Sub "${Name}-x"
    D: !If [Ours, !Ref Name, !Ref "AWS::NoValue"]
    E: !Equals [!Ref Name, x]
    F: !Condition Ours
    """

    assert read_document(body) == {
        "A": {"Ref": "Name"},
        "B": {"Fn::GetAtt": ["Bucket", "Arn"]},
        "C": {"Fn::Sub": "${Name}-x"},
        "D": {"Fn::If": ["Ours", {"Ref": "Name"}, {"Ref": "AWS::NoValue"}]},
        "E": {"Fn::Equals": [{"Ref": "Name"}, "x"]},
        "F": {"Condition": "Ours"},
    }


def test_a_policy_version_stays_text_without_quotes() -> None:
    assert read_document("Version: 2012-10-17") == {"Version": "2012-10-17"}


def test_json_is_read_too() -> None:
    assert read_document('{"A": {"Ref": "B"}}') == {"A": {"Ref": "B"}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("A: [1", "Template format error: YAML not well-formed. (line 1, column 6)"),
        ('{"A": ', "Template format error: JSON not well-formed."),
        ("just text", "Template format error: unsupported structure."),
        ("A: &x 1\nB: *x", "Template error: YAML aliases are not allowed in CloudFormation templates"),
    ],
)
def test_what_is_no_template_is_rejected(body: str, message: str) -> None:
    with pytest.raises(Rejected) as refusal:
        read_document(body)

    assert str(refusal.value).startswith(message)
