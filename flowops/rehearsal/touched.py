"""Which resources a call names, in its request or in its answer, as CloudTrail lists them with an event.

AWS CloudTrail User Guide, "CloudTrail record contents" and "Working with CloudTrail event history": EC2's events name
every resource that a call speaks of, those of other services what the call is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.parsers import ResponseParser, create_parser
from werkzeug.wrappers import Response

from flowops.rehearsal.recognition import Operation

_MOST = 50
_EC2_ID = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
_EC2: Mapping[str, str] = {
    "acl": "NetworkAcl",
    "dopt": "DHCPOptions",
    "eipalloc": "EIP",
    "eni": "NetworkInterface",
    "fl": "FlowLog",
    "i": "Instance",
    "igw": "InternetGateway",
    "lt": "LaunchTemplate",
    "nat": "NatGateway",
    "pl": "PrefixList",
    "rtb": "RouteTable",
    "sg": "SecurityGroup",
    "sgr": "SecurityGroupRule",
    "snap": "Snapshot",
    "subnet": "Subnet",
    "vol": "Volume",
    "vpc": "VPC",
    "vpce": "VPCEndpoint",
}
_KEYS: Mapping[str, Mapping[str, str]] = {
    "acm": {"CertificateArn": "AWS::CertificateManager::Certificate"},
    "autoscaling": {"AutoScalingGroupName": "AWS::AutoScaling::AutoScalingGroup"},
    "backup": {"BackupPlanId": "AWS::Backup::BackupPlan", "BackupVaultName": "AWS::Backup::BackupVault"},
    "cloudformation": {"StackId": "AWS::CloudFormation::Stack", "StackName": "AWS::CloudFormation::Stack"},
    "cloudwatch": {"AlarmName": "AWS::CloudWatch::Alarm"},
    "dynamodb": {"TableName": "AWS::DynamoDB::Table"},
    "ecr": {"repositoryName": "AWS::ECR::Repository"},
    "eks": {
        "addonName": "AWS::EKS::Addon",
        "clusterName": "AWS::EKS::Cluster",
        "name": "AWS::EKS::Cluster",
        "nodegroupName": "AWS::EKS::Nodegroup",
    },
    "elasticfilesystem": {
        "AccessPointId": "AWS::EFS::AccessPoint",
        "FileSystemId": "AWS::EFS::FileSystem",
        "MountTargetId": "AWS::EFS::MountTarget",
    },
    "elasticloadbalancing": {
        "ListenerArn": "AWS::ElasticLoadBalancingV2::Listener",
        "LoadBalancerArn": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "LoadBalancerName": "AWS::ElasticLoadBalancing::LoadBalancer",
        "TargetGroupArn": "AWS::ElasticLoadBalancingV2::TargetGroup",
    },
    "es": {"DomainName": "AWS::Elasticsearch::Domain"},
    "iam": {
        "GroupName": "AWS::IAM::Group",
        "InstanceProfileName": "AWS::IAM::InstanceProfile",
        "OpenIDConnectProviderArn": "AWS::IAM::OIDCProvider",
        "PolicyArn": "AWS::IAM::Policy",
        "RoleName": "AWS::IAM::Role",
        "UserName": "AWS::IAM::User",
    },
    "kms": {"KeyId": "AWS::KMS::Key"},
    "lambda": {"FunctionName": "AWS::Lambda::Function"},
    "logs": {"logGroupName": "AWS::Logs::LogGroup"},
    "rds": {
        "DBClusterIdentifier": "AWS::RDS::DBCluster",
        "DBInstanceIdentifier": "AWS::RDS::DBInstance",
        "DBParameterGroupName": "AWS::RDS::DBParameterGroup",
        "DBSnapshotIdentifier": "AWS::RDS::DBSnapshot",
        "DBSubnetGroupName": "AWS::RDS::DBSubnetGroup",
        "OptionGroupName": "AWS::RDS::OptionGroup",
        "ResourceName": "AWS::RDS::DBInstance",
    },
    "resource-groups": {"Group": "AWS::ResourceGroups::Group", "GroupName": "AWS::ResourceGroups::Group"},
    "s3": {"Bucket": "AWS::S3::Bucket"},
    "secretsmanager": {"Name": "AWS::SecretsManager::Secret", "SecretId": "AWS::SecretsManager::Secret"},
    "sns": {"TopicArn": "AWS::SNS::Topic"},
    "sqs": {"QueueName": "AWS::SQS::Queue", "QueueUrl": "AWS::SQS::Queue"},
    "ssm": {"Name": "AWS::SSM::Parameter"},
    "tag": {"ResourceARNList": "AWS::Tag::Resource"},
}
"""Keys of requests and answers that name a resource, by the service's prefix in policies."""

_OWN_ARNS = ("arn", "resourcearn")


def touched(operation: Operation, answer: Response) -> dict[str, str]:
    """Return the names of the resources that a call was about, each with CloudFormation's type of it."""
    found: dict[str, str] = {}
    for key, value in _texts("", [operation.parameters, _answered(operation, answer)]):
        type_ = _type(operation.prefix, key, value)
        if type_ and len(found) < _MOST:
            found.setdefault(value, type_)
    return found


def _answered(operation: Operation, answer: Response) -> Any:
    """Return what moto answered, as boto3 would; nothing for an error, or for what is no text."""
    model = operation.model
    if model is None or model.output_shape is None or model.has_streaming_output or answer.status_code >= 300:
        return {}
    raw = {"status_code": answer.status_code, "headers": dict(answer.headers), "body": answer.get_data()}
    try:
        parsed = _parser(operation.protocol).parse(raw, model.output_shape)
    except Exception:
        # botocore's parsers raise whatever an answer makes them stumble over; the caller's own SDK will tell.
        return {}
    return {key: value for key, value in parsed.items() if key != "ResponseMetadata"}


@cache
def _parser(protocol: str) -> ResponseParser:
    return create_parser(protocol)


def _texts(key: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield key, value
        case Mapping():
            for name, item in value.items():
                yield from _texts(str(name), item)
        case list():
            for item in value:
                yield from _texts(key, item)


def _type(prefix: str, key: str, value: str) -> str:
    if prefix == "ec2":
        found = _EC2_ID.fullmatch(value)
        return f"AWS::EC2::{_EC2[found[1]]}" if found and found[1] in _EC2 else ""
    if key.lower() in _OWN_ARNS and value.startswith("arn:") and value.count(":") >= 5:
        return _of_arn(value)
    return _KEYS.get(prefix, {}).get(key, "")


def _of_arn(arn: str) -> str:
    _, _, service, _, _, resource = arn.split(":", 5)
    kind, *more = re.split("[:/]", resource)
    if not more:  # of a service with one kind of resource, such as a topic
        return next(iter(_KEYS.get(service, {}).values()), f"AWS::{service.upper()}::Resource")
    return f"AWS::{service.upper()}::{kind.title()}"
