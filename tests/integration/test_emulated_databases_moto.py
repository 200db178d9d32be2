"""Databases and search domains: what terraform and AWS demand of them, and moto alone does not do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulated_aws import DEV, SECURITY, Cloud, running

SERVICE = "opensearchservice.amazonaws.com"
DOMAIN = {
    "DomainName": "flowable-dev",
    "EngineVersion": "Elasticsearch_7.10",
    "VPCOptions": {"SubnetIds": ["subnet-1"]},
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("databases")) as cloud:
        yield cloud


def master_secret(cloud: Cloud, name: str = "work") -> str:
    made = cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="flowable",
        ManageMasterUserPassword=True,
    )["DBInstance"]
    return str(made["MasterUserSecret"]["SecretArn"])


def test_the_rotation_of_a_master_password_has_no_function_and_can_be_cancelled(cloud: Cloud) -> None:
    secrets, arn = cloud.client("secretsmanager"), master_secret(cloud)
    secrets.rotate_secret(SecretId=arn, RotationRules={"AutomaticallyAfterDays": 90}, RotateImmediately=False)
    assert secrets.describe_secret(SecretId=arn)["RotationEnabled"]
    secrets.cancel_rotate_secret(SecretId=arn)
    assert not secrets.describe_secret(SecretId=arn)["RotationEnabled"]


def test_a_rotated_master_password_is_another_one_for_the_same_user(cloud: Cloud) -> None:
    secrets, arn = cloud.client("secretsmanager"), master_secret(cloud, "rotated")
    before = secrets.get_secret_value(SecretId=arn)
    cloud.client("rds").modify_db_instance(
        DBInstanceIdentifier="rotated", RotateMasterUserPassword=True, ApplyImmediately=True
    )
    now = secrets.get_secret_value(SecretId=arn)
    assert (now["VersionId"] != before["VersionId"], now["VersionStages"]) == (True, ["AWSCURRENT"])
    old, new = (json.loads(it["SecretString"]) for it in (before, now))
    assert (old["username"], new["username"]) == ("flowable", "flowable")
    assert old["password"] != new["password"]

    secrets.rotate_secret(SecretId=arn)
    previous = secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == now["SecretString"]


def test_the_rotation_of_any_other_secret_needs_a_function(cloud: Cloud) -> None:
    secrets = cloud.client("secretsmanager")
    secrets.create_secret(Name="/flowable/license", SecretString="never-recorded-1")
    with pytest.raises(ClientError) as refused:
        secrets.cancel_rotate_secret(SecretId="/flowable/license")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_rule_that_admits_a_group_says_why(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("databases", "cluster")
    ]
    pair = {"GroupId": groups[1], "Description": "From the cluster"}
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [pair]}
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[rule])
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": groups[:1]}])
    assert [it["Description"] for it in found["SecurityGroupRules"] if not it["IsEgress"]] == ["From the cluster"]


@pytest.mark.parametrize("description", ["Databases from the cluster's nodes", "a" * 256])
def test_a_group_or_a_rule_that_ec2_cannot_describe_is_refused(cloud: Cloud, description: str) -> None:
    ec2 = cloud.client("ec2")
    group = ec2.create_security_group(GroupName=f"described-{len(description)}", Description="a" * 255)["GroupId"]
    admitted = {"CidrIp": "10.0.0.0/8", "Description": "{From} _the_ [nodes]: #1, a/b (c@d) +=&;!$*-."}
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    here: dict[str, Any] = {"GroupId": group, "IpPermissions": [rule | {"IpRanges": [admitted]}]}
    (made,) = ec2.authorize_security_group_ingress(**here)["SecurityGroupRules"]
    pair = {"GroupId": group, "Description": description}
    several = {
        "GroupId": group,
        "IpPermissions": [rule | {"FromPort": 1, "IpRanges": [admitted], "UserIdGroupPairs": [pair]}],
    }
    changed = rule | {"CidrIpv4": "10.0.0.0/8", "Description": description}
    wrong = {"GroupId": group, "IpPermissions": [rule | {"IpRanges": [admitted | {"Description": description}]}]}
    for kind, call in (
        ("security group", lambda: ec2.create_security_group(GroupName="refused", Description=description)),
        ("rule", lambda: ec2.authorize_security_group_ingress(**several)),
        ("rule", lambda: ec2.authorize_security_group_egress(**several)),
        ("rule", lambda: ec2.update_security_group_rule_descriptions_ingress(**wrong)),
        (
            "rule",
            lambda: ec2.modify_security_group_rules(
                GroupId=group,
                SecurityGroupRules=[{"SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": changed}],
            ),
        ),
    ):
        with pytest.raises(ClientError, match=rf"\(InvalidParameterValue\).*: Invalid {kind} description\. Valid"):
            call()
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [it["Description"] for it in found if not it["IsEgress"]] == [admitted["Description"]]


def test_a_domain_in_a_vpc_needs_the_services_role(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("opensearch", SECURITY).create_domain(**DOMAIN)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert "service-linked role" in refused.value.response["Error"]["Message"]

    made = cloud.client("iam", SECURITY).create_service_linked_role(AWSServiceName=SERVICE)["Role"]
    assert made["RoleName"] == "AWSServiceRoleForAmazonOpenSearchService"
    assert cloud.client("opensearch", SECURITY).create_domain(**DOMAIN)["DomainStatus"]["Created"]


def test_a_domain_is_found_by_its_tags(cloud: Cloud) -> None:
    cloud.client("iam").create_service_linked_role(AWSServiceName=SERVICE)
    tag = {"Key": "flowops:unit", "Value": "opensearch"}
    arn = cloud.client("opensearch").create_domain(**DOMAIN, TagList=[tag])["DomainStatus"]["ARN"]

    assert found_by(cloud, "opensearch") == [{"ResourceARN": arn, "Tags": [tag]}]
    assert found_by(cloud, "efs") == []
    assert found_by(cloud, "opensearch", ResourceTypeFilters=["rds"]) == []
    assert found_by(cloud, "opensearch", ResourceTypeFilters=["es:domain"]) != []


def found_by(cloud: Cloud, unit: str, **more: Any) -> list[dict[str, Any]]:
    asked = [{"Key": "flowops:unit", "Values": [unit]}]
    answer = cloud.client("resourcegroupstaggingapi", DEV).get_resources(TagFilters=asked, **more)
    found: list[dict[str, Any]] = answer["ResourceTagMappingList"]
    return found
