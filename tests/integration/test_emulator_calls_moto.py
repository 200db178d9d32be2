"""What the emulated AWS writes down of each call, and what it never does."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flowops.model.users import NewKey
from flowops.rehearsal.recorder import Call
from tests.integration.emulated_aws import DEV, MANAGEMENT, REGION, SECURITY, Cloud, running

SECRET = "correct-horse-battery-staple"
ROLE = f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("calls")) as cloud:
        yield cloud


def last(cloud: Cloud, action: str) -> Call:
    return [call for call in cloud.emulator.calls() if call.action == action][-1]


@pytest.fixture(scope="module")
def session(cloud: Cloud) -> tuple[NewKey, str]:
    """Assume a role with a path from another account; return the session's keys and token."""
    iam = cloud.client("iam")
    iam.create_role(RoleName="DevOpsAdminRole", Path="/flowable/", AssumeRolePolicyDocument=json.dumps(TRUST))
    assumed = cloud.client("sts", SECURITY).assume_role(
        RoleArn=ROLE, RoleSessionName="alice", ExternalId="an-id-of-20-letters"
    )
    made = assumed["Credentials"]
    return NewKey(made["AccessKeyId"], made["SecretAccessKey"]), made["SessionToken"]


def test_a_line_has_exactly_the_agreed_fields(cloud: Cloud) -> None:
    cloud.client("ec2").describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])
    line = (cloud.state_dir / "calls.jsonl").read_text().splitlines()[-1]
    call = json.loads(line)
    assert call.pop("time").endswith("+00:00")
    assert call == {
        "account": DEV,
        "region": REGION,
        "principal": f"arn:aws:iam::{DEV}:user/admin",
        "role": "",
        "service": "ec2",
        "action": "ec2:DescribeVpcs",
        "parameters": {"Filters": [{"Name": "isDefault", "Values": ["true"]}]},
        "path": "/",
        "method": "POST",
        "status": 200,
        "address": "127.0.0.1",
        "source_identity": "",
        "resources": {},
    }


def test_an_assumed_role_is_recorded_with_its_path(cloud: Cloud, session: tuple[NewKey, str]) -> None:
    keys, token = session
    cloud.client("eks", keys=keys, token=token).list_clusters()
    call = last(cloud, "eks:ListClusters")
    assert call.principal == f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/alice"
    assert call.role == ROLE
    assert (call.account, call.method, call.path) == (DEV, "GET", "/clusters")


def test_assuming_a_role_is_recorded_for_who_assumed_it(cloud: Cloud, session: tuple[NewKey, str]) -> None:
    call = last(cloud, "sts:AssumeRole")
    assert (call.account, call.principal, call.role) == (SECURITY, f"arn:aws:iam::{SECURITY}:user/admin", "")
    assert call.parameters["RoleArn"] == ROLE
    assert call.parameters["ExternalId"] == "an-id-of-20-letters"


def test_each_account_is_told_from_the_others(cloud: Cloud) -> None:
    for account in (MANAGEMENT, SECURITY, DEV):
        cloud.client("sns", account).list_topics()
        assert last(cloud, "sns:ListTopics").account == account


def test_s3_records_bucket_key_and_encryption_but_no_content(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(
        Bucket="state", Key="vpc/a b.tfstate", Body=SECRET, ServerSideEncryption="aws:kms", SSEKMSKeyId="key-1"
    )
    s3.list_objects_v2(Bucket="state", Prefix="vpc/")
    s3.delete_objects(Bucket="state", Delete={"Objects": [{"Key": "vpc/a b.tfstate"}]})

    put = last(cloud, "s3:PutObject")
    assert (put.path, put.method) == ("/state/vpc/a b.tfstate", "PUT")
    assert put.parameters == {
        "Bucket": "state",
        "Key": "vpc/a b.tfstate",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "key-1",
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
    }
    assert last(cloud, "s3:ListObjectsV2").parameters["prefix"] == "vpc/"
    assert last(cloud, "s3:DeleteObjects").parameters["Delete"]["Objects"] == [{"Key": "vpc/a b.tfstate"}]


def test_rest_calls_are_recorded_with_their_parameters(cloud: Cloud) -> None:
    with pytest.raises(ClientError):
        cloud.client("eks").describe_access_entry(clusterName="none", principalArn=ROLE)
    call = last(cloud, "eks:DescribeAccessEntry")
    assert call.parameters == {"clusterName": "none", "principalArn": ROLE}
    assert call.status == 404


def test_a_refused_call_is_recorded_too(cloud: Cloud) -> None:
    nobody = NewKey("AKIAIOSFODNN7EXAMPLE", "nothing")
    with pytest.raises(ClientError):
        cloud.client("ecr", keys=nobody).describe_repositories()
    assert last(cloud, "ecr:DescribeRepositories").status == 403


def test_what_cloudformation_makes_is_recorded_as_its_own_doing(cloud: Cloud) -> None:
    template = {
        "Parameters": {"Password": {"Type": "String", "NoEcho": True}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "by-stack"}}},
    }
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName="stack",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Password", "ParameterValue": SECRET}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="stack", WaiterConfig={"Delay": 1})
    call = last(cloud, "sns:CreateTopic")
    assert (call.account, call.principal, call.role) == (DEV, "cloudformation.amazonaws.com", "")
    assert last(cloud, "cloudformation:CreateStack").principal == f"arn:aws:iam::{DEV}:user/admin"


def test_no_secret_is_ever_written_down(cloud: Cloud, session: tuple[NewKey, str]) -> None:
    leak_everything(cloud)
    written = b"".join(path.read_bytes() for path in cloud.state_dir.iterdir() if path.suffix in (".jsonl", ".log"))
    assert SECRET.encode() not in written
    assert base64.b64encode(SECRET.encode()) not in written
    assert session[1].encode() not in written
    assert session[0].secret_key.encode() not in written
    assert last(cloud, "secretsmanager:GetSecretValue").parameters == {"SecretId": "/flowable/repository"}


def leak_everything(cloud: Cloud) -> None:
    secrets, ssm, rds = cloud.client("secretsmanager"), cloud.client("ssm"), cloud.client("rds")
    secrets.create_secret(Name="/flowable/repository", SecretString=json.dumps({"password": SECRET}))
    secrets.put_secret_value(SecretId="/flowable/repository", SecretBinary=SECRET.encode())
    secrets.get_secret_value(SecretId="/flowable/repository")
    ssm.put_parameter(Name="/flowable/key", Value=SECRET, Type="SecureString")
    basics = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    rds.create_db_instance(DBInstanceIdentifier="db", MasterUsername="f", MasterUserPassword=SECRET, **basics)
    cloud.client("iam").create_user(UserName="bob")
    cloud.client("iam").create_login_profile(UserName="bob", Password=SECRET)
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    cloud.client("kms").encrypt(KeyId=key, Plaintext=SECRET.encode())
    data = {"UserData": base64.b64encode(SECRET.encode()).decode()}
    cloud.client("ec2").create_launch_template(LaunchTemplateName="lt", LaunchTemplateData=data)


def test_a_url_that_is_signed_in_its_query_says_who_signed_it(cloud: Cloud, session: tuple[NewKey, str]) -> None:
    keys, token = session
    sts = cloud.client("sts", keys=keys, token=token)
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert "assumed-role/DevOpsAdminRole/alice" in answer(url)
    call = last(cloud, "sts:GetCallerIdentity")
    assert (call.principal, call.path) == (f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/alice", "/")


def answer(url: str) -> str:
    direct: Any = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=60) as response:
        return str(response.read().decode())
