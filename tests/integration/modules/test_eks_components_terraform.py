from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.modules.example import NO_CHANGES, Example

Aws = Callable[[str], Any]
CLUSTER = "flowable-components"


@pytest.fixture
def cluster(aws: Aws) -> Iterator[str]:
    """A bare cluster: the components need no more of it than its name."""
    subnets = [it["SubnetId"] for it in aws("ec2").describe_subnets()["Subnets"]][:2]
    role = f"arn:aws:iam::{aws('sts').get_caller_identity()['Account']}:role/cluster"
    aws("eks").create_cluster(name=CLUSTER, roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    yield CLUSTER
    aws("eks").delete_cluster(name=CLUSTER)


def test_each_component_has_a_role_for_its_service_account(
    started: Callable[[str], Example], aws: Aws, cluster: str
) -> None:
    components = started("eks-components")
    components.apply(cluster_name=cluster)
    assert components.plan_exit_code() == NO_CHANGES
    assert components.untagged("eks-components") == []
    arns = components.outputs()["role_arns"]
    assert arns["external-secrets"].endswith(":role/flowable/workload/external-secrets")
    found = aws("eks").list_pod_identity_associations(clusterName=cluster)["associations"]
    assert {(it["namespace"], it["serviceAccount"]) for it in found} == {
        ("external-secrets", "external-secrets"),
        ("kube-system", "cluster-autoscaler"),
        ("kube-system", "aws-load-balancer-controller"),
    }
    assert {name: trusted(aws, arn) for name, arn in arns.items()} == {
        "external-secrets": (cluster, "external-secrets"),
        "cluster-autoscaler": (cluster, "cluster-autoscaler"),
        "aws-load-balancer-controller": (cluster, "aws-load-balancer-controller"),
    }
    assert readable_secrets(aws) == ["/flowable/example/license-aBcDeF", "/flowable/repository-aBcDeF"]

    components.destroy()
    assert not aws("eks").list_pod_identity_associations(clusterName=cluster)["associations"]


def trusted(aws: Aws, role: str) -> tuple[str, str]:
    """Return the one cluster and service account whose pods may assume a role."""
    document = aws("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    (statement,) = document["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    condition = statement["Condition"]["StringEquals"]
    cluster = condition["aws:RequestTag/eks-cluster-arn"].rpartition("/")[2]
    return cluster, condition["aws:RequestTag/kubernetes-service-account"]


def readable_secrets(aws: Aws) -> list[str]:
    answer = aws("iam").get_role_policy(RoleName="external-secrets", PolicyName="external-secrets")
    document = answer["PolicyDocument"]
    statements = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    (reading,) = [it for it in statements if "secretsmanager:GetSecretValue" in it["Action"]]
    return sorted(arn.partition(":secret:")[2] for arn in reading["Resource"])
