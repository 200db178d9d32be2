"""Add-ons of a cluster, and the versions that there are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.eks import pod_identity
from flowops.rehearsal.compat.eks.updates import updated
from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions
from flowops.rehearsal.compat.versions import ADDON_VERSIONS, KUBERNETES_VERSIONS, addon_version

CHANGEABLE = {
    "addonVersion": "addon_version",
    "serviceAccountRoleArn": "service_account_role_arn",
    "configurationValues": "configuration_values",
}


@dataclass
class Addon:
    """One add-on that is installed."""

    cluster_name: str
    addon_name: str
    addon_version: str
    arn: str
    service_account_role_arn: str | None = None
    configuration_values: str | None = None
    pod_identity_associations: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "ACTIVE"
    owner: str = "aws"
    publisher: str = "eks"
    health: dict[str, Any] = field(default_factory=lambda: {"issues": []})
    created_at: datetime = field(default_factory=utcnow)
    modified_at: datetime = field(default_factory=utcnow)

    @property
    def addon_arn(self) -> str:
        """The add-on's ARN, as the API calls it."""
        return self.arn


def install() -> None:
    """Add the add-ons of a cluster, which moto does not have."""
    add_actions(
        EKSResponse, create_addon, describe_addon, list_addons, update_addon, delete_addon, describe_addon_versions
    )


def create_addon(self: Any) -> ActionResult:
    """Install an add-on."""
    cluster, name = self.eks_backend.describe_cluster(self._get_param("clusterName")), self._get_param("addonName")
    if name in cluster.addons:
        raise AwsError("ResourceInUseException", "Addon already exists.")
    if name not in ADDON_VERSIONS:
        message = f"Addon {name} specified is not supported in {cluster.version} kubernetes version"
        raise AwsError("InvalidParameterException", message)
    addon = Addon(
        cluster_name=cluster.name,
        addon_name=name,
        addon_version=self._get_param("addonVersion") or addon_version(name, cluster.version),
        arn=f"{cluster.arn.replace(':cluster/', ':addon/')}/{name}/{uuid.uuid4()}",
        service_account_role_arn=self._get_param("serviceAccountRoleArn"),
        configuration_values=self._get_param("configurationValues"),
        tags=self._get_param("tags") or {},
    )
    addon.pod_identity_associations = _associate(self, cluster, addon)
    cluster.addons[name] = addon
    return ActionResult({"addon": addon})


def describe_addon(self: Any) -> ActionResult:
    """Return one add-on."""
    return ActionResult({"addon": _addon(self)})


def list_addons(self: Any) -> ActionResult:
    """Return the names of a cluster's add-ons."""
    return ActionResult({"addons": sorted(self.eks_backend.describe_cluster(self._get_param("clusterName")).addons)})


def update_addon(self: Any) -> ActionResult:
    """Change version, configuration or role of an add-on."""
    addon, cluster = _addon(self), self.eks_backend.describe_cluster(self._get_param("clusterName"))
    changes = {name: self._get_param(name) for name in CHANGEABLE if self._get_param(name) is not None}
    for name, value in changes.items():
        setattr(addon, CHANGEABLE[name], value)
    if self._get_param("podIdentityAssociations") is not None:
        _dissociate(cluster, addon)
        addon.pod_identity_associations = _associate(self, cluster, addon)
    addon.modified_at = utcnow()
    return updated(cluster, "AddonUpdate", changes)


def delete_addon(self: Any) -> ActionResult:
    """Remove an add-on and the Pod identity associations that came with it."""
    addon, cluster = _addon(self), self.eks_backend.describe_cluster(self._get_param("clusterName"))
    _dissociate(cluster, addon)
    return ActionResult({"addon": cluster.addons.pop(addon.addon_name)})


def describe_addon_versions(self: Any) -> ActionResult:
    """Return which add-ons exist, each with one version for each version of Kubernetes."""
    kubernetes, name = self._get_param("kubernetesVersion"), self._get_param("addonName")
    names = [name] if name else list(ADDON_VERSIONS)
    versions = [kubernetes] if kubernetes else list(KUBERNETES_VERSIONS)
    return ActionResult({"addons": [_offer(each, versions) for each in names if each in ADDON_VERSIONS]})


def _offer(name: str, kubernetes_versions: list[str]) -> dict[str, Any]:
    clusters: dict[str, list[str]] = {}
    for version in kubernetes_versions:
        clusters.setdefault(addon_version(name, version), []).append(version)
    return {
        "addonName": name,
        "owner": "aws",
        "publisher": "eks",
        "addonVersions": [
            {
                "addonVersion": version,
                "architecture": ["amd64", "arm64"],
                "requiresConfiguration": False,
                "compatibilities": [
                    {"clusterVersion": each, "platformVersions": ["*"], "defaultVersion": True} for each in fitting
                ],
            }
            for version, fitting in clusters.items()
        ],
    }


def _addon(self: Any) -> Addon:
    cluster, name = self.eks_backend.describe_cluster(self._get_param("clusterName")), self._get_param("addonName")
    addon: Addon | None = cluster.addons.get(name)
    if addon is None:
        raise AwsError("ResourceNotFoundException", f"No addon: {name} found in cluster: {cluster.name}")
    return addon


def _associate(self: Any, cluster: Any, addon: Addon) -> list[str]:
    """Create the associations that come with an add-on and return their ARNs."""
    asked = self._get_param("podIdentityAssociations") or []
    namespace = "kube-system"
    return [
        pod_identity.associate(cluster, namespace, each["serviceAccount"], each["roleArn"], owner_arn=addon.arn).arn
        for each in asked
    ]


def _dissociate(cluster: Any, addon: Addon) -> None:
    owned = [each.association_id for each in cluster.pod_identities.values() if each.owner_arn == addon.arn]
    for association_id in owned:
        del cluster.pod_identities[association_id]
