"""The names that a call is remembered by: those of its request and its answer, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

from flowops.rehearsal.recognition import Operation
from flowops.rehearsal.touched import touched

GROUP, VPC = "sg-0a1b2c3d4e5f60718", "vpc-0a1b2c3d4e5f60718"
CREATED = (
    '<CreateSecurityGroupResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
    f"<requestId>1</requestId><groupId>{GROUP}</groupId></CreateSecurityGroupResponse>"
)
KEY = (
    "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><UserName>ann</UserName>"
    "<AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>correct-horse</SecretAccessKey>"
    "</AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>"
)
TOPIC = "arn:aws:sns:eu-central-1:222222222222:alarms"


def operation(service: str, name: str, protocol: str, prefix: str = "", **parameters: Any) -> Operation:
    model = get_service_model(service).operation_model(name)
    return Operation(prefix or service, name, parameters, protocol, model)


@pytest.mark.parametrize(
    ("called", "answer", "names"),
    [
        (
            operation("ec2", "CreateSecurityGroup", "ec2", VpcId=VPC, GroupName="web"),
            CREATED,
            {VPC: "AWS::EC2::VPC", GROUP: "AWS::EC2::SecurityGroup"},
        ),
        (
            operation("ec2", "CreateTags", "ec2", Resources=[GROUP], Tags=[{"Key": "Name", "Value": "sg-by-hand"}]),
            "<CreateTagsResponse/>",
            {GROUP: "AWS::EC2::SecurityGroup"},
        ),
        (operation("iam", "CreateAccessKey", "query", UserName="ann"), KEY, {"ann": "AWS::IAM::User"}),
        (
            operation("eks", "UpdateNodegroupConfig", "rest-json", clusterName="dev", nodegroupName="blue"),
            "{}",
            {"dev": "AWS::EKS::Cluster", "blue": "AWS::EKS::Nodegroup"},
        ),
        (
            operation("kms", "CreateKey", "json"),
            json.dumps({"KeyMetadata": {"KeyId": "1a2b", "Arn": "arn:aws:kms:eu-central-1:222222222222:key/1a2b"}}),
            {"1a2b": "AWS::KMS::Key", "arn:aws:kms:eu-central-1:222222222222:key/1a2b": "AWS::KMS::Key"},
        ),
        (
            operation("resourcegroupstaggingapi", "TagResources", "json", "tag", ResourceARNList=[TOPIC]),
            "{}",
            {TOPIC: "AWS::Tag::Resource"},
        ),
        (operation("sns", "TagResource", "query", ResourceArn=TOPIC), "<x/>", {TOPIC: "AWS::SNS::Topic"}),
        (operation("s3", "DeleteBucket", "rest-xml", Bucket="files"), "", {"files": "AWS::S3::Bucket"}),
    ],
    ids=lambda it: it.action if isinstance(it, Operation) else "",
)
def test_a_call_is_about_what_it_names_and_what_it_made(called: Operation, answer: str, names: dict[str, str]) -> None:
    assert touched(called, Response(answer, 200)) == names


def test_of_a_refused_call_only_the_request_counts() -> None:
    called = operation("ec2", "CreateSecurityGroup", "ec2", VpcId=VPC)
    assert touched(called, Response(CREATED, 400)) == {VPC: "AWS::EC2::VPC"}


def test_an_answer_that_makes_no_sense_names_nothing() -> None:
    called = operation("kms", "CreateKey", "json")
    assert touched(called, Response("<html>", 200)) == {}
    assert touched(Operation("kms", "Unknown"), Response("{}", 200)) == {}


def test_no_call_is_remembered_by_thousands_of_names() -> None:
    called = operation("ec2", "CreateTags", "ec2", Resources=[f"i-{number:017x}" for number in range(1000)])
    assert len(touched(called, Response("", 200))) == 50
