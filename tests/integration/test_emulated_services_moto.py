"""One service after the other: what terraform asks, and moto alone does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulated_aws import DEV, REGION, SECURITY, Cloud, running

ROLE = f"arn:aws:iam::{DEV}:role/flowable/workload/backup"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("services")) as cloud:
        yield cloud


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_efs_backups_are_switched_on_and_off(cloud: Cloud) -> None:
    efs = cloud.client("efs")
    files = efs.create_file_system(CreationToken="a", Encrypted=True)["FileSystemId"]
    for status in ("ENABLED", "DISABLED"):
        efs.put_backup_policy(FileSystemId=files, BackupPolicy={"Status": status})
        assert efs.describe_backup_policy(FileSystemId=files)["BackupPolicy"] == {"Status": status}


def test_an_efs_policy_can_be_deleted(cloud: Cloud) -> None:
    efs = cloud.client("efs")
    files = efs.create_file_system(CreationToken="b")["FileSystemId"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    efs.put_file_system_policy(FileSystemId=files, Policy=policy)
    efs.delete_file_system_policy(FileSystemId=files)
    with pytest.raises(ClientError) as gone:
        efs.describe_file_system_policy(FileSystemId=files)
    assert code_of(gone) == "PolicyNotFound"


def test_a_launch_template_does_not_launch_instances_with_its_own_tags(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    own = {"ResourceType": "launch-template", "Tags": [{"Key": "flowops:unit", "Value": "eks"}]}
    launched = {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "node"}]}
    made = ec2.create_launch_template(
        LaunchTemplateName="nodes", LaunchTemplateData={"TagSpecifications": [launched]}, TagSpecifications=[own]
    )["LaunchTemplate"]
    data = ec2.describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"])["LaunchTemplateVersions"]
    assert data[0]["LaunchTemplateData"]["TagSpecifications"] == [launched]
    assert made["Tags"] == own["Tags"]


def test_a_condition_in_a_bucket_policy_shuts_nobody_out(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": REGION})
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::state/*"}
    policy = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": insecure}]}
    s3.put_bucket_policy(Bucket="state", Policy=json.dumps(policy))
    s3.put_object(Bucket="state", Key="vpc/terraform.tfstate", Body=b"{}")
    assert s3.get_object(Bucket="state", Key="vpc/terraform.tfstate")["Body"].read() == b"{}"

    s3.put_bucket_policy(Bucket="state", Policy=json.dumps({**policy, "Statement": [deny]}))
    with pytest.raises(ClientError) as denied:
        s3.get_object(Bucket="state", Key="vpc/terraform.tfstate")
    assert code_of(denied) == "403"


def test_only_one_writer_creates_an_object_that_must_not_exist(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="leases", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="leases", Key="dev/flowops.lease", Body=b"me", IfNoneMatch="*")
    with pytest.raises(ClientError) as late:
        s3.put_object(Bucket="leases", Key="dev/flowops.lease", Body=b"you", IfNoneMatch="*")
    assert code_of(late) == "PreconditionFailed"


def test_a_backup_plan_has_selections_and_tags(cloud: Cloud) -> None:
    backup = cloud.client("backup")
    backup.create_backup_vault(BackupVaultName="vault")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    plan = backup.create_backup_plan(
        BackupPlan={"BackupPlanName": "efs", "Rules": [rule]}, BackupPlanTags={"flowops:environment": "dev"}
    )
    wish = {"SelectionName": "files", "IamRoleArn": ROLE, "Resources": ["arn:aws:elasticfilesystem:*:*:*"]}
    made = backup.create_backup_selection(BackupPlanId=plan["BackupPlanId"], BackupSelection=wish)
    asked = {"BackupPlanId": plan["BackupPlanId"], "SelectionId": made["SelectionId"]}

    assert backup.get_backup_selection(**asked)["BackupSelection"] == wish
    listed = backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    assert [each["SelectionName"] for each in listed] == ["files"]
    assert backup.list_tags(ResourceArn=plan["BackupPlanArn"])["Tags"] == {"flowops:environment": "dev"}

    backup.delete_backup_selection(**asked)
    with pytest.raises(ClientError) as gone:
        backup.get_backup_selection(**asked)
    assert code_of(gone) == "ResourceNotFoundException"


def test_a_backup_vault_says_that_it_is_empty_and_a_deleted_plan_frees_its_name(cloud: Cloud) -> None:
    backup = cloud.client("backup")
    backup.create_backup_vault(BackupVaultName="weekly")
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="weekly")["RecoveryPoints"] == []
    plan = {"BackupPlanName": "weekly", "Rules": [{"RuleName": "weekly", "TargetBackupVaultName": "weekly"}]}
    for _ in range(2):
        made = backup.create_backup_plan(BackupPlan=plan)
        backup.delete_backup_plan(BackupPlanId=made["BackupPlanId"])


def test_a_pull_through_cache_rule_lives_and_dies(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="public", upstreamRegistryUrl="public.ecr.aws")
    found = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["public"])["pullThroughCacheRules"]
    assert found[0]["upstreamRegistryUrl"] == "public.ecr.aws"
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="public")
    with pytest.raises(ClientError) as gone:
        ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["public"])
    assert code_of(gone) == "PullThroughCacheRuleNotFoundException"


def test_a_budget_knows_whom_to_tell_and_changes(cloud: Cloud) -> None:
    budgets = cloud.client("budgets")
    limit = {"BudgetName": "all", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    notification = {"NotificationType": "FORECASTED", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    subscriber = {"SubscriptionType": "EMAIL", "Address": "ops@example.com"}
    budgets.create_budget(
        AccountId=DEV,
        Budget={**limit, "BudgetLimit": {"Amount": "10", "Unit": "USD"}},
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [subscriber]}],
        ResourceTags=[{"Key": "a", "Value": "b"}],
    )
    told = budgets.describe_subscribers_for_notification(AccountId=DEV, BudgetName="all", Notification=notification)
    assert told["Subscribers"] == [subscriber]

    budgets.update_budget(AccountId=DEV, NewBudget={**limit, "BudgetLimit": {"Amount": "20", "Unit": "USD"}})
    assert budgets.describe_budget(AccountId=DEV, BudgetName="all")["Budget"]["BudgetLimit"]["Amount"] == "20"
    arn = f"arn:aws:budgets::{DEV}:budget/all"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "c", "Value": "d"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["a"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "c", "Value": "d"}]


def test_the_public_parameters_name_an_ami_for_every_kubernetes_version(cloud: Cloud) -> None:
    ssm = cloud.client("ssm")
    path = "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/x86_64/standard/recommended/{}"

    def value(version: str, fact: str) -> str:
        return str(ssm.get_parameter(Name=path.format(version, fact))["Parameter"]["Value"])

    assert value("1.31", "image_id").startswith("ami-")
    assert value("1.31", "image_id") != value("1.32", "image_id")
    assert value("1.32", "release_version").startswith("1.32.")
    with pytest.raises(ClientError) as unknown:
        value("1.32", "release_date")
    assert code_of(unknown) == "ParameterNotFound"


def test_databases_have_ids_of_their_own_and_report_what_terraform_compares(cloud: Cloud) -> None:
    rds = cloud.client("rds")
    basics = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    login = {"MasterUsername": "flowable", "ManageMasterUserPassword": True}
    made = [
        rds.create_db_instance(DBInstanceIdentifier=name, EnablePerformanceInsights=on, **basics, **login)["DBInstance"]
        for name, on in (("work", True), ("design", False))
    ]
    assert made[0]["DbiResourceId"] != made[1]["DbiResourceId"]
    assert [each["PerformanceInsightsEnabled"] for each in made] == [True, False]


def test_a_parameter_of_the_user_is_told_from_the_engines_own(cloud: Cloud) -> None:
    rds = cloud.client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="pg")
    wish = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[wish])
    found = rds.describe_db_parameters(DBParameterGroupName="pg", Source="user")["Parameters"]
    assert [(each["ParameterName"], each["Source"]) for each in found] == [("rds.force_ssl", "user")]


def test_a_provisioned_aurora_cluster_has_no_scaling_configuration(cloud: Cloud) -> None:
    made = cloud.client("rds").create_db_cluster(
        DBClusterIdentifier="aurora",
        Engine="aurora-postgresql",
        MasterUsername="flowable",
        MasterUserPassword="never-recorded-1",
    )["DBCluster"]
    assert "ScalingConfigurationInfo" not in made


def test_a_zone_that_is_created_with_a_network_is_private(cloud: Cloud) -> None:
    vpc = cloud.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    route53 = cloud.client("route53")
    zone = route53.create_hosted_zone(
        Name="flowable.internal", CallerReference="1", VPC={"VPCRegion": REGION, "VPCId": vpc}
    )["HostedZone"]
    assert zone["Config"]["PrivateZone"]
    found = route53.get_hosted_zone(Id=zone["Id"])
    assert [each["VPCId"] for each in found["VPCs"]] == [vpc]
    public = route53.create_hosted_zone(Name="example.com", CallerReference="2")["HostedZone"]
    assert not public["Config"]["PrivateZone"]


def test_a_cache_subnet_group_can_be_deleted(cloud: Cloud) -> None:
    ec2, cache = cloud.client("ec2"), cloud.client("elasticache")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24")["Subnet"]["SubnetId"]
    cache.create_cache_subnet_group(CacheSubnetGroupName="cache", CacheSubnetGroupDescription="c", SubnetIds=[subnet])
    cache.delete_cache_subnet_group(CacheSubnetGroupName="cache")
    with pytest.raises(ClientError) as gone:
        cache.describe_cache_subnet_groups(CacheSubnetGroupName="cache")
    assert code_of(gone) == "CacheSubnetGroupNotFoundFault"


def test_a_state_machine_is_validated_before_it_is_made(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    good = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    assert states.validate_state_machine_definition(definition=json.dumps(good))["result"] == "OK"
    bad = states.validate_state_machine_definition(definition=json.dumps({"StartAt": "Gone", "States": {}}))
    assert (bad["result"], bad["diagnostics"][0]["severity"]) == ("FAIL", "ERROR")


def test_a_build_project_needs_no_source(cloud: Cloud) -> None:
    made = cloud.client("codebuild").create_project(
        name="drift",
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "flowops", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=f"arn:aws:iam::{DEV}:role/flowable/workload/drift",
    )["project"]
    assert made["source"]["type"] == "NO_SOURCE"


def test_everything_with_a_tag_is_found_by_it(cloud: Cloud) -> None:
    tag = {"Key": "flowops:environment", "Value": "tagged"}
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [tag]}])["Vpc"][
        "VpcId"
    ]
    ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [tag]}])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
    cloud.client("eks").create_cluster(
        name="tagged", roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet]}, tags={tag["Key"]: tag["Value"]}
    )
    cloud.client("ecr").create_repository(repositoryName="tagged", tags=[tag])

    tagging, asked = cloud.client("resourcegroupstaggingapi"), {"Key": tag["Key"], "Values": [tag["Value"]]}
    found = tagging.get_resources(TagFilters=[asked])["ResourceTagMappingList"]
    kinds = sorted(f"{each['ResourceARN'].split(':')[2]}:{kind_of(each['ResourceARN'])}" for each in found)
    assert kinds == ["ec2:elastic-ip", "ec2:vpc", "ecr:repository", "eks:cluster"]
    assert all({"Key": tag["Key"], "Value": tag["Value"]} in each["Tags"] for each in found)
    only = tagging.get_resources(TagFilters=[asked], ResourceTypeFilters=["eks:cluster"])["ResourceTagMappingList"]
    assert [kind_of(each["ResourceARN"]) for each in only] == ["cluster"]
    keys = tagging.get_tag_keys()["TagKeys"]
    assert len(keys) == len(set(keys))
    assert "tagged" in tagging.get_tag_values(Key=tag["Key"])["TagValues"]


def kind_of(arn: str) -> str:
    return arn.split(":", 5)[5].split("/")[0]


def test_a_resource_group_lists_what_its_query_finds(cloud: Cloud) -> None:
    filters = [{"Key": "group", "Values": ["one"]}]
    query = {
        "Type": "TAG_FILTERS_1_0",
        "Query": json.dumps({"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": filters}),
    }
    groups = cloud.client("resource-groups")
    groups.create_group(Name="flowable-dev", ResourceQuery=query)
    assert groups.list_group_resources(Group="flowable-dev")["Resources"] == []
    cloud.client("ecr").create_repository(repositoryName="grouped", tags=[{"Key": "group", "Value": "one"}])

    listed = groups.list_group_resources(Group="flowable-dev")["Resources"]
    assert [each["Identifier"]["ResourceType"] for each in listed] == ["AWS::ECR::Repository"]
    assert groups.search_resources(ResourceQuery=query)["ResourceIdentifiers"] == [
        each["Identifier"] for each in listed
    ]
    with pytest.raises(ClientError) as unknown:
        groups.list_group_resources(Group="flowable-prod")
    assert code_of(unknown) == "NotFoundException"


def test_cloudtrail_tells_who_changed_what(cloud: Cloud) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    logs, trail = cloud.client("logs"), cloud.client("cloudtrail")
    logs.create_log_group(logGroupName="/aws/eks/trail/cluster")
    logs.describe_log_groups()

    def lookup(key: str, value: str, **more: Any) -> list[dict[str, Any]]:
        attributes = [{"AttributeKey": key, "AttributeValue": value}]
        events: list[dict[str, Any]] = trail.lookup_events(LookupAttributes=attributes, **more)["Events"]
        return events

    event = lookup("EventName", "CreateLogGroup", StartTime=before)[0]
    assert (event["EventSource"], event["Username"]) == ("logs.amazonaws.com", "admin")
    details = json.loads(event["CloudTrailEvent"])
    assert details["requestParameters"] == {"logGroupName": "/aws/eks/trail/cluster"}
    assert details["userIdentity"]["arn"] == f"arn:aws:iam::{DEV}:user/admin"
    assert [each["EventName"] for each in lookup("ResourceName", "/aws/eks/trail/cluster")] == ["CreateLogGroup"]
    assert "DescribeLogGroups" not in {each["EventName"] for each in lookup("ReadOnly", "false")}
    assert lookup("EventName", "CreateLogGroup", EndTime=before) == []


def test_cloudtrail_answers_page_by_page_newest_first(cloud: Cloud) -> None:
    sns, trail = cloud.client("sns"), cloud.client("cloudtrail")
    for number in range(3):
        sns.create_topic(Name=f"page-{number}")
    pages = trail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateTopic"}],
        PaginationConfig={"PageSize": 2},
    )
    names = [
        json.loads(event["CloudTrailEvent"])["requestParameters"]["Name"] for page in pages for event in page["Events"]
    ]
    assert names == ["page-2", "page-1", "page-0"]


def test_one_account_sees_nothing_of_another(cloud: Cloud) -> None:
    cloud.client("ecr", DEV).create_repository(repositoryName="mine")
    cloud.client("sns", DEV).create_topic(Name="mine")
    assert cloud.client("ecr", SECURITY).describe_repositories()["repositories"] == []
    events = cloud.client("cloudtrail", SECURITY).lookup_events()["Events"]
    assert "CreateTopic" not in {event["EventName"] for event in events}


@pytest.mark.parametrize(
    ("service", "operation", "given"),
    [
        ("eks", "list_insights", {"clusterName": "any"}),
        ("ec2", "describe_ipam_policies", {}),
        ("iam", "get_context_keys_for_principal_policy", {"PolicySourceArn": ROLE}),
        ("ssm", "describe_ops_items", {}),
        ("cloudwatch", "list_managed_insight_rules", {"ResourceARN": ROLE}),
        ("route53", "list_cidr_collections", {}),
        ("accessanalyzer", "list_analyzers", {}),
        ("health", "describe_events", {}),
    ],
)
def test_what_is_not_emulated_fails_at_once_in_the_services_own_words(
    cloud: Cloud, service: str, operation: str, given: dict[str, str]
) -> None:
    client = cloud.client(service)
    with pytest.raises(ClientError) as missing:
        getattr(client, operation)(**given)
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert code_of(missing) == "NotImplementedException"
    assert "flowops' emulator" in missing.value.response["Error"]["Message"]


def test_a_defect_of_moto_ends_with_an_error_that_no_sdk_repeats(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as defect:
        cloud.client("eks").list_nodegroups(clusterName="no-such-cluster")
    assert defect.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert code_of(defect) == "EmulatorDefect"
