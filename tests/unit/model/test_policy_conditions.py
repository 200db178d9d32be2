"""Condition operators as the IAM User Guide tells them ("Condition operators", "Set operators")."""

from __future__ import annotations

import pytest

from flowops.model.policy import (
    InvalidPolicy,
    Policy,
    Principal,
    Request,
    UnknownConditionKey,
    UnknownConditionOperator,
)
from flowops.model.policy.evaluation import evaluate

ROLE = Principal("arn:aws:iam::222222222222:role/flowable/DevOpsAdminRole", "222222222222")


def holds(operator: str, key: str, wanted: object, *given: str) -> bool:
    """Tell whether an Allow with one condition lets a request with these values through."""
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: wanted}}},
    }
    context = {key.lower(): given} if given else {}
    request = Request(ROLE, "s3:GetObject", "*", context)
    return evaluate(request, identity=[Policy.from_document("p", document)]).allowed


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "given", "expected"),
    [
        ("StringEquals", "aws:RequestedRegion", ["eu-central-1", "eu-west-1"], "eu-west-1", True),
        ("StringEquals", "aws:RequestedRegion", "eu-central-1", "EU-central-1", False),
        ("StringEquals", "aws:RequestedRegion", "eu-*", "eu-central-1", False),
        ("StringNotEquals", "aws:RequestedRegion", ["eu-central-1", "eu-west-1"], "eu-west-1", False),
        ("StringNotEquals", "aws:RequestedRegion", ["eu-central-1", "eu-west-1"], "us-east-1", True),
        ("StringEqualsIgnoreCase", "aws:RequestedRegion", "EU-Central-1", "eu-central-1", True),
        ("StringNotEqualsIgnoreCase", "aws:RequestedRegion", "EU-Central-1", "eu-central-1", False),
        ("StringLike", "s3:prefix", ["222222222222/*", "env:/*"], "env:/", True),
        ("StringLike", "s3:prefix", "${aws:PrincipalAccount}/*", "222222222222/dev", True),
        ("StringLike", "s3:prefix", "${aws:PrincipalAccount}/*", "333333333333/prod", False),
        ("StringNotLike", "s3:prefix", "env:/*", "222222222222/dev", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::222222222222:role/flowable/*", ROLE.arn, True),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/flowable/DevOps?dminRole", ROLE.arn, True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*/DevOpsAdminRole", ROLE.arn, False),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::222222222222:role/BreakGlass", ROLE.arn, True),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::222222222222:role/flowable/*", ROLE.arn, False),
        ("Bool", "aws:MultiFactorAuthPresent", "true", "true", True),
        ("Bool", "aws:MultiFactorAuthPresent", True, "false", False),
        ("Bool", "aws:SecureTransport", "False", "false", True),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "43200", "43199", True),
        ("NumericLessThan", "aws:MultiFactorAuthAge", 43200, "43200", False),
        ("NumericLessThanEquals", "aws:MultiFactorAuthAge", "43200", "43200", True),
        ("NumericLessThan", "s3:TlsVersion", 1.2, "1.1", True),
        ("NumericGreaterThan", "s3:max-keys", "10", "9", False),
        ("NumericGreaterThanEquals", "s3:max-keys", "10", "10", True),
        ("NumericEquals", "s3:max-keys", "10", "10.0", True),
        ("NumericNotEquals", "s3:max-keys", "10", "11", True),
        ("NumericLessThan", "s3:max-keys", "10", "few", False),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", "2026-11-23T12:00:00Z", True),
        ("DateLessThan", "aws:CurrentTime", "2026-01-01", "2026-11-23T12:00:00Z", False),
        ("DateLessThanEquals", "aws:EpochTime", "1767225600", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThanEquals", "aws:CurrentTime", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", False),
        ("DateEquals", "aws:CurrentTime", "2026-01-01T00:00:00Z", "1767225600", True),
        ("DateNotEquals", "aws:CurrentTime", "2026-01-01T00:00:00Z", "1767225600", False),
        ("DateEquals", "aws:CurrentTime", "2026-01-01T00:00:00Z", "yesterday", False),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "127.0.0.1"], "127.0.0.1", True),
        ("IpAddress", "aws:SourceIp", "2001:db8::/32", "2001:db8::1", True),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", "unknown", False),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "10.1.2.3", False),
        ("BinaryEquals", "kms:EncryptionContext:k", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "kms:EncryptionContext:k", "QmluYXJ5", "not base64", False),
        ("Null", "aws:PrincipalTag/team", "false", "a", True),
        ("Null", "aws:PrincipalTag/team", "true", "a", False),
    ],
)
def test_an_operator_compares_as_documented(
    operator: str, key: str, wanted: object, given: str, expected: bool
) -> None:
    assert holds(operator, key, wanted, given) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringLike", False),
        ("ArnLike", False),
        ("Bool", False),
        ("NumericLessThan", False),
        ("DateLessThan", False),
        ("IpAddress", False),
        ("BinaryEquals", False),
        ("StringNotEquals", True),
        ("StringNotEqualsIgnoreCase", True),
        ("StringNotLike", True),
        ("ArnNotLike", True),
        ("ArnNotEquals", True),
        ("NumericNotEquals", True),
        ("DateNotEquals", True),
        ("NotIpAddress", True),
        ("StringEqualsIfExists", True),
        ("BoolIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_key_that_the_request_does_not_carry(operator: str, expected: bool) -> None:
    assert holds(operator, "aws:PrincipalTag/team", "1") is expected


def test_if_exists_compares_a_key_that_is_there() -> None:
    assert not holds("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1", "o-2")
    assert holds("StringNotEqualsIfExists", "s3:x-amz-server-side-encryption", "aws:kms", "AES256")


@pytest.mark.parametrize(
    ("operator", "given", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("c", "a"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("c", "a"), False),
        ("ForAnyValue:StringNotEquals", ("c", "a"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
    ],
)
def test_set_operators_look_at_every_value(operator: str, given: tuple[str, ...], expected: bool) -> None:
    assert holds(operator, "aws:TagKeys", ["a", "b"], *given) is expected


def test_keys_are_compared_without_case_and_all_must_hold() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"AWS:requestedREGION": "eu-central-1", "aws:PrincipalOrgID": "o-1"}},
        },
    }
    policy = Policy.from_document("p", document)
    context = {"aws:requestedregion": ("eu-central-1",)}
    assert not evaluate(Request(ROLE, "s3:x", "*", context), identity=[policy]).allowed
    context["aws:principalorgid"] = ("o-1",)
    assert evaluate(Request(ROLE, "s3:x", "*", context), identity=[policy]).allowed


@pytest.mark.parametrize(
    "key",
    [
        "aws:PrincipalTag/team",
        "kms:EncryptionContext:aws:s3:arn",
        "s3:ExistingObjectTag/a",
        "ec2:ResourceTag/Name",
        "iam:PassedToService",
        "oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub",
        "token.actions.githubusercontent.com:aud",
    ],
)
def test_documented_keys_are_known(key: str) -> None:
    assert holds("StringLike", key, "*", "x")


@pytest.mark.parametrize("key", ["aws:MultiFactorAuthPresnt", "aws:PrincipalTag/", "oidc.example.com:subject", "team"])
def test_an_unknown_key_is_an_error_that_names_it(key: str) -> None:
    with pytest.raises(UnknownConditionKey, match=key):
        holds("StringEquals", key, "x", "x")


def test_the_nearest_key_is_offered() -> None:
    with pytest.raises(UnknownConditionKey, match="did you mean 'aws:multifactorauthpresent'"):
        holds("Bool", "aws:MultiFactorAuthPresnt", "true")


@pytest.mark.parametrize("operator", ["StringEqual", "NullIfExists", "ForAll:StringEquals", "stringequals"])
def test_an_unknown_operator_is_an_error_that_names_it(operator: str) -> None:
    with pytest.raises(UnknownConditionOperator, match=operator):
        holds(operator, "aws:PrincipalOrgID", "x", "x")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not a mapping"),
        ({"Version": "2012-10-17"}, "no Statement"),
        ({"Version": "2022-10-17", "Statement": []}, "Version '2022-10-17' does not exist"),
        ({"Statement": {"Effect": "allow", "Action": "*"}}, "Effect is 'allow'"),
        ({"Statement": {"Effect": "Allow"}}, "neither Action nor NotAction"),
        ({"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*"}}, "both Action and NotAction"),
        ({"Statement": {"Effect": "Allow", "Action": [1]}}, "neither text nor a list"),
        ({"Statement": {"Effect": "Allow", "Action": "*", "Resources": "*"}}, "element 'Resources' is unknown"),
        ({"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"Aws": "*"}}}, "principal kind 'Aws'"),
        ({"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": "x"}}}, "no mapping of keys"),
        ({"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Null": {"aws:userid": []}}}}, "no value"),
        ({"Statement": ["x"]}, "statement 0 is not a mapping"),
    ],
)
def test_a_broken_document_is_refused_with_its_name(document: object, problem: str) -> None:
    with pytest.raises(InvalidPolicy, match="access policy") as refused:
        Policy.from_document("access policy", document)  # type: ignore[arg-type]
    assert problem in str(refused.value)
