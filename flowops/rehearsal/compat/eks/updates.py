"""Updates of clusters and node groups; each is finished when it is answered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions
from flowops.rehearsal.compat.versions import KUBERNETES_VERSIONS, minor, node_release

MERGED = {"resourcesVpcConfig": "resources_vpc_config", "accessConfig": "access_config"}
REPLACED = {
    "logging": "logging",
    "upgradePolicy": "upgrade_policy",
    "deletionProtection": "deletion_protection",
    "kubernetesNetworkConfig": "kubernetes_network_config",
    "remoteNetworkConfig": "remote_network_config",
}


def install() -> None:
    """Answer updates with an Update, as terraform waits for one; moto answers with the cluster or not at all."""
    add_actions(
        EKSResponse,
        update_cluster_config,
        update_cluster_version,
        update_nodegroup_version,
        associate_encryption_config,
        describe_update,
        list_updates,
    )


def updated(cluster: Any, kind: str, changes: Mapping[str, Any]) -> ActionResult:
    """Note a finished update with the cluster and answer with it."""
    update = {
        "id": str(uuid.uuid4()),
        "status": "Successful",
        "type": kind,
        "params": [{"type": name[0].upper() + name[1:], "value": json.dumps(value)} for name, value in changes.items()],
        "createdAt": utcnow(),
        "errors": [],
    }
    cluster.updates[update["id"]] = update
    return ActionResult({"update": update})


def update_cluster_config(self: Any) -> ActionResult:
    """Change network access, logging, authentication mode, support policy or deletion protection."""
    cluster = self.eks_backend.describe_cluster(self._get_param("name"))
    given = {name: self._get_param(name) for name in (*MERGED, *REPLACED)}
    changes = {name: value for name, value in given.items() if value is not None}
    _check_authentication_mode(cluster, changes.get("accessConfig") or {})
    for name, value in changes.items():
        attribute = MERGED.get(name) or REPLACED[name]
        setattr(cluster, attribute, getattr(cluster, attribute) | value if name in MERGED else value)
    return updated(cluster, "ConfigUpdate", changes)


def update_cluster_version(self: Any) -> ActionResult:
    """Go to the next minor version; EKS skips none and never goes back."""
    cluster, wanted = self.eks_backend.describe_cluster(self._get_param("name")), self._get_param("version")
    if wanted not in KUBERNETES_VERSIONS or minor(wanted) - minor(cluster.version) not in (0, 1):
        message = f"Unsupported Kubernetes minor version update from {cluster.version} to {wanted}"
        raise AwsError("InvalidParameterException", message)
    cluster.version = wanted
    return updated(cluster, "VersionUpdate", {"version": wanted})


def update_nodegroup_version(self: Any) -> ActionResult:
    """Bring the nodes to a version, release or launch template; without any to the cluster's version."""
    cluster = self.eks_backend.describe_cluster(self._get_param("clusterName"))
    group = self.eks_backend.describe_nodegroup(cluster.name, self._get_param("nodegroupName"))
    version, release = self._get_param("version"), self._get_param("releaseVersion")
    template = self._get_param("launchTemplate")
    if version or not release:
        group.version = version or cluster.version
        group.release_version = node_release(group.version)
    if release:
        group.release_version = release
    if template:
        group.launch_template = {**(group.launch_template or {}), **template}
    group.modified_at = utcnow()
    return updated(cluster, "VersionUpdate", {"version": group.version, "releaseVersion": group.release_version})


def associate_encryption_config(self: Any) -> ActionResult:
    """Encrypt the secrets of a cluster from now on."""
    cluster = self.eks_backend.describe_cluster(self._get_param("clusterName"))
    cluster.encryption_config = self._get_param("encryptionConfig")
    return updated(cluster, "AssociateEncryptionConfig", {"encryptionConfig": cluster.encryption_config})


def describe_update(self: Any) -> ActionResult:
    """Return one update of a cluster, its add-ons or node groups."""
    cluster, wanted = self.eks_backend.describe_cluster(self._get_param("name")), self._get_param("updateId")
    if wanted not in cluster.updates:
        raise AwsError("ResourceNotFoundException", f"No update found for ID: {wanted}")
    return ActionResult({"update": cluster.updates[wanted]})


def list_updates(self: Any) -> ActionResult:
    """Return the ids of all updates of a cluster."""
    return ActionResult({"updateIds": list(self.eks_backend.describe_cluster(self._get_param("name")).updates)})


def _check_authentication_mode(cluster: Any, access: Mapping[str, Any]) -> None:
    """Refuse the way back: https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html."""
    modes = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
    present, wanted = cluster.access_config["authenticationMode"], access.get("authenticationMode")
    if wanted and modes.index(wanted) < modes.index(present):
        message = f"Unsupported authentication mode update from {present} to {wanted}"
        raise AwsError("InvalidParameterException", message)
