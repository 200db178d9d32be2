"""Access policies of EKS as RBAC: the groups that stand for them, and the roles these groups are bound to.

https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
EKS decides by an authorizer of its own; here each policy is a group. Nobody can take such a group for himself: EKS
accepts none in an access entry that begins with `eks:`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from flowops.rehearsal.kubernetes.api import Api
from flowops.rehearsal.kubernetes.wanted import Grant

PREFIX = "eks:access-policy:"
_RBAC = "rbac.authorization.k8s.io"
_API = f"/apis/{_RBAC}/v1"
_READER = "eks:admin-view"
_ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
    "AmazonEKSAdminViewPolicy": _READER,
}


def group_of(policy: str, namespaces: str = "") -> str:
    """Return the group that stands for a policy in the whole cluster, or in the namespaces of a pattern."""
    return f"{PREFIX}{policy}:{namespaces}" if namespaces else f"{PREFIX}{policy}"


def has_rules(api: Api) -> bool:
    """Say that the controller manager has put together `admin`, `edit` and `view`: at first they have no rules."""
    return all(api.get(f"{_API}/clusterroles/{name}").get("rules") for name in ("admin", "edit", "view"))


def bind_cluster(api: Api) -> None:
    """Give the group of each policy its role in the whole cluster."""
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
    api.create(f"{_API}/clusterroles", {"metadata": {"name": _READER}, "rules": [everything]})
    for policy, role in _ROLES.items():
        api.create(f"{_API}/clusterrolebindings", _binding(group_of(policy), role))


def bind_namespaces(api: Api, grants: Iterable[Grant], namespaces: Iterable[str]) -> None:
    """Give the group of each grant its role in the namespaces that are there; another call finds later ones."""
    wanted = [grant for grant in grants if grant.policy in _ROLES]
    for name in namespaces:
        for grant in wanted:
            if fnmatchcase(name, grant.namespaces):
                document = _binding(group_of(grant.policy, grant.namespaces), _ROLES[grant.policy])
                api.create(f"{_API}/namespaces/{name}/rolebindings", document)


def namespaces_of(api: Api) -> frozenset[str]:
    """Return the names of the namespaces that are there to stay."""
    found = api.get("/api/v1/namespaces")["items"]
    return frozenset(it["metadata"]["name"] for it in found if it["status"].get("phase") == "Active")


def _binding(group: str, role: str) -> dict[str, Any]:
    return {
        "metadata": {"name": group},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group}],
    }
