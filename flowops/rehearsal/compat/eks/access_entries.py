"""Access entries: which IAM principal is who in a cluster.

https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.eks.principals import AssociatedPolicy, Scope, add_entry, entry_of
from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions

CLUSTER_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
RESERVED_GROUPS = ("system:", "eks:", "aws:", "amazon:", "iam:")
WRONG_MODE = (
    "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
)


def install() -> None:
    """Add the access entries of a cluster, which moto does not have."""
    add_actions(
        EKSResponse,
        create_access_entry,
        describe_access_entry,
        list_access_entries,
        update_access_entry,
        delete_access_entry,
    )


def create_access_entry(self: Any) -> ActionResult:
    """Let a principal into a cluster."""
    cluster = self.eks_backend.describe_cluster(self._get_param("clusterName"))
    principal = self._get_param("principalArn")
    if cluster.access_config["authenticationMode"] == "CONFIG_MAP":
        raise AwsError("InvalidRequestException", WRONG_MODE)
    if principal in cluster.access_entries:
        raise AwsError(
            "ResourceInUseException", "The specified access entry resource is already in use on this cluster."
        )
    groups = _groups(self._get_param("kubernetesGroups") or [])
    entry = add_entry(cluster, principal, self._get_param("type") or "STANDARD", self._get_param("username"))
    entry.kubernetes_groups = groups
    entry.tags = self._get_param("tags") or {}
    return ActionResult({"accessEntry": entry})


def describe_access_entry(self: Any) -> ActionResult:
    """Return one entry."""
    return ActionResult({"accessEntry": entry_of(self)})


def list_access_entries(self: Any) -> ActionResult:
    """Return the principals that have an entry, or those with one policy."""
    cluster = self.eks_backend.describe_cluster(self._get_param("clusterName"))
    policy = self._get_param("associatedPolicyArn")
    entries = cluster.access_entries.items()
    return ActionResult(
        {"accessEntries": sorted(name for name, entry in entries if not policy or policy in entry.policies)}
    )


def update_access_entry(self: Any) -> ActionResult:
    """Change the groups or the user name of an entry."""
    entry = entry_of(self)
    groups = self._get_param("kubernetesGroups")
    entry.kubernetes_groups = entry.kubernetes_groups if groups is None else _groups(groups)
    entry.username = self._get_param("username") or entry.username
    entry.modified_at = utcnow()
    return ActionResult({"accessEntry": entry})


def delete_access_entry(self: Any) -> EmptyResult:
    """Shut a principal out."""
    entry = entry_of(self)
    del self.eks_backend.describe_cluster(entry.cluster_name).access_entries[entry.principal_arn]
    return EmptyResult()


def _groups(wanted: list[str]) -> list[str]:
    """Return the groups, or refuse one that Kubernetes or EKS keeps for itself: nobody makes himself a master."""
    for group in wanted:
        if group.startswith(RESERVED_GROUPS):
            raise AwsError(
                "InvalidParameterException",
                f"The kubernetes group name {group} is invalid, it cannot start with {group.partition(':')[0]}:",
            )
    return wanted


def grant_creator(cluster: Any, principal: str) -> None:
    """Make the creator of a cluster its administrator, as EKS does unless it is told not to."""
    access = cluster.access_config
    if access["authenticationMode"] == "CONFIG_MAP" or not access["bootstrapClusterCreatorAdminPermissions"]:
        return
    entry = add_entry(cluster, principal, "STANDARD", None)
    entry.policies[CLUSTER_ADMIN] = AssociatedPolicy(CLUSTER_ADMIN, Scope("cluster"))


def grant_nodes(cluster: Any, role: str) -> None:
    """Let the nodes of a managed node group in, as EKS does by itself."""
    if cluster.access_config["authenticationMode"] != "CONFIG_MAP" and role not in cluster.access_entries:
        entry = add_entry(cluster, role, "EC2_LINUX", "system:node:{{EC2PrivateDNSName}}")
        entry.kubernetes_groups = ["system:nodes"]
