"""A cluster of prod beside that of dev, which lets in whom our module lets in: the same roles of its own account."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tests.e2e.aws import DEV, PROD, Rehearsed
from tests.integration.child_processes import await_true

_DEV, _PROD = "flowable-dev", "flowable-prod"


def roles_admitted(eks: Any, cluster: str) -> Collection[str]:
    """Return the ARN of every role with an access entry that the bootstrap made, not a module."""
    entries = eks.list_access_entries(clusterName=cluster)["accessEntries"]
    return [it for it in entries if ":role/flowable/" in it and "/workload/" not in it]


def make_cluster_of_prod(rehearsed: Rehearsed) -> None:
    """Make it, with the access entries of dev's cluster as they are for prod's own roles."""
    ec2, eks = rehearsed.in_prod("ec2"), rehearsed.in_prod("eks")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    eks.create_cluster(
        name=_PROD,
        roleArn=f"arn:aws:iam::{PROD}:role/flowable/workload/cluster",
        resourcesVpcConfig={"subnetIds": [subnet]},
        accessConfig={"authenticationMode": "API"},
    )
    await_true(lambda: eks.describe_cluster(name=_PROD)["cluster"]["status"] == "ACTIVE", "a cluster of prod")
    for role in roles_admitted(rehearsed.in_dev("eks"), _DEV):
        _admit(rehearsed.in_dev("eks"), eks, role)


def _admit(dev: Any, prod: Any, role: str) -> None:
    """Give prod's role of the same name what a role of dev has in dev's cluster."""
    entry = dev.describe_access_entry(clusterName=_DEV, principalArn=role)["accessEntry"]
    own = role.replace(DEV, PROD)
    prod.create_access_entry(clusterName=_PROD, principalArn=own, kubernetesGroups=entry["kubernetesGroups"])
    policies = dev.list_associated_access_policies(clusterName=_DEV, principalArn=role)["associatedAccessPolicies"]
    for it in policies:
        prod.associate_access_policy(
            clusterName=_PROD, principalArn=own, policyArn=it["policyArn"], accessScope=it["accessScope"]
        )
