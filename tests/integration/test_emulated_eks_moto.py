from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulated_aws import DEV, Cloud, running

ROLE = f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"
NODE_ROLE = f"arn:aws:iam::{DEV}:role/flowable/workload/nodes"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("eks")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def eks(cloud: Cloud) -> Any:
    return cloud.client("eks")


@pytest.fixture(scope="module")
def subnets(cloud: Cloud) -> tuple[str, str, list[str]]:
    """Return the VPC and two of its subnets."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]
    return vpc, "two subnets", made


@pytest.fixture
def cluster(eks: Any, subnets: Any, request: pytest.FixtureRequest) -> str:
    """Create a cluster of the test's own with the access mode API."""
    name = request.node.name[:60].strip("_")
    create(eks, name, subnets)
    return name


def create(eks: Any, name: str, subnets: Any, **more: Any) -> dict[str, Any]:
    settings = {
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
        "version": "1.31",
        **more,
    }
    answer: dict[str, Any] = eks.create_cluster(
        name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets[2]}, **settings
    )
    return answer["cluster"]


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_cluster_keeps_its_access_configuration_and_knows_its_network(eks: Any, subnets: Any) -> None:
    made = create(eks, "kept", subnets, upgradePolicy={"supportType": "STANDARD"}, tags={"flowops:unit": "eks"})
    read = eks.describe_cluster(name="kept")["cluster"]

    assert read == made
    assert read["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert read["upgradePolicy"] == {"supportType": "STANDARD"}
    assert read["resourcesVpcConfig"]["vpcId"] == subnets[0]
    assert read["resourcesVpcConfig"]["publicAccessCidrs"] == ["0.0.0.0/0"]
    assert read["tags"] == {"flowops:unit": "eks"}


def test_each_cluster_has_an_identity_provider_and_a_readable_certificate_of_its_own(eks: Any, subnets: Any) -> None:
    one, other = create(eks, "one", subnets), create(eks, "other", subnets)
    assert one["identity"]["oidc"]["issuer"] != other["identity"]["oidc"]["issuer"]
    assert one["endpoint"] != other["endpoint"]
    assert base64.b64decode(one["certificateAuthority"]["data"]).startswith(b"-----BEGIN CERTIFICATE-----")


def test_the_security_group_of_a_cluster_comes_and_goes_with_it(cloud: Cloud, eks: Any, subnets: Any) -> None:
    group = create(eks, "passing", subnets)["resourcesVpcConfig"]["clusterSecurityGroupId"]
    ec2 = cloud.client("ec2")
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["VpcId"] == subnets[0]

    eks.delete_cluster(name="passing")
    with pytest.raises(ClientError) as gone:
        ec2.describe_security_groups(GroupIds=[group])
    assert code_of(gone) == "InvalidGroup.NotFound"


def test_a_cluster_answers_with_the_kubernetes_api_that_runs_for_it(cloud: Cloud, eks: Any, cluster: str) -> None:
    arn = eks.describe_cluster(name=cluster)["cluster"]["arn"]
    api = {"endpoint": "https://127.0.0.1:16443", "certificate_authority": "-----BEGIN CERTIFICATE-----\nreal\n"}
    (cloud.state_dir / "kubernetes.json").write_text(json.dumps({arn: api}))

    read = eks.describe_cluster(name=cluster)["cluster"]
    assert read["endpoint"] == api["endpoint"]
    assert base64.b64decode(read["certificateAuthority"]["data"]).decode() == api["certificate_authority"]


def test_the_creator_of_a_cluster_becomes_its_administrator_unless_told_otherwise(eks: Any, subnets: Any) -> None:
    create(eks, "owned", subnets, accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"})
    entries = eks.list_access_entries(clusterName="owned")["accessEntries"]
    assert entries == [f"arn:aws:iam::{DEV}:user/admin"]
    policies = eks.list_associated_access_policies(clusterName="owned", principalArn=entries[0])
    assert policies["associatedAccessPolicies"][0]["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")


def test_an_access_entry_holds_its_policies_until_they_are_taken_away(eks: Any, cluster: str) -> None:
    entry = eks.create_access_entry(
        clusterName=cluster, principalArn=ROLE, kubernetesGroups=["viewers"], tags={"a": "b"}
    )["accessEntry"]
    eks.associate_access_policy(
        clusterName=cluster,
        principalArn=ROLE,
        policyArn=VIEW,
        accessScope={"type": "namespace", "namespaces": ["flowable"]},
    )

    assert eks.describe_access_entry(clusterName=cluster, principalArn=ROLE)["accessEntry"] == entry
    held = eks.list_associated_access_policies(clusterName=cluster, principalArn=ROLE)["associatedAccessPolicies"]
    assert [(each["policyArn"], each["accessScope"]) for each in held] == [
        (VIEW, {"type": "namespace", "namespaces": ["flowable"]})
    ]
    assert eks.list_tags_for_resource(resourceArn=entry["accessEntryArn"])["tags"] == {"a": "b"}

    eks.disassociate_access_policy(clusterName=cluster, principalArn=ROLE, policyArn=VIEW)
    assert not eks.list_associated_access_policies(clusterName=cluster, principalArn=ROLE)["associatedAccessPolicies"]
    eks.delete_access_entry(clusterName=cluster, principalArn=ROLE)
    with pytest.raises(ClientError) as gone:
        eks.describe_access_entry(clusterName=cluster, principalArn=ROLE)
    assert code_of(gone) == "ResourceNotFoundException"


def test_a_principal_has_one_access_entry_at_most(eks: Any, cluster: str) -> None:
    eks.create_access_entry(clusterName=cluster, principalArn=ROLE)
    with pytest.raises(ClientError) as twice:
        eks.create_access_entry(clusterName=cluster, principalArn=ROLE)
    assert code_of(twice) == "ResourceInUseException"


def test_access_entries_need_an_access_mode_that_has_them(eks: Any, subnets: Any) -> None:
    create(eks, "old-mode", subnets, accessConfig={"authenticationMode": "CONFIG_MAP"})
    with pytest.raises(ClientError) as refused:
        eks.create_access_entry(clusterName="old-mode", principalArn=ROLE)
    assert code_of(refused) == "InvalidRequestException"


def test_an_addon_keeps_its_configuration_and_brings_its_pod_identities(eks: Any, cluster: str) -> None:
    addon = eks.create_addon(
        clusterName=cluster,
        addonName="aws-efs-csi-driver",
        configurationValues='{"a":"b=c&d"}',
        podIdentityAssociations=[{"serviceAccount": "efs-csi-controller-sa", "roleArn": ROLE}],
        tags={"c": "d"},
    )["addon"]
    offered = eks.describe_addon_versions(addonName="aws-efs-csi-driver", kubernetesVersion="1.31")["addons"]

    assert addon["status"] == "ACTIVE"
    assert addon["configurationValues"] == '{"a":"b=c&d"}'
    assert addon["addonVersion"] == offered[0]["addonVersions"][0]["addonVersion"]
    held = eks.list_pod_identity_associations(clusterName=cluster)["associations"]
    assert addon["podIdentityAssociations"] == [each["associationArn"] for each in held]

    eks.delete_addon(clusterName=cluster, addonName="aws-efs-csi-driver")
    assert eks.list_addons(clusterName=cluster)["addons"] == []
    assert eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []


def test_an_unknown_addon_is_refused_as_eks_does(eks: Any, cluster: str) -> None:
    with pytest.raises(ClientError) as refused:
        eks.create_addon(clusterName=cluster, addonName="vpc-cnii")
    assert code_of(refused) == "InvalidParameterException"


def test_a_service_account_has_one_pod_identity(eks: Any, cluster: str) -> None:
    given = {"clusterName": cluster, "namespace": "flowable", "serviceAccount": "work", "roleArn": ROLE}
    made = eks.create_pod_identity_association(**given, tags={"e": "f"})["association"]
    with pytest.raises(ClientError) as twice:
        eks.create_pod_identity_association(**given)
    assert code_of(twice) == "ResourceInUseException"

    changed = eks.update_pod_identity_association(
        clusterName=cluster, associationId=made["associationId"], roleArn=NODE_ROLE
    )["association"]
    assert (changed["roleArn"], changed["tags"]) == (NODE_ROLE, {"e": "f"})


def test_a_node_group_is_what_was_asked_for_and_no_more(eks: Any, subnets: Any, cluster: str) -> None:
    group = eks.create_nodegroup(
        clusterName=cluster,
        nodegroupName="workers",
        subnets=subnets[2],
        nodeRole=NODE_ROLE,
        instanceTypes=["m6i.large"],
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
        tags={"g": "h"},
    )["nodegroup"]

    assert "remoteAccess" not in group
    assert (group["version"], group["releaseVersion"][:5]) == ("1.31", "1.31.")
    assert group["updateConfig"] == {"maxUnavailable": 1}
    assert eks.list_tags_for_resource(resourceArn=group["nodegroupArn"])["tags"] == {"g": "h"}
    entry = eks.describe_access_entry(clusterName=cluster, principalArn=NODE_ROLE)["accessEntry"]
    assert entry["type"] == "EC2_LINUX"

    eks.delete_nodegroup(clusterName=cluster, nodegroupName="workers")
    assert eks.list_access_entries(clusterName=cluster)["accessEntries"] == []


def test_versions_go_up_one_at_a_time_and_nodes_follow(eks: Any, subnets: Any, cluster: str) -> None:
    eks.create_nodegroup(clusterName=cluster, nodegroupName="n", subnets=subnets[2], nodeRole=NODE_ROLE)
    with pytest.raises(ClientError) as refused:
        eks.update_cluster_version(name=cluster, version="1.33")
    assert code_of(refused) == "InvalidParameterException"

    update = eks.update_cluster_version(name=cluster, version="1.32")["update"]
    assert eks.describe_update(name=cluster, updateId=update["id"])["update"]["status"] == "Successful"
    eks.update_nodegroup_version(clusterName=cluster, nodegroupName="n")
    assert eks.describe_nodegroup(clusterName=cluster, nodegroupName="n")["nodegroup"]["version"] == "1.32"


def test_the_access_mode_never_goes_back(eks: Any, cluster: str) -> None:
    with pytest.raises(ClientError) as refused:
        eks.update_cluster_config(name=cluster, accessConfig={"authenticationMode": "CONFIG_MAP"})
    assert code_of(refused) == "InvalidParameterException"


def test_a_protected_cluster_is_deleted_only_after_its_protection_is_lifted(eks: Any, subnets: Any) -> None:
    create(eks, "precious", subnets, deletionProtection=True)
    with pytest.raises(ClientError) as refused:
        eks.delete_cluster(name="precious")
    assert code_of(refused) == "InvalidRequestException"

    eks.update_cluster_config(name="precious", deletionProtection=False)
    eks.delete_cluster(name="precious")
    assert "precious" not in eks.list_clusters()["clusters"]


def test_subnets_that_do_not_exist_are_refused(eks: Any) -> None:
    with pytest.raises(ClientError) as refused:
        create(eks, "nowhere", ("", "", ["subnet-mock-1"]))
    assert code_of(refused) == "InvalidParameterException"


def test_the_state_directory_is_private(cloud: Cloud) -> None:
    files = [path for path in Path(cloud.state_dir).iterdir() if path.name != "kubernetes.json"]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
