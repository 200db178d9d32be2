"""What stands and belongs to nobody: found, told from what goes along with something else, and never made up."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import pytest

from flowops.model.drift.exempt import EXEMPT, Mark
from flowops.model.drift.finding import Finding, Source, Verdict
from flowops.model.drift.managed import Managed
from flowops.model.drift.unmanaged import Resource, standing, unmanaged

PLACE = "eu-central-1:222222222222"
BUCKET = "arn:aws:s3:::by-hand"
CLUSTER = f"arn:aws:eks:{PLACE}:cluster/flowable-dev"
VPC = f"arn:aws:ec2:{PLACE}:vpc/vpc-1"


def ec2(name: str) -> str:
    return f"arn:aws:ec2:{PLACE}:{name}"


def found(*resources: Resource, managed: Iterable[str] = ()) -> list[Finding]:
    return list(unmanaged("dev", resources, Managed(frozenset(managed))))


def addresses(*resources: Resource, managed: Iterable[str] = ()) -> list[str]:
    return [it.address for it in found(*resources, managed=managed)]


def test_a_bucket_that_nobody_knows_is_found_with_a_way_to_adopt_it() -> None:
    (finding,) = found(Resource(BUCKET, {"Owner": "ann"}))
    assert (finding.environment, finding.source, finding.verdict) == ("dev", Source.UNMANAGED, Verdict.UNMANAGED)
    assert (finding.address, finding.type, finding.owner) == (BUCKET, "aws_s3_bucket", "ann")
    assert finding.ids == ("by-hand", BUCKET)
    (way,) = finding.ways
    assert (way.kind, way.text) == ("adopt", 'import {\n  to = aws_s3_bucket.by_hand\n  id = "by-hand"\n}')
    assert way.into


@pytest.mark.parametrize("name", [BUCKET, "aws_s3_bucket/by-hand"])
def test_what_a_state_knows_by_arn_or_by_type_and_id_is_no_finding(name: str) -> None:
    assert addresses(Resource(BUCKET), managed=[name]) == []


def test_a_cluster_of_the_same_name_does_not_hide_a_bucket() -> None:
    assert addresses(Resource(BUCKET), managed=["aws_eks_cluster/by-hand", "by-hand"]) == [BUCKET]


def test_what_says_it_is_ours_and_stands_in_no_state_is_said_to() -> None:
    tags = {"flowops:environment": "dev", "flowops:layer": "app", "flowops:unit": "rds-postgres"}
    (finding,) = found(Resource(f"arn:aws:rds:{PLACE}:db:work", tags))
    assert finding.summary == "its tags say dev/app/rds-postgres, but no state knows it"
    assert 'id = "work"' in finding.ways[0].text


@pytest.mark.parametrize(
    ("arn", "wanted"),
    [
        (f"arn:aws:es:{PLACE}:domain/flowable-dev", '= aws_opensearch_domain.flowable_dev\n  id = "flowable-dev"'),
        (ec2("instance/i-0a"), '= aws_instance.i_0a\n  id = "i-0a"'),
        (f"arn:aws:kms:{PLACE}:key/0a1b-2c", '= aws_kms_key._0a1b_2c\n  id = "0a1b-2c"'),
    ],
)
def test_an_import_names_what_terraform_wants_to_hear(arn: str, wanted: str) -> None:
    (finding,) = found(Resource(arn))
    assert wanted in finding.ways[0].text


def test_a_kind_that_terraform_is_not_known_to_import_has_no_such_way() -> None:
    (finding,) = found(Resource(f"arn:aws:sagemaker:{PLACE}:notebook-instance/n"))
    assert (finding.type, finding.ways) == ("sagemaker:notebook-instance", ())


def test_names_that_would_steer_a_terminal_or_a_file_are_tamed() -> None:
    (finding,) = found(Resource("arn:aws:ssm:x:1:parameter/a${b}\x1b[31m", {"owner": "ann\x1b]0;x\x07"}))
    assert "\x1b" not in f"{finding.address}{finding.owner}{finding.ways[0].text}{finding.ids}"
    assert "$${b}" in finding.ways[0].text


def test_a_default_group_goes_with_its_vpc_whether_that_is_managed_or_not() -> None:
    group = Resource(ec2("security-group/sg-1"), parents=(VPC,))
    assert addresses(group, managed=[VPC]) == []
    assert addresses(group, Resource(VPC)) == [VPC]
    assert addresses(group) == [group.arn]


@pytest.mark.parametrize(
    "tags",
    [
        {"elbv2.k8s.aws/cluster": "flowable-dev"},
        {"kubernetes.io/cluster/flowable-dev": "owned"},
        {"aws:eks:cluster-name": "flowable-dev"},
        {"cluster.k8s.amazonaws.com/name": "flowable-dev"},
    ],
)
def test_what_kubernetes_makes_is_its_clusters_affair_as_long_as_that_stands(tags: dict[str, str]) -> None:
    balancer = Resource(f"arn:aws:elasticloadbalancing:{PLACE}:loadbalancer/net/web/1", tags)
    assert addresses(balancer, Resource(CLUSTER), managed=[CLUSTER]) == []
    assert addresses(balancer, managed=[f"arn:aws:eks:{PLACE}:cluster/other"]) == [balancer.arn]


def test_a_tag_that_only_shares_with_a_cluster_hides_nothing() -> None:
    subnet = Resource(ec2("subnet/subnet-1"), {"kubernetes.io/cluster/flowable-dev": "shared"})
    assert addresses(subnet, managed=[CLUSTER]) == [subnet.arn]


def test_a_node_group_that_somebody_added_to_a_managed_cluster_is_found() -> None:
    group = Resource(f"arn:aws:eks:{PLACE}:nodegroup/flowable-dev/extra/uuid")
    scaling = f"arn:aws:autoscaling:{PLACE}:autoScalingGroup:u:autoScalingGroupName/eks-extra"
    machines = (
        Resource(scaling, {"eks:cluster-name": "flowable-dev"}),
        Resource(ec2("instance/i-1"), {"aws:autoscaling:groupName": "eks-extra"}),
        Resource(ec2("volume/vol-1"), parents=(ec2("instance/i-1"),)),
    )
    assert addresses(group, *machines, managed=[CLUSTER]) == [group.arn]


def test_a_foreign_stack_is_one_finding_with_all_that_it_made() -> None:
    stack = f"arn:aws:cloudformation:{PLACE}:stack/theirs/uuid"
    topic = Resource(f"arn:aws:sns:{PLACE}:theirs", {"aws:cloudformation:stack-id": stack})
    assert addresses(topic, Resource(stack)) == [stack]


@pytest.mark.parametrize(
    ("group", "owner"),
    [
        ("/aws/eks/flowable-dev/cluster", CLUSTER),
        ("/aws/rds/instance/work/postgresql", f"arn:aws:rds:{PLACE}:db:work"),
        ("/aws/lambda/clean-up", f"arn:aws:lambda:{PLACE}:function:clean-up"),
    ],
)
def test_a_log_group_that_a_service_makes_goes_with_what_it_logs(group: str, owner: str) -> None:
    logs = Resource(f"arn:aws:logs:{PLACE}:log-group:{group}")
    assert addresses(logs, managed=[owner]) == []
    assert addresses(logs) == [logs.arn]


def test_a_resource_that_names_itself_as_its_owner_is_found_all_the_same() -> None:
    tags = {"aws:cloudformation:stack-id": BUCKET}
    assert addresses(Resource(BUCKET, tags)) == [BUCKET]


AWS_OWN = {
    "arn:aws:iam::222222222222:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS": Mark.NONE,
    "arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_1": Mark.NONE,
    "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole": Mark.NONE,
    "arn:aws:iam::222222222222:role/stacksets-exec-5f3c0e": Mark.NONE,
    "arn:aws:iam::222222222222:role/AWSControlTowerExecution": Mark.NONE,
    "arn:aws:iam::222222222222:role/aws-controltower-ForwardSnsNotificationRole": Mark.NONE,
    "arn:aws:iam::222222222222:instance-profile/eks-92b9d2c8-1f6e-4f0a-a1ad-0c2f6b0f1f52": Mark.NONE,
    f"arn:aws:kms:{PLACE}:key/aws-managed": Mark.SERVICE,
    f"arn:aws:kms:{PLACE}:key/pending": Mark.LEAVING,
    ec2("vpc/vpc-default"): Mark.DEFAULT,
    ec2("subnet/subnet-default"): Mark.DEFAULT,
    ec2("elastic-ip/eipalloc-1"): Mark.SERVICE,
    f"arn:aws:rds:{PLACE}:snapshot:rds:work-2026-11-28-03-00": Mark.NONE,
    f"arn:aws:rds:{PLACE}:cluster-snapshot:rds:work-2026-11-28-03-00": Mark.NONE,
    f"arn:aws:rds:{PLACE}:snapshot:work-final-20261128030000": Mark.NONE,
    f"arn:aws:rds:{PLACE}:cluster-snapshot:work-final-20261128030000": Mark.NONE,
    f"arn:aws:rds:{PLACE}:snapshot:awsbackup:job-1": Mark.NONE,
    f"arn:aws:rds:{PLACE}:auto-backup:ab-1": Mark.NONE,
    f"arn:aws:rds:{PLACE}:cluster-auto-backup:cab-1": Mark.NONE,
    f"arn:aws:rds:{PLACE}:pg:default.postgres16": Mark.NONE,
    f"arn:aws:rds:{PLACE}:cluster-pg:default.aurora-postgresql16": Mark.NONE,
    f"arn:aws:rds:{PLACE}:og:default:postgres-16": Mark.NONE,
    f"arn:aws:backup:{PLACE}:recovery-point:1": Mark.NONE,
    f"arn:aws:backup:{PLACE}:backup-vault:Default": Mark.NONE,
    f"arn:aws:backup:{PLACE}:backup-vault:aws/efs/automatic-backup-vault": Mark.NONE,
    f"arn:aws:logs:{PLACE}:log-group:RDSOSMetrics": Mark.NONE,
}


def test_what_aws_itself_put_there_is_no_finding_and_each_exemption_has_a_case() -> None:
    assert addresses(*(Resource(arn, mark=mark) for arn, mark in AWS_OWN.items())) == []
    for it in EXEMPT:
        assert it.reason
        assert [arn for arn, mark in AWS_OWN.items() if fnmatchcase(arn, it.pattern) and it.mark in (mark, Mark.NONE)]


def test_the_same_without_the_mark_of_aws_is_found() -> None:
    marked = [arn for arn, mark in AWS_OWN.items() if mark is not Mark.NONE]
    assert addresses(*map(Resource, marked)) == sorted(marked)


def test_who_may_do_something_is_found_wherever_it_stands() -> None:
    made = [f"arn:aws:iam::222222222222:{it}" for it in ("role/backdoor", "user/backdoor", "group/a", "policy/a/b")]
    made += [f"arn:aws:iam::222222222222:instance-profile/{it}" for it in ("eks-backdoor", "flowable/nodes")]
    assert addresses(*map(Resource, made)) == sorted(made)
    assert {it.type for it in found(*map(Resource, made))} == {
        f"aws_iam_{it}" for it in ("role", "user", "group", "policy", "instance_profile")
    }


def test_the_tagging_api_adds_tags_and_kinds_but_nothing_that_is_gone() -> None:
    listed = [Resource(VPC, parents=("x",), mark=Mark.DEFAULT), Resource(f"arn:aws:logs:{PLACE}:log-group:a:*")]
    tagged = [
        Resource(VPC, {"owner": "ann"}),
        Resource(ec2("vpc/vpc-gone"), {"owner": "bob"}),
        Resource(f"arn:aws:ecr:{PLACE}:repository/web", {"owner": "eve"}),
    ]
    assert standing(listed, tagged, ["ec2:vpc"]) == (
        Resource(VPC, {"owner": "ann"}, ("x",), Mark.DEFAULT),
        Resource(f"arn:aws:ecr:{PLACE}:repository/web", {"owner": "eve"}),
        Resource(f"arn:aws:logs:{PLACE}:log-group:a"),
    )
