"""Which versions of Kubernetes EKS offers."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.patching import add_actions
from flowops.rehearsal.compat.versions import DEFAULT_KUBERNETES_VERSION, KUBERNETES_VERSIONS, PLATFORM_VERSION


def install() -> None:
    """Answer which cluster versions exist; moto does not know the question."""
    add_actions(EKSResponse, describe_cluster_versions)


def describe_cluster_versions(self: Any) -> ActionResult:
    """Return the versions that were asked for, or all."""
    wanted = self._get_param("clusterVersions") or KUBERNETES_VERSIONS
    return ActionResult(
        {
            "clusterVersions": [
                {
                    "clusterVersion": version,
                    "clusterType": "eks",
                    "defaultVersion": version == DEFAULT_KUBERNETES_VERSION,
                    "defaultPlatformVersion": PLATFORM_VERSION,
                    "status": "STANDARD_SUPPORT",
                    "versionStatus": "STANDARD_SUPPORT",
                }
                for version in KUBERNETES_VERSIONS
                if version in wanted
            ]
        }
    )
