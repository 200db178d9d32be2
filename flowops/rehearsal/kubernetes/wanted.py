"""What a control plane is to be: one cluster of the emulated EKS with its nodes, in Kubernetes' words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """One node of a managed node group."""

    name: str
    address: str
    labels: Mapping[str, str]
    taints: tuple[Mapping[str, str], ...]
    capacity: Mapping[str, str]
    provider_id: str
    version: str


@dataclass(frozen=True)
class Grant:
    """An access policy that holds in the namespaces that a pattern such as `team-*` names."""

    policy: str
    namespaces: str


@dataclass(frozen=True)
class Wanted:
    """One cluster; `id` is never used again, also not for a cluster of the same name."""

    id: str
    arn: str
    name: str
    issuer: str
    services: str
    nodes: tuple[Node, ...] = ()
    grants: frozenset[Grant] = frozenset()
