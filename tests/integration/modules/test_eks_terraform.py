from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration.modules.example import NO_CHANGES, Example

Aws = Callable[[str], Any]
POLICIES = "arn:aws:eks::aws:cluster-access-policy"
ADDONS = {
    "aws-ebs-csi-driver",
    "aws-efs-csi-driver",
    "coredns",
    "eks-pod-identity-agent",
    "kube-proxy",
    "vpc-cni",
}
TAGS = {"flowops:project", "flowops:environment", "flowops:layer", "flowops:unit"}


def test_a_cluster_that_only_its_four_roles_enter(started: Callable[[str], Example], aws: Aws) -> None:
    eks = started("eks")
    eks.apply()
    assert eks.plan_exit_code() == NO_CHANGES
    assert eks.untagged("eks") == []
    name = eks.outputs()["cluster_name"]
    cluster = aws("eks").describe_cluster(name=name)["cluster"]
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    assert cluster["encryptionConfig"][0]["resources"] == ["secrets"]
    assert cluster["resourcesVpcConfig"]["publicAccessCidrs"] == ["192.0.2.0/24"]
    assert access(aws, name) == {
        "DevOpsAdminRole": (f"{POLICIES}/AmazonEKSClusterAdminPolicy", "cluster", ()),
        "FlowableAdminRole": (f"{POLICIES}/AmazonEKSAdminPolicy", "namespace", ("flowable",)),
        "FlowableUserRole": (f"{POLICIES}/AmazonEKSViewPolicy", "namespace", ("flowable",)),
        "FlowopsPlanRole": ("flowops-plan", "groups", ()),
    }
    assert set(aws("eks").list_addons(clusterName=name)["addons"]) == ADDONS
    assert service_accounts(aws, name) == {"aws-node", "ebs-csi-controller-sa", "efs-csi-controller-sa"}
    nodes_are_closed_and_tagged(aws, name, eks.outputs()["node_group_name"])

    eks.destroy()
    assert name not in aws("eks").list_clusters()["clusters"]


def test_a_cluster_is_never_open_to_the_whole_internet(started: Callable[[str], Example]) -> None:
    eks = started("eks")
    main = eks.folder / "main.tf"
    main.write_text(main.read_text().replace("192.0.2.0/24", "0.0.0.0/0"))
    assert "never the whole internet" in eks.refused()


def access(aws: Aws, cluster: str) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Return policy, scope and namespaces of each role that may enter; without a policy the groups that it is in."""
    eks = aws("eks")
    found: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for role in eks.list_access_entries(clusterName=cluster)["accessEntries"]:
        if ":role/flowable/" not in role or "/workload/" in role:
            continue  # EKS itself lets its nodes in
        answer = eks.list_associated_access_policies(clusterName=cluster, principalArn=role)
        entry = eks.describe_access_entry(clusterName=cluster, principalArn=role)["accessEntry"]
        groups = ",".join(entry["kubernetesGroups"])
        ways = [(groups, "groups", ())] if groups else []
        for policy in answer["associatedAccessPolicies"]:
            scope = policy["accessScope"]
            ways.append((policy["policyArn"], scope["type"], tuple(sorted(scope.get("namespaces", ())))))
        (found[role.rpartition("/")[2]],) = ways
    return found


def service_accounts(aws: Aws, cluster: str) -> set[str]:
    found = aws("eks").list_pod_identity_associations(clusterName=cluster)["associations"]
    return {it["serviceAccount"] for it in found if it["namespace"] == "kube-system"}


def nodes_are_closed_and_tagged(aws: Aws, cluster: str, group: str) -> None:
    nodes = aws("eks").describe_nodegroup(clusterName=cluster, nodegroupName=group)["nodegroup"]
    assert (nodes["scalingConfig"]["minSize"], nodes["scalingConfig"]["maxSize"]) == (1, 3)
    answer = aws("ec2").describe_launch_template_versions(
        LaunchTemplateId=nodes["launchTemplate"]["id"], Versions=[nodes["launchTemplate"]["version"]]
    )
    template = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert (template["MetadataOptions"]["HttpTokens"], template["MetadataOptions"]["HttpPutResponseHopLimit"]) == (
        "required",
        1,
    )
    assert all(it["Ebs"]["Encrypted"] for it in template["BlockDeviceMappings"])
    tagged = {it["ResourceType"]: {tag["Key"] for tag in it["Tags"]} for it in template["TagSpecifications"]}
    assert {kind for kind, keys in tagged.items() if keys > TAGS} == {"instance", "network-interface", "volume"}
