"""EKS: clusters as terraform knows them, with everything that belongs to one."""

from __future__ import annotations

from typing import Any

from moto.eks import urls
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.eks import (
    access_entries,
    access_policies,
    addons,
    cluster,
    nodegroups,
    pod_identity,
    tags,
    updates,
    versions,
)
from flowops.rehearsal.compat.patching import Function, around
from flowops.rehearsal.settings import Settings


def install(settings: Settings) -> None:
    """Complete moto's EKS, which has bare clusters, node groups and Fargate profiles only.

    Without access configuration, VPC and security group of a cluster terraform replaces it in every plan;
    add-ons, access entries, Pod identity associations and updates do not exist at all.
    """
    around(EKSResponse, "__init__", _parse_parameters)
    urls.url_paths["{0}/(?P<rest>.+)$"] = EKSResponse.dispatch
    cluster.install(settings)
    for part in (nodegroups, addons, access_entries, access_policies, pod_identity, updates, versions, tags):
        part.install()


def _parse_parameters(original: Function, self: Any) -> None:
    """Read parameters by the API description: ARNs in a path are percent-encoded, and moto would split them."""
    original(self)
    self.automated_parameter_parsing = True
