"""One look at a cluster: what everybody here wants to know of it, asked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowops.rehearsal.kubernetes.api import Api

Name = tuple[str, str]
"""Namespace and name."""

Thing = Mapping[str, Any]
"""An object of Kubernetes, as its API returns it."""

CACHED = "resourceVersion=0"
"""Lets the API server answer from its memory, which is a moment old; etcd has nothing to do then."""


@dataclass(frozen=True)
class Look:
    """Everything in all namespaces; the Secrets by namespace and name."""

    pods: tuple[Thing, ...]
    deployments: tuple[Thing, ...]
    secrets: Mapping[Name, Thing]

    def running(self, application: str) -> Thing | None:
        """Return the Deployment of an application that has a ready pod, known by its recommended label, or None."""
        return next(
            (
                it
                for it in self.deployments
                if it["metadata"].get("labels", {}).get("app.kubernetes.io/name") == application
                and it.get("status", {}).get("readyReplicas", 0) > 0
            ),
            None,
        )


def look_at(api: Api) -> Look:
    """Ask a cluster for all of it."""
    return Look(
        pods=everywhere(api, "/api/v1", "pods"),
        deployments=everywhere(api, "/apis/apps/v1", "deployments"),
        secrets={name_of(it): it for it in everywhere(api, "/api/v1", "secrets")},
    )


def everywhere(api: Api, group: str, plural: str) -> tuple[Thing, ...]:
    """Return all objects of a kind."""
    return tuple(api.get(f"{group}/{plural}?{CACHED}")["items"])


def name_of(thing: Thing) -> Name:
    """Return namespace and name of an object."""
    return thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


def path_of(group: str, plural: str, name: Name) -> str:
    """Return the path of an object in the API."""
    return f"{group}/namespaces/{name[0]}/{plural}/{name[1]}"
