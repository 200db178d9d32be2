"""What the Helm provider prints where a cluster's API server does not answer."""

from __future__ import annotations

import pytest

from flowops.model.cluster_errors import cluster_trouble

HOST = "0A1B2C.gr7.eu-central-1.eks.amazonaws.com"
UNREACHED = f"""
Error: Kubernetes cluster unreachable: Get "https://{HOST}/version?timeout=32s": dial tcp 10.20.33.4:443: i/o timeout

  with helm_release.cluster_base,
  on releases.tf line 57, in resource "helm_release" "cluster_base":
"""
FRAMED = f"""
╷
│ Error: query: failed to query with labels: Get "https://{HOST}/api/v1/configmaps?limit=1": context deadline exceeded
│
╵
"""


@pytest.mark.parametrize(
    ("text", "why"), [(UNREACHED, "dial tcp 10.20.33.4:443: i/o timeout"), (FRAMED, "context deadline exceeded")]
)
def test_an_api_server_out_of_reach_is_named_with_what_opens_it(text: str, why: str) -> None:
    assert cluster_trouble(text) == (
        f"the API server of Kubernetes at {HOST} cannot be reached from this machine ({why}); next: add the range you "
        "come from to public_access_cidrs in env.hcl and apply the unit eks, or run flowops inside the VPC"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials",
        'Error: reading S3 Bucket: Get "https://s3.eu-central-1.amazonaws.com/": dial tcp 10.0.0.1:443: i/o timeout',
        UNREACHED.replace(HOST, "127.0.0.1:6443"),
    ],
)
def test_anything_else_is_left_as_terraform_says_it(text: str) -> None:
    assert cluster_trouble(text) == ""
