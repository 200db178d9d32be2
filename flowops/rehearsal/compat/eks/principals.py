"""Who is who in a cluster: access entries and the policies associated with them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from flowops.rehearsal.compat.errors import AwsError

NO_ENTRY = (
    "The specified principalArn could not be found. "
    "You can view your available access entries with 'list-access-entries'."
)


@dataclass(frozen=True)
class Scope:
    """Where a policy holds: `cluster`, or `namespace` with their names."""

    type: str
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class AssociatedPolicy:
    """One policy of an access entry."""

    policy_arn: str
    access_scope: Scope
    associated_at: datetime = field(default_factory=utcnow)
    modified_at: datetime = field(default_factory=utcnow)


@dataclass
class AccessEntry:
    """One principal of a cluster, with its groups and the policies associated with it."""

    cluster_name: str
    principal_arn: str
    arn: str
    username: str
    type: str = "STANDARD"
    kubernetes_groups: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, AssociatedPolicy] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utcnow)
    modified_at: datetime = field(default_factory=utcnow)

    @property
    def access_entry_arn(self) -> str:
        """The entry's own ARN, as the API calls it."""
        return self.arn


def entry_of(self: Any) -> AccessEntry:
    """Return the entry that a request names; raise ResourceNotFoundException where there is none."""
    cluster = self.eks_backend.describe_cluster(self._get_param("clusterName"))
    entry: AccessEntry | None = cluster.access_entries.get(self._get_param("principalArn"))
    if entry is None:
        raise AwsError("ResourceNotFoundException", NO_ENTRY)
    return entry


def add_entry(cluster: Any, principal: str, kind: str, username: str | None) -> AccessEntry:
    """Let a principal into a cluster; a role's user name is its session's unless another is given."""
    account, resource = principal.split(":", 5)[4:]
    sort, name = resource.partition("/")[0], resource.rpartition("/")[2]
    region, owner = cluster.arn.split(":")[3:5]
    session = f"arn:aws:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"
    entry = AccessEntry(
        cluster_name=cluster.name,
        principal_arn=principal,
        arn=f"arn:aws:eks:{region}:{owner}:access-entry/{cluster.name}/{sort}/{account}/{name}/{uuid.uuid4()}",
        username=username or (session if sort == "role" else principal),
        type=kind,
    )
    cluster.access_entries[principal] = entry
    return entry
