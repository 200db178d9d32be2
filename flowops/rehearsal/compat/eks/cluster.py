"""Clusters: access, network, identity and deletion protection."""

from __future__ import annotations

import secrets
from typing import Any

from moto.ec2.models import ec2_backends
from moto.eks.models import Cluster, EKSBackend
from moto.eks.responses import EKSResponse

from flowops.rehearsal.caller import caller_by_key
from flowops.rehearsal.compat.eks.access_entries import grant_creator
from flowops.rehearsal.compat.eks.endpoints import nobodys, running_api
from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, around
from flowops.rehearsal.compat.versions import DEFAULT_KUBERNETES_VERSION, PLATFORM_VERSION
from flowops.rehearsal.settings import Settings

# https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigRequest.html
VPC_DEFAULTS = {"endpointPublicAccess": True, "endpointPrivateAccess": False}


def install(settings: Settings) -> None:
    """Keep what CreateCluster says, and give each cluster an identity, a security group and an API of its own."""

    def describe(original: Function, self: Any, name: str) -> Any:
        cluster = original(self, name)
        if api := running_api(settings.state_dir, cluster.arn):
            cluster.endpoint = api.endpoint
            cluster.certificate_authority = {"data": api.encoded_authority}
        return cluster

    def create(original: Function, self: Any) -> Any:
        answer = _create(original, self)
        if settings.kubernetes:
            # Until its Kubernetes answers: that is for the control planes to say.
            self.eks_backend.clusters[self._get_param("name")].status = "CREATING"
        return answer

    around(Cluster, "__init__", _complete)
    around(EKSResponse, "create_cluster", create)
    around(EKSBackend, "describe_cluster", describe)
    around(EKSBackend, "delete_cluster", _delete)


def _complete(original: Function, self: Any, **given: Any) -> None:
    original(self, **given)
    account, region, cluster_id = given["account_id"], given["region_name"], secrets.token_hex(16).upper()
    api = nobodys(region, cluster_id)
    self.endpoint, self.certificate_authority = api.endpoint, {"data": api.encoded_authority}
    self.identity = {"oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{cluster_id}"}}
    self.version = given.get("version") or DEFAULT_KUBERNETES_VERSION
    self.platform_version = self.platformVersion = PLATFORM_VERSION
    self.kubernetes_network_config = {"ipFamily": "ipv4", **self.kubernetes_network_config}
    self.access_config = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}
    self.upgrade_policy = {"supportType": "EXTENDED"}
    self.health = {"issues": []}
    self.deletion_protection = False
    self.addons, self.access_entries, self.pod_identities, self.updates = {}, {}, {}, {}
    self.resources_vpc_config = _network(self, account, region, given["resources_vpc_config"])


def _network(cluster: Any, account: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the VPC settings with what EKS adds: the VPC, and a security group for control plane and nodes."""
    config = {"securityGroupIds": [], **VPC_DEFAULTS, **asked}
    if config["endpointPublicAccess"]:
        config.setdefault("publicAccessCidrs", ["0.0.0.0/0"])
    ec2 = ec2_backends[account][region]
    subnets = (subnet for zone in ec2.subnets.values() for subnet in zone.values())
    subnet = next((subnet for subnet in subnets if subnet.id in config.get("subnetIds", [])), None)
    if subnet is None:
        raise AwsError("InvalidParameterException", "The subnet IDs of the cluster do not exist.")
    group = ec2.create_security_group(
        f"eks-cluster-sg-{cluster.name}-{secrets.token_hex(4)}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
        subnet.vpc_id,
        tags={f"kubernetes.io/cluster/{cluster.name}": "owned", "aws:eks:cluster-name": cluster.name},
    )
    return config | {"vpcId": subnet.vpc_id, "clusterSecurityGroupId": group.id}


def _create(original: Function, self: Any) -> Any:
    answer = original(self)
    cluster = self.eks_backend.clusters[self._get_param("name")]
    cluster.access_config |= self._get_param("accessConfig") or {}
    cluster.upgrade_policy = self._get_param("upgradePolicy") or cluster.upgrade_policy
    cluster.deletion_protection = bool(self._get_param("deletionProtection"))
    caller = caller_by_key(self.current_account, self.access_key, self.region)
    grant_creator(cluster, caller.role or caller.principal)
    return answer


def _delete(original: Function, self: Any, name: str) -> Any:
    cluster = self.clusters.get(name)
    if cluster is not None and cluster.deletion_protection:
        raise AwsError(
            "InvalidRequestException",
            f"The cluster {name} cannot be deleted because deletion protection is enabled.",
        )
    deleted = original(self, name)
    ec2 = ec2_backends[self.account_id][self.region_name]
    ec2.delete_security_group(group_id=deleted.resources_vpc_config["clusterSecurityGroupId"])
    return deleted
