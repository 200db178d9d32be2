"""Where the Kubernetes API of an emulated cluster answers.

Whoever runs a Kubernetes API for the rehearsal writes `kubernetes.json` into its state directory:
{"<cluster ARN>": {"endpoint": "https://127.0.0.1:6443", "certificate_authority": "<PEM>"}}; the key "*"
stands for every cluster. It is read at each DescribeCluster, so that a cluster follows a restarted API.
Without the file a cluster has an endpoint of AWS's form that nobody answers at.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "kubernetes.json"
NOBODYS_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nbm9ib2R5\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class KubernetesApi:
    """One API server: its URL and its certificate authority as PEM."""

    endpoint: str
    certificate_authority: str

    @property
    def encoded_authority(self) -> str:
        """The certificate authority as DescribeCluster gives it."""
        return base64.b64encode(self.certificate_authority.encode()).decode()


def nobodys(region: str, cluster_id: str) -> KubernetesApi:
    """Return an endpoint of the form that AWS uses, where nobody answers."""
    return KubernetesApi(f"https://{cluster_id}.gr7.{region}.eks.amazonaws.com", NOBODYS_CERTIFICATE)


def running_api(state_dir: Path, cluster_arn: str) -> KubernetesApi | None:
    """Return the API that runs for a cluster, or None."""
    try:
        known = json.loads((state_dir / FILE_NAME).read_text())
    except FileNotFoundError:
        return None
    found = known.get(cluster_arn) or known.get("*")
    return KubernetesApi(found["endpoint"], found["certificate_authority"]) if found else None
