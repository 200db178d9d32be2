"""Managed node groups: what EKS fills in, and what it leaves empty."""

from __future__ import annotations

from typing import Any

from moto.eks.models import EKSBackend, Nodegroup, eks_backends
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.eks.access_entries import grant_nodes
from flowops.rehearsal.compat.eks.updates import updated
from flowops.rehearsal.compat.patching import Function, around
from flowops.rehearsal.compat.versions import node_release

DEFAULT_IMAGE = "AL2023_x86_64_STANDARD"


def install() -> None:
    """Return a node group as it was asked for.

    moto invents remote access, instance types and an old version, and terraform replaces the group in
    every plan.
    """
    around(Nodegroup, "__init__", _complete)
    around(EKSResponse, "create_nodegroup", _create)
    around(EKSBackend, "delete_nodegroup", _delete)
    around(EKSResponse, "update_nodegroup_config", _note_update)


def _complete(original: Function, self: Any, **given: Any) -> None:
    original(self, **given)
    cluster = eks_backends[given["account_id"]][given["region_name"]].clusters[self.cluster_name]
    self.remote_access = given.get("remote_access")
    self.resources.pop("remoteAccessSecurityGroup", None)
    if given.get("launch_template"):
        self.disk_size, self.instance_types = given.get("disk_size"), given.get("instance_types")
    self.version = given.get("version") or cluster.version
    self.release_version = given.get("release_version") or node_release(self.version)
    self.ami_type = given.get("ami_type") or DEFAULT_IMAGE


def _create(original: Function, self: Any) -> Any:
    answer = original(self)
    cluster = self.eks_backend.clusters[self._get_param("clusterName")]
    group = cluster.nodegroups[self._get_param("nodegroupName")]
    group.update_config = self._get_param("updateConfig") or {"maxUnavailable": 1}
    group.node_repair_config = self._get_param("nodeRepairConfig")
    grant_nodes(cluster, group.node_role)
    return answer


def _delete(original: Function, self: Any, cluster_name: str, nodegroup_name: str) -> Any:
    group = original(self, cluster_name, nodegroup_name)
    cluster = self.clusters[cluster_name]
    entry = cluster.access_entries.get(group.node_role)
    shared = any(other.node_role == group.node_role for other in cluster.nodegroups.values())
    if entry is not None and entry.type == "EC2_LINUX" and not shared:
        del cluster.access_entries[group.node_role]
    return group


def _note_update(original: Function, self: Any) -> Any:
    original(self)
    cluster = self.eks_backend.clusters[self._get_param("clusterName")]
    given = {name: self._get_param(name) for name in ("labels", "taints", "scalingConfig", "updateConfig")}
    return updated(cluster, "ConfigUpdate", {name: value for name, value in given.items() if value is not None})
