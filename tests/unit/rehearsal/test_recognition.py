"""Requests as SDKs send them, recognised by the API descriptions."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest

from flowops.rehearsal.masking import MASK
from flowops.rehearsal.recognition import Operation, Signature, reads_only, recognise


def request(
    service: str, path: str = "/", *, method: str = "POST", body: bytes = b"", **headers: str
) -> dict[str, Any]:
    path, _, query = path.partition("?")
    signed = f"AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-central-1/{service}/aws4_request, SignedHeaders=host"
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "RAW_URI": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": signed,
        **{name.upper(): value for name, value in headers.items()},
    }


def recognised(environ: dict[str, Any]) -> Operation:
    return recognise(environ, Signature.of(environ), environ["wsgi.input"].read())


def form(**fields: str) -> dict[str, Any]:
    return {"body": urlencode(fields).encode(), "content_type": "application/x-www-form-urlencoded"}


def document(target: str, **fields: Any) -> dict[str, Any]:
    return {
        "body": json.dumps(fields).encode(),
        "content_type": "application/x-amz-json-1.1",
        "http_x_amz_target": target,
    }


def test_a_signature_names_key_region_and_service() -> None:
    assert Signature.of(request("eks")) == Signature("AKIA", "eu-central-1", "eks")


def test_a_url_signed_in_its_query_names_them_too() -> None:
    environ = request("sts", "/?X-Amz-Credential=ASIA%2F20261123%2Fus-east-1%2Fsts%2Faws4_request")
    del environ["HTTP_AUTHORIZATION"]
    assert Signature.of(environ) == Signature("ASIA", "us-east-1", "sts")


def test_an_unsigned_request_names_nobody() -> None:
    environ = request("s3", "/bucket/key")
    del environ["HTTP_AUTHORIZATION"]
    assert Signature.of(environ) == Signature()


def test_a_query_call_is_read_into_lists_and_structures() -> None:
    fields = {"Filter.1.Name": "vpc-id", "Filter.1.Value.1": "vpc-1", "Filter.1.Value.2": "vpc-2"}
    found = recognised(request("ec2", **form(Action="DescribeSubnets", Version="2016-11-15", **fields)))
    assert found.action == "ec2:DescribeSubnets"
    assert found.parameters == {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}]}


@pytest.mark.parametrize(
    ("version", "expected"), [("2015-12-01", {"PageSize": 5}), ("2012-06-01", {"LoadBalancerNames": ["a"]})]
)
def test_of_two_descriptions_the_one_of_the_requests_version_is_taken(version: str, expected: dict[str, Any]) -> None:
    fields = {"PageSize": "5"} if "PageSize" in expected else {"LoadBalancerNames.member.1": "a"}
    call = form(Action="DescribeLoadBalancers", Version=version, **fields)
    found = recognised(request("elasticloadbalancing", **call))
    assert (found.action, found.parameters) == ("elasticloadbalancing:DescribeLoadBalancers", expected)


def test_a_json_call_is_read_and_its_secret_is_not() -> None:
    call = document("secretsmanager.CreateSecret", Name="/flowable/x", SecretString="hush", ClientRequestToken="t")
    found = recognised(request("secretsmanager", **call))
    assert found.parameters == {"Name": "/flowable/x", "SecretString": MASK, "ClientRequestToken": "t"}


def test_a_compressed_call_is_read_like_any_other() -> None:
    call = document("AmazonSSM.GetParameter", Name="/flowable/x")
    found = recognised(request("ssm", **{**call, "body": gzip.compress(call["body"])}, http_content_encoding="gzip"))
    assert found.parameters == {"Name": "/flowable/x"}


def test_an_arn_in_a_path_stays_whole() -> None:
    arn = "arn:aws:iam::222222222222:role/flowable/DevOpsAdminRole"
    path = "/clusters/flw/access-entries/" + arn.replace("/", "%2F").replace(":", "%3A")
    found = recognised(request("eks", path, method="GET"))
    assert found.action == "eks:DescribeAccessEntry"
    assert found.parameters == {"clusterName": "flw", "principalArn": arn}


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/bucket?list-type=2&prefix=a/", "s3:ListObjectsV2"),
        ("HEAD", "/bucket/key", "s3:HeadObject"),
        ("PUT", "/bucket?policy", "s3:PutBucketPolicy"),
        ("PUT", "/bucket/folder/key", "s3:PutObject"),
        ("GET", "/v20180820/configuration/publicAccessBlock", "s3:GetPublicAccessBlock"),
        ("GET", "/bucket?publicAccessBlock", "s3:GetPublicAccessBlock"),
    ],
)
def test_s3_calls_are_told_by_method_path_and_query(method: str, path: str, action: str) -> None:
    environ = request("s3", path, method=method, http_x_amz_account_id="222222222222")
    assert recognised(environ).action == action


def test_cloudwatch_and_tagging_are_called_as_policies_call_them() -> None:
    assert recognised(request("tagging", **document("ResourceGroupsTaggingAPI_20170126.GetTagKeys"))).prefix == "tag"
    metrics = recognised(request("monitoring", **form(Action="DescribeAlarms", Version="2010-08-01")))
    assert metrics.action == "cloudwatch:DescribeAlarms"


def test_what_no_description_has_keeps_the_name_it_gives_itself() -> None:
    assert recognised(request("nonesuch", **document("Nonesuch.DoThings"))).action == "nonesuch:DoThings"
    assert recognised(request("nonesuch", "/things", method="GET")).action == "nonesuch:Unknown"


def test_parameters_of_a_broken_body_are_left_out() -> None:
    found = recognised(request("ssm", **{**document("AmazonSSM.GetParameter"), "body": b"{"}))
    assert (found.action, found.parameters) == ("ssm:GetParameter", {})


@pytest.mark.parametrize("action", ["ec2:DescribeVpcs", "s3:HeadObject", "eks:ListClusters", "sts:GetCallerIdentity"])
def test_reads_leave_the_state_as_it_is(action: str) -> None:
    assert reads_only(action)


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:GetSessionToken", "ecr:BatchDeleteImage", "eks:TagResource"])
def test_whatever_makes_or_changes_something_is_no_read(action: str) -> None:
    assert not reads_only(action)
