"""The page where an API server asks who holds a token: an IAM principal, by the access entries of the cluster.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from flowops.rehearsal.kubernetes.tokens import Refused

PATH = "/flowops/kubernetes"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class User:
    """Who somebody is in a cluster."""

    name: str
    groups: Collection[str]
    extra: Mapping[str, str]


Identify = Callable[[str, str], User]
"""Returns who holds a token (second) in the cluster with an id (first); raises Refused."""


class Reviews:
    """Answers TokenReviews below PATH; an application asks it before anything else."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify

    def answer(self, environ: dict[str, Any]) -> Response | None:
        """Return the answer, or None for a request that is none of ours."""
        base, _, cluster_id = str(environ.get("PATH_INFO", "")).rpartition("/")
        if base != PATH:
            return None
        try:
            review = json.loads(Request(environ).get_data())
            token = str(review["spec"]["token"])
        except (ValueError, KeyError, TypeError):
            return Response("no TokenReview", 400)
        status = self._status(cluster_id, token)
        document = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}
        return Response(json.dumps(document), content_type="application/json")

    def _status(self, cluster_id: str, token: str) -> dict[str, Any]:
        try:
            user = self._identify(cluster_id, token)
        except Refused as reason:
            log.info("cluster %s: a token is refused: %s", cluster_id, reason)
            return {"authenticated": False, "error": str(reason)}
        extra = {name: [value] for name, value in user.extra.items()}
        return {
            "authenticated": True,
            "user": {"username": user.name, "uid": user.name, "groups": sorted(user.groups), "extra": extra},
        }
