"""Deleting what terraform alone cannot: protection lifted, obstacles looked for, leftovers found and deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from flowops.adapters.aws.client import AwsSession, tags_of
from flowops.adapters.aws.errors import AwsDenied, AwsFailed
from flowops.adapters.aws.resources import left_of
from flowops.model.deployment import Environment
from flowops.model.leftovers import Leftover, Standing
from flowops.model.obstacles import Doomed, Found, Made
from flowops.model.protection import Protection
from flowops.model.tags import PREFIX

_CLUSTER_TAGS = ("elbv2.k8s.aws/cluster", "kubernetes.io/cluster/", "cluster.k8s.amazonaws.com/name")
_OF_EKS_ITSELF = "aws:eks:cluster-name"
_ABSENT = ("DBSnapshotNotFound", "DBSnapshotNotFoundFault", "DBClusterSnapshotNotFoundFault", "NoSuchBucket", "404")
_TAGS_AT_ONCE = 20


class DemolitionAws:
    """AWS as one project's environments have it; `reader` looks with the plan role, `writer` is the deploy role."""

    def __init__(
        self,
        project: str,
        *,
        reader: Callable[[Environment], AwsSession],
        writer: Callable[[Environment], AwsSession],
    ) -> None:
        self._project, self._reader, self._writer = project, reader, writer

    def obstacles(self, environment: Environment, wanted: Doomed) -> Found:
        """Return what AWS has that can stand in the way of deleting `wanted`."""
        session = self._reader(environment)
        writer = self._writer(environment) if wanted.buckets else session
        return Found(
            frozenset(name for _, name in wanted.buckets if _holds_objects(writer, name)),
            frozenset(name for _, name in wanted.snapshots if _exists(session, "DBSnapshot", name)),
            frozenset(name for _, name in wanted.cluster_snapshots if _exists(session, "DBClusterSnapshot", name)),
            tuple(it for _, network in wanted.networks for it in _made_in(session, network)),
        )

    def lift(self, environment: Environment, protection: Protection) -> None:
        """Switch deletion protection off; where it is off already, nothing happens."""
        session, name = self._writer(environment), protection.name
        match protection.type:
            case "aws_db_instance":
                session.call(
                    "rds",
                    "ModifyDBInstance",
                    DBInstanceIdentifier=name,
                    DeletionProtection=False,
                    ApplyImmediately=True,
                )
            case "aws_rds_cluster":
                session.call(
                    "rds", "ModifyDBCluster", DBClusterIdentifier=name, DeletionProtection=False, ApplyImmediately=True
                )
            case "aws_eks_cluster":
                session.call("eks", "UpdateClusterConfig", name=name, deletionProtection=False)
                with session.explained("eks", f"UpdateClusterConfig of {name}"):
                    session.client("eks").get_waiter("cluster_active").wait(name=name)
            case "aws_lb":
                off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
                session.call("elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=name, Attributes=off)
            case _:
                raise ValueError(f"nobody knows how to lift the protection of {protection.type}")

    def left(self, environment: Environment, layers: Collection[str]) -> tuple[Standing, ...]:
        """Return what is still there of these layers, by its tags."""
        return left_of(self._reader(environment), self._project, environment.name, layers)

    def delete(self, environment: Environment, leftover: Leftover) -> None:
        """Delete one leftover of a kind that is deletable."""
        service, operation, parameter, short = _DELETES[leftover.kind]
        name = leftover.arn.rpartition("/")[2] if short else leftover.arn
        self._writer(environment).call(service, operation, **{parameter: name})


_DELETES = {
    "ec2 elastic-ip": ("ec2", "ReleaseAddress", "AllocationId", True),
    "ec2 network-interface": ("ec2", "DeleteNetworkInterface", "NetworkInterfaceId", True),
    "ec2 security-group": ("ec2", "DeleteSecurityGroup", "GroupId", True),
    "elasticloadbalancing loadbalancer": ("elbv2", "DeleteLoadBalancer", "LoadBalancerArn", False),
    "elasticloadbalancing targetgroup": ("elbv2", "DeleteTargetGroup", "TargetGroupArn", False),
    "resource-groups group": ("resource-groups", "DeleteGroup", "Group", False),
}
"""How each kind is deleted: service, operation, parameter, and whether that takes the last part of the ARN alone."""


def _holds_objects(session: AwsSession, bucket: str) -> bool:
    """Say whether a bucket holds anything, old versions and the marks of deleted ones included."""
    try:
        answer = session.call("s3", "ListObjectVersions", Bucket=bucket, MaxKeys=1)
    except AwsDenied:
        # Whoever may not look may not delete it either: terraform will say so.
        return False
    except AwsFailed as error:
        if error.code in _ABSENT:
            return False
        raise
    return bool(answer.get("Versions") or answer.get("DeleteMarkers"))


def _exists(session: AwsSession, kind: str, name: str) -> bool:
    try:
        answer = session.call("rds", f"Describe{kind}s", **{f"{kind}Identifier": name})
    except AwsFailed as error:
        if error.code in _ABSENT:
            return False
        raise
    return bool(answer[f"{kind}s"])


def _made_in(session: AwsSession, network: str) -> Iterator[Made]:
    yield from _balancers(session, network)
    yield from _classic_balancers(session, network)
    here = [{"Name": "vpc-id", "Values": [network]}]
    for it in session.each("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=here):
        if _of_a_cluster(tags_of(it.get("TagSet"))):
            yield Made("network interface", it["NetworkInterfaceId"], network, it["Status"] == "available")
    for it in session.each("ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=here):
        if _of_a_cluster(tags_of(it.get("Tags"))):
            yield Made("security group", it["GroupId"], network)


def _balancers(session: AwsSession, network: str) -> Iterator[Made]:
    listed = session.each("elbv2", "DescribeLoadBalancers", "LoadBalancers")
    arns = [it["LoadBalancerArn"] for it in listed if it.get("VpcId") == network]
    for start in range(0, len(arns), _TAGS_AT_ONCE):
        answer = session.call("elbv2", "DescribeTags", ResourceArns=arns[start : start + _TAGS_AT_ONCE])
        for it in answer["TagDescriptions"]:
            if _of_a_cluster(tags_of(it["Tags"])):
                yield Made("load balancer", it["ResourceArn"], network)


def _classic_balancers(session: AwsSession, network: str) -> Iterator[Made]:
    listed = session.each("elb", "DescribeLoadBalancers", "LoadBalancerDescriptions")
    names = [it["LoadBalancerName"] for it in listed if it.get("VPCId") == network]
    for start in range(0, len(names), _TAGS_AT_ONCE):
        answer = session.call("elb", "DescribeTags", LoadBalancerNames=names[start : start + _TAGS_AT_ONCE])
        for it in answer["TagDescriptions"]:
            if _of_a_cluster(tags_of(it["Tags"])):
                yield Made("classic load balancer", it["LoadBalancerName"], network)


def _of_a_cluster(tags: Collection[str]) -> bool:
    """Say whether Kubernetes made it; what EKS itself made goes with its cluster, what terraform made with its unit."""
    ours = _OF_EKS_ITSELF in tags or any(key.startswith(PREFIX) for key in tags)
    return not ours and any(key.startswith(_CLUSTER_TAGS) for key in tags)
