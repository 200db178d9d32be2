"""Which versions the emulated EKS offers; one place, because clusters, nodes, add-ons and AMIs must agree.

https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
"""

from __future__ import annotations

from collections.abc import Mapping

KUBERNETES_VERSIONS = ("1.34", "1.33", "1.32", "1.31", "1.30", "1.29")
DEFAULT_KUBERNETES_VERSION = "1.32"
PLATFORM_VERSION = "eks.12"

# {kubernetes} stands for the cluster's minor version.
ADDON_VERSIONS: Mapping[str, str] = {
    "amazon-cloudwatch-observability": "v4.0.1-eksbuild.1",
    "aws-ebs-csi-driver": "v1.41.0-eksbuild.1",
    "aws-efs-csi-driver": "v2.1.6-eksbuild.1",
    "aws-guardduty-agent": "v1.9.0-eksbuild.2",
    "coredns": "v1.11.4-eksbuild.2",
    "eks-node-monitoring-agent": "v1.2.0-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.5-eksbuild.2",
    "kube-proxy": "v{kubernetes}.3-eksbuild.2",
    "metrics-server": "v0.7.2-eksbuild.3",
    "snapshot-controller": "v8.2.0-eksbuild.1",
    "vpc-cni": "v1.19.3-eksbuild.1",
}


def addon_version(name: str, kubernetes: str) -> str:
    """Return the default version of an add-on for a cluster version; KeyError where EKS has no such add-on."""
    return ADDON_VERSIONS[name].format(kubernetes=kubernetes)


def node_release(kubernetes: str) -> str:
    """Return the newest AMI release of a Kubernetes version."""
    return f"{kubernetes}.4-20250403"


def minor(version: str) -> int:
    """Return the minor of a version such as 1.32."""
    return int(version.split(".")[1])
