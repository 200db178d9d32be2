"""The clusters of the emulated EKS, as control planes have to be for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.eks.models import eks_backends

from flowops.rehearsal.kubernetes.node_groups import nodes_of
from flowops.rehearsal.kubernetes.wanted import Grant, Wanted

SERVICES = "172.20.0.0/16"
"""Where EKS takes the addresses of services from, unless the cluster says otherwise."""


def wanted() -> tuple[Wanted, ...]:
    """Return all clusters of all accounts."""
    return tuple(_wanted(cluster, region) for cluster, region in _clusters())


def find(cluster_id: str) -> Any | None:
    """Return the cluster with an id of ours, or None."""
    return next((cluster for cluster, _ in _clusters() if id_of(cluster) == cluster_id), None)


def id_of(cluster: Any) -> str:
    """Return what tells a cluster from every other, also from an earlier one of its name: its id at the OIDC issuer."""
    return str(cluster.identity["oidc"]["issuer"].rpartition("/")[2]).lower()


def note_up(cluster: Wanted) -> None:
    """Make a cluster ACTIVE, now that its API answers."""
    if (known := find(cluster.id)) and known.status in ("CREATING", "FAILED"):
        known.status, known.health = "ACTIVE", {"issues": []}


def note_lost(cluster: Wanted, why: str) -> None:
    """Make a cluster FAILED that has no API, and say why."""
    if known := find(cluster.id):
        known.status = "FAILED"
        known.health = {"issues": [{"code": "InternalFailure", "message": why, "resourceIds": [cluster.arn]}]}


def _clusters() -> Iterator[tuple[Any, str]]:
    """Yield each cluster with its region; no request may change them meanwhile."""
    for regions in eks_backends.values():
        for region, backend in dict.items(regions):
            for cluster in backend.clusters.values():
                yield cluster, region


def _wanted(cluster: Any, region: str) -> Wanted:
    return Wanted(
        id=id_of(cluster),
        arn=cluster.arn,
        name=cluster.name,
        issuer=cluster.identity["oidc"]["issuer"],
        services=cluster.kubernetes_network_config.get("serviceIpv4Cidr") or SERVICES,
        nodes=nodes_of(cluster, region),
        grants=frozenset(_grants(cluster)),
    )


def _grants(cluster: Any) -> Iterator[Grant]:
    for entry in cluster.access_entries.values():
        for policy in entry.policies.values():
            for namespaces in policy.access_scope.namespaces:
                yield Grant(policy.policy_arn.rpartition("/")[2], namespaces)
