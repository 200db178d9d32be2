"""What stands in one account and region, service by service, whether it has tags or not.

Each listing is of whole kinds, spelled as in KINDS. What it costs is one call a page, and one more for each KMS key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.adapters.aws.client import AwsSession, tags_of
from flowops.model.drift.exempt import Mark
from flowops.model.drift.unmanaged import Resource

_OF_A_CLAIM = "efs.csi.aws.com/cluster"
"""What the EFS driver of Kubernetes tags its access points with."""


@dataclass(frozen=True)
class Place:
    """One account and region, looked at by a session."""

    session: AwsSession
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something that stands here."""
        return f"arn:{self.session.partition()}:{service}:{self.session.wire.region}:{self.account}:{resource}"

    def vpc(self, it: Mapping[str, Any]) -> str:
        """Return the ARN of the VPC that something is in."""
        return self.arn("ec2", f"vpc/{it['VpcId']}")


def _networks(place: Place) -> Iterator[Resource]:
    for it in place.session.each("ec2", "DescribeVpcs", "Vpcs"):
        yield Resource(place.vpc(it), tags_of(it.get("Tags")), mark=_default(it.get("IsDefault")))
    for it in place.session.each("ec2", "DescribeSubnets", "Subnets"):
        arn = place.arn("ec2", f"subnet/{it['SubnetId']}")
        yield Resource(arn, tags_of(it.get("Tags")), mark=_default(it.get("DefaultForAz")))
    for it in place.session.each("ec2", "DescribeSecurityGroups", "SecurityGroups"):
        parents = (place.vpc(it),) if it["GroupName"] == "default" and it.get("VpcId") else ()
        yield Resource(place.arn("ec2", f"security-group/{it['GroupId']}"), tags_of(it.get("Tags")), parents)


def _gateways(place: Place) -> Iterator[Resource]:
    for it in place.session.each("ec2", "DescribeNatGateways", "NatGateways"):
        if it["State"] != "deleted":
            yield Resource(place.arn("ec2", f"natgateway/{it['NatGatewayId']}"), tags_of(it.get("Tags")))
    for it in place.session.call("ec2", "DescribeAddresses")["Addresses"]:
        mark = Mark.SERVICE if it.get("ServiceManaged") else Mark.NONE
        yield Resource(place.arn("ec2", f"elastic-ip/{it['AllocationId']}"), tags_of(it.get("Tags")), mark=mark)


def _machines(place: Place) -> Iterator[Resource]:
    for reservation in place.session.each("ec2", "DescribeInstances", "Reservations"):
        for it in reservation["Instances"]:
            if it["State"]["Name"] != "terminated":
                yield Resource(place.arn("ec2", f"instance/{it['InstanceId']}"), tags_of(it.get("Tags")))
    for it in place.session.each("ec2", "DescribeVolumes", "Volumes"):
        along = (at["InstanceId"] for at in it.get("Attachments", ()) if at.get("DeleteOnTermination"))
        parents = tuple(place.arn("ec2", f"instance/{name}") for name in along)
        yield Resource(place.arn("ec2", f"volume/{it['VolumeId']}"), tags_of(it.get("Tags")), parents)
    for it in place.session.each("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups"):
        yield Resource(it["AutoScalingGroupARN"], tags_of(it.get("Tags")))


def _balancers(place: Place) -> Iterator[Resource]:
    for it in place.session.each("elbv2", "DescribeLoadBalancers", "LoadBalancers"):
        yield Resource(it["LoadBalancerArn"])
    for it in place.session.each("elb", "DescribeLoadBalancers", "LoadBalancerDescriptions"):
        yield Resource(place.arn("elasticloadbalancing", f"loadbalancer/{it['LoadBalancerName']}"))


def _buckets(place: Place) -> Iterator[Resource]:
    for it in place.session.each("s3", "ListBuckets", "Buckets", BucketRegion=place.session.wire.region):
        yield Resource(f"arn:{place.session.partition()}:s3:::{it['Name']}")


def _databases(place: Place) -> Iterator[Resource]:
    for it in place.session.each("rds", "DescribeDBInstances", "DBInstances"):
        parents = (place.arn("rds", f"cluster:{it['DBClusterIdentifier']}"),) if it.get("DBClusterIdentifier") else ()
        yield Resource(it["DBInstanceArn"], tags_of(it.get("TagList")), parents)
    for it in place.session.each("rds", "DescribeDBClusters", "DBClusters"):
        yield Resource(it["DBClusterArn"], tags_of(it.get("TagList")))


def _clusters(place: Place) -> Iterator[Resource]:
    for cluster in place.session.each("eks", "ListClusters", "clusters"):
        yield Resource(place.arn("eks", f"cluster/{cluster}"))
        for name in place.session.each("eks", "ListNodegroups", "nodegroups", clusterName=cluster):
            answer = place.session.call("eks", "DescribeNodegroup", clusterName=cluster, nodegroupName=name)
            yield Resource(answer["nodegroup"]["nodegroupArn"])
        for name in place.session.each("eks", "ListAddons", "addons", clusterName=cluster):
            answer = place.session.call("eks", "DescribeAddon", clusterName=cluster, addonName=name)
            yield Resource(answer["addon"]["addonArn"])


