"""What the Helm provider says where it cannot reach a cluster's API server, in one line that names the way out."""

from __future__ import annotations

import re

from flowops.model.plaintext import printable

_UNREACHED = re.compile(
    r'Get "https?://(?P<host>[^/"]+)[^"]*": (?P<why>'
    r"(?:dial tcp|net/http: (?:TLS handshake timeout|request canceled)|context deadline exceeded)[^│╵\n]*)"
)
_OF_A_CLUSTER = ("Kubernetes cluster unreachable", ".eks.amazonaws.com")
_LOOPBACK = "127.0.0.1"
"""Where a rehearsal's cluster is, which no network closes."""


def cluster_trouble(text: str) -> str:
    """Return that the API server was not reached and what opens it, "" where that was not what stopped terraform.

    An endpoint without public access has addresses of the VPC only, also for who asks from elsewhere:
    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """
    found = _UNREACHED.search(text)
    if found is None or not any(it in text for it in _OF_A_CLUSTER) or found["host"].startswith(_LOOPBACK):
        return ""
    return (
        f"the API server of Kubernetes at {printable(found['host'])} cannot be reached from this machine "
        f"({printable(found['why']).strip()}); next: add the range you come from to public_access_cidrs in env.hcl and "
        "apply the unit eks, or run flowops inside the VPC"
    )
