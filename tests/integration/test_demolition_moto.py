"""What a deletion needs of AWS besides terraform, against the emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.demolition import DemolitionAws
from flowops.adapters.aws.errors import AwsFailed
from flowops.model.leftovers import leftovers
from flowops.model.obstacles import Doomed, Found, Made
from flowops.model.protection import PROTECTED, Protection
from tests.fakes import tree
from tests.integration.organization import DEV, Home, organization

ENVIRONMENT = tree.environment("dev")
UNIT = tree.unit("foundation/vpc")
CLUSTER = {"Key": "elbv2.k8s.aws/cluster", "Value": "flowable-dev"}
OURS = [
    {"Key": "flowops:project", "Value": "flowable"},
    {"Key": "flowops:environment", "Value": "dev"},
    {"Key": "flowops:layer", "Value": "foundation"},
]
ROLE = f"arn:aws:iam::{DEV}:role/cluster"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsSession]:
    with organization(tmp_path_factory.mktemp("home")) as home:
        yield into(home)


def into(home: Home) -> AwsSession:
    return home.into(DEV)


@pytest.fixture(scope="module")
def aws(session: AwsSession) -> DemolitionAws:
    return DemolitionAws("flowable", reader=lambda _: session, writer=lambda _: session)


@pytest.fixture(scope="module")
def network(session: AwsSession) -> str:
    return str(session.call("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture(scope="module")
def subnets(session: AwsSession, network: str) -> list[str]:
    made = []
    for index, zone in enumerate(("eu-central-1a", "eu-central-1b")):
        answer = session.call(
            "ec2", "CreateSubnet", VpcId=network, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=zone
        )
        made.append(str(answer["Subnet"]["SubnetId"]))
    return made


def database(session: AwsSession, name: str, *, protected: bool = True) -> None:
    session.call(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="flowable",
        MasterUserPassword="only-for-this-test",
        DeletionProtection=protected,
    )


def lift(aws: DemolitionAws, type_: str, name: str) -> None:
    aws.lift(ENVIRONMENT, Protection(UNIT, "address", type_, name))


def test_a_protected_database_can_be_deleted_once_its_protection_is_lifted(
    session: AwsSession, aws: DemolitionAws
) -> None:
    database(session, "protected")
    with pytest.raises(AwsFailed, match="Cannot delete protected DB Instance"):
        session.call("rds", "DeleteDBInstance", DBInstanceIdentifier="protected", SkipFinalSnapshot=True)
    lift(aws, "aws_db_instance", "protected")
    lift(aws, "aws_db_instance", "protected")
    session.call("rds", "DeleteDBInstance", DBInstanceIdentifier="protected", SkipFinalSnapshot=True)


def test_the_protection_of_a_database_cluster_is_lifted(session: AwsSession, aws: DemolitionAws) -> None:
    session.call(
        "rds",
        "CreateDBCluster",
        DBClusterIdentifier="aurora",
        Engine="aurora-postgresql",
        MasterUsername="flowable",
        MasterUserPassword="only-for-this-test",
        DeletionProtection=True,
    )
    lift(aws, "aws_rds_cluster", "aurora")
    (found,) = session.call("rds", "DescribeDBClusters", DBClusterIdentifier="aurora")["DBClusters"]
    assert found["DeletionProtection"] is False


def test_the_protection_of_a_cluster_is_lifted_and_waited_for(
    session: AwsSession, aws: DemolitionAws, subnets: list[str]
) -> None:
    session.call(
        "eks",
        "CreateCluster",
        name="protected",
        roleArn=ROLE,
        resourcesVpcConfig={"subnetIds": subnets},
        deletionProtection=True,
    )
    lift(aws, "aws_eks_cluster", "protected")
    found = session.call("eks", "DescribeCluster", name="protected")["cluster"]
    assert (found["deletionProtection"], found["status"]) == (False, "ACTIVE")
    session.call("eks", "DeleteCluster", name="protected")


def test_the_protection_of_a_load_balancer_is_lifted(
    session: AwsSession, aws: DemolitionAws, subnets: list[str]
) -> None:
    arn = balancer(session, "protected", subnets)
    on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    session.call("elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=on)
    lift(aws, "aws_lb", arn)
    attributes = session.call("elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=arn)["Attributes"]
    assert {it["Key"]: it["Value"] for it in attributes}["deletion_protection.enabled"] == "false"


def test_every_kind_of_protection_that_is_found_can_be_lifted(aws: DemolitionAws) -> None:
    for type_ in PROTECTED:
        with pytest.raises(AwsFailed):
            lift(aws, type_, "no-such-thing")


def balancer(session: AwsSession, name: str, subnets: list[str], *tags: dict[str, str]) -> str:
    given = {"Tags": list(tags)} if tags else {}
    answer = session.call("elbv2", "CreateLoadBalancer", Name=name, Subnets=subnets, **given)
    return str(answer["LoadBalancers"][0]["LoadBalancerArn"])


def test_buckets_count_as_full_with_their_old_versions_too(session: AwsSession, aws: DemolitionAws) -> None:
    for name in ("empty", "full", "versioned"):
        where = {"LocationConstraint": "eu-central-1"}
        session.call("s3", "CreateBucket", Bucket=f"flowable-{name}", CreateBucketConfiguration=where)
    enabled = {"Status": "Enabled"}
    session.call("s3", "PutBucketVersioning", Bucket="flowable-versioned", VersioningConfiguration=enabled)
    for name in ("flowable-full", "flowable-versioned"):
        session.call("s3", "PutObject", Bucket=name, Key="key", Body=b"text")
    session.call("s3", "DeleteObject", Bucket="flowable-versioned", Key="key")
    names = ("flowable-empty", "flowable-full", "flowable-versioned", "flowable-gone")
    found = aws.obstacles(ENVIRONMENT, Doomed(buckets=tuple(("address", name) for name in names)))
    assert found.buckets == {"flowable-full", "flowable-versioned"}


def test_final_snapshots_that_exist_are_found(session: AwsSession, aws: DemolitionAws) -> None:
    database(session, "work", protected=False)
    session.call("rds", "CreateDBSnapshot", DBSnapshotIdentifier="work-final", DBInstanceIdentifier="work")
    wanted = Doomed(
        snapshots=(("address", "work-final"), ("address", "other-final")),
        cluster_snapshots=(("address", "cluster-final"),),
    )
    assert aws.obstacles(ENVIRONMENT, wanted) == Found(snapshots=frozenset({"work-final"}))


def test_what_kubernetes_made_in_a_network_is_found_and_nothing_else(
    session: AwsSession, aws: DemolitionAws, network: str, subnets: list[str]
) -> None:
    ec2 = session.client("ec2")
    made = balancer(session, "k8s-flowable", subnets, CLUSTER)
    balancer(session, "somebodys", subnets, {"Key": "team", "Value": "x"})
    session.call(
        "elb",
        "CreateLoadBalancer",
        LoadBalancerName="a1b2c3",
        Listeners=[{"Protocol": "tcp", "LoadBalancerPort": 80, "InstancePort": 80}],
        Subnets=subnets,
        Tags=[{"Key": "kubernetes.io/cluster/flowable-dev", "Value": "owned"}],
    )
    groups = {
        name: ec2.create_security_group(GroupName=name, Description=name, VpcId=network)["GroupId"]
        for name in ("k8s-traffic", "of-a-service", "of-terraform", "plain")
    }
    owned = {"Key": "kubernetes.io/cluster/flowable-dev", "Value": "owned"}
    ec2.create_tags(Resources=[groups["k8s-traffic"]], Tags=[CLUSTER])
    ec2.create_tags(Resources=[groups["of-a-service"]], Tags=[owned])
    ec2.create_tags(Resources=[groups["of-terraform"]], Tags=[owned, *OURS[:2]])
    interface = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    ec2.create_tags(Resources=[interface], Tags=[{"Key": "cluster.k8s.amazonaws.com/name", "Value": "flowable-dev"}])
    ec2.create_network_interface(SubnetId=subnets[0])
    found = aws.obstacles(ENVIRONMENT, Doomed(networks=(("address", network),)))
    assert set(found.made) == {
        Made("load balancer", made, network),
        Made("classic load balancer", "a1b2c3", network),
        Made("network interface", interface, network),
        Made("security group", groups["k8s-traffic"], network),
        Made("security group", groups["of-a-service"], network),
    }


def test_the_sweep_finds_what_is_tagged_and_deletes_what_it_knows_to_delete(
    session: AwsSession, aws: DemolitionAws, network: str
) -> None:
    ec2 = session.client("ec2")
    group = ec2.create_security_group(GroupName="left", Description="left", VpcId=network)["GroupId"]
    other = ec2.create_security_group(GroupName="other", Description="other layer", VpcId=network)["GroupId"]
    ec2.create_tags(Resources=[group], Tags=OURS)
    ec2.create_tags(Resources=[other], Tags=[*OURS[:2], {"Key": "flowops:layer", "Value": "app"}])
    trust = '{"Version": "2012-10-17", "Statement": []}'
    for name, tags in (("of-layer", OURS), ("of-other", [*OURS[:2], {"Key": "flowops:layer", "Value": "app"}])):
        path = "/flowable/workload/"
        session.call("iam", "CreateRole", RoleName=name, Path=path, AssumeRolePolicyDocument=trust, Tags=tags)
    left = leftovers(aws.left(ENVIRONMENT, ("foundation",)), protected=False)
    assert [it.arn.rpartition("/")[2] for it in left] == [group, "of-layer"]
    assert [it.deletable for it in left] == [True, False]
    aws.delete(ENVIRONMENT, left[0])
    assert [it.arn.rpartition("/")[2] for it in aws.left(ENVIRONMENT, ("foundation",))] == ["of-layer"]


def test_load_balancers_and_their_groups_are_deleted_by_their_whole_arn(
    session: AwsSession, aws: DemolitionAws, network: str, subnets: list[str]
) -> None:
    arn = balancer(session, "left", subnets, *OURS)
    group = session.call("elbv2", "CreateTargetGroup", Name="left", Protocol="HTTP", Port=80, VpcId=network, Tags=OURS)
    target = group["TargetGroups"][0]["TargetGroupArn"]
    address = session.call("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
    interface = session.call("ec2", "CreateNetworkInterface", SubnetId=subnets[0])["NetworkInterface"]
    name = interface["NetworkInterfaceId"]
    session.call("ec2", "CreateTags", Resources=[address, name], Tags=OURS)
    left = {it.arn: it for it in leftovers(aws.left(ENVIRONMENT, ("foundation",)), protected=False) if it.deletable}
    assert {arn, target} < set(left)
    assert {address, name} < {it.rpartition("/")[2] for it in left}
    for it in left.values():
        aws.delete(ENVIRONMENT, it)
    assert not [it for it in leftovers(aws.left(ENVIRONMENT, ("foundation",)), protected=False) if it.deletable]