def _keys(place: Place) -> Iterator[Resource]:
    for it in place.session.each("kms", "ListKeys", "Keys"):
        key = place.session.call("kms", "DescribeKey", KeyId=it["KeyId"])["KeyMetadata"]
        leaving = Mark.LEAVING if key["KeyState"] == "PendingDeletion" else Mark.NONE
        yield Resource(it["KeyArn"], mark=Mark.SERVICE if key.get("KeyManager") == "AWS" else leaving)


def _stacks(place: Place) -> Iterator[Resource]:
    for it in place.session.each("cloudformation", "ListStacks", "StackSummaries"):
        if it["StackStatus"] != "DELETE_COMPLETE":
            parents = (it["ParentId"],) if it.get("ParentId") else ()
            yield Resource(it["StackId"], parents=parents)


def _identities(place: Place) -> Iterator[Resource]:
    """Yield who may do something in the account, and what says what they may; IAM is the same in every region."""
    for operation, key, given in (
        ("ListRoles", "Roles", {}),
        ("ListUsers", "Users", {}),
        ("ListGroups", "Groups", {}),
        ("ListPolicies", "Policies", {"Scope": "Local"}),
        ("ListInstanceProfiles", "InstanceProfiles", {}),
    ):
        for it in place.session.each("iam", operation, key, **given):
            yield Resource(it["Arn"])
    for it in place.session.call("iam", "ListOpenIDConnectProviders")["OpenIDConnectProviderList"]:
        yield Resource(it["Arn"])


def _others(place: Place) -> Iterator[Resource]:
    for it in place.session.each("efs", "DescribeFileSystems", "FileSystems"):
        yield Resource(it["FileSystemArn"], tags_of(it.get("Tags")))
    for it in place.session.each("efs", "DescribeAccessPoints", "AccessPoints"):
        whole = place.arn("elasticfilesystem", f"file-system/{it['FileSystemId']}")
        # Made for one volume claim; it goes with the file system that the claims of a cluster share.
        parents = (whole,) if _OF_A_CLAIM in tags_of(it.get("Tags")) else ()
        yield Resource(it["AccessPointArn"], tags_of(it.get("Tags")), parents)
    for it in place.session.call("opensearch", "ListDomainNames")["DomainNames"]:
        yield Resource(place.arn("es", f"domain/{it['DomainName']}"))
    for it in place.session.each("secretsmanager", "ListSecrets", "SecretList"):
        yield Resource(it["ARN"], tags_of(it.get("Tags")))
    for it in place.session.each("logs", "DescribeLogGroups", "logGroups"):
        yield Resource(it["arn"])
    for it in place.session.each("ssm", "DescribeParameters", "Parameters"):
        yield Resource(place.arn("ssm", f"parameter/{it['Name'].removeprefix('/')}"))


def _serverless(place: Place) -> Iterator[Resource]:
    for it in place.session.each("sns", "ListTopics", "Topics"):
        yield Resource(it["TopicArn"])
    for url in place.session.each("sqs", "ListQueues", "QueueUrls"):
        yield Resource(place.arn("sqs", url.rpartition("/")[2]))
    for it in place.session.each("lambda", "ListFunctions", "Functions"):
        yield Resource(it["FunctionArn"])
    for name in place.session.each("dynamodb", "ListTables", "TableNames"):
        yield Resource(place.arn("dynamodb", f"table/{name}"))


LISTINGS: tuple[tuple[Callable[[Place], Iterator[Resource]], tuple[str, ...]], ...] = (
    (_networks, ("ec2:vpc", "ec2:subnet", "ec2:security-group")),
    (_gateways, ("ec2:natgateway", "ec2:elastic-ip")),
    (_machines, ("ec2:instance", "ec2:volume", "autoscaling:autoScalingGroup")),
    (_balancers, ("elasticloadbalancing:loadbalancer",)),
    (_buckets, ("s3",)),
    (_databases, ("rds:db", "rds:cluster")),
    (_clusters, ("eks:cluster", "eks:nodegroup", "eks:addon")),
    (_keys, ("kms:key",)),
    (_stacks, ("cloudformation:stack",)),
    (
        _identities,
        ("iam:role", "iam:user", "iam:group", "iam:policy", "iam:instance-profile", "iam:oidc-provider"),
    ),
    (
        _others,
        (
            "elasticfilesystem:file-system",
            "elasticfilesystem:access-point",
            "es:domain",
            "secretsmanager:secret",
            "logs:log-group",
            "ssm:parameter",
        ),
    ),
    (_serverless, ("sns", "sqs", "lambda:function", "dynamodb:table")),
)
"""Every listing, and the kinds of which it has all."""


def _default(said: object) -> Mark:
    return Mark.DEFAULT if said else Mark.NONE
