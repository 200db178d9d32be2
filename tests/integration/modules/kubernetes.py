"""A cluster of the emulated EKS in which modules install charts with the real Helm provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from flowops.adapters.process import Completed
from tests.integration.emulated_aws import DEV
from tests.integration.emulated_kubernetes import Kube, Programs, cluster
from tests.integration.modules.charts import led_to_charts
from tests.integration.tools import Tools

BOUNDARY = "FlowableWorkloadBoundary"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Workplace:
    """One cluster with nodes, and what terraform needs to work in it."""

    kube: Kube
    tools: Tools
    charts: dict[str, str]

    @property
    def aws(self) -> Callable[[str], Any]:
        """Return clients of the account in which the cluster stands."""
        return lambda service: self.kube.cloud.client(service, DEV)

    @cached_property
    def administrator(self) -> str:
        return self.kube.admit("DevOpsAdminRole", "AmazonEKSClusterAdminPolicy")

    def environment(self, role: str = "") -> dict[str, str]:
        """Return the environment of terraform for who has come into a role, without one the administrator's."""
        session = self.kube.session(role or self.administrator).environment
        path = f"{self.kube.programs.aws.parent}:{session['PATH']}"
        return {**self.tools.environment, **session, **self.charts, "PATH": path}

    def read(self, *argv: str) -> Any:
        """Return what the administrator sees by `kubectl get … -o json`."""
        return self.kube.read(self.kube.token(self.administrator), *argv)

    def names(self, kind: str, namespace: str) -> set[str]:
        """Return the names of all objects of a kind in a namespace."""
        return {it["metadata"]["name"] for it in self.read(kind, f"--namespace={namespace}")["items"]}

    def may(self, role: str, *wish: str) -> bool:
        """Say whether somebody in a role may do something, as `kubectl auth can-i` answers."""
        answer = self.kubectl(role, "auth", "can-i", *wish)
        assert answer.stdout.strip() in ("yes", "no"), answer.stderr
        return answer.stdout.strip() == "yes"

    def kubectl(self, role: str, *argv: str) -> Completed:
        """Run kubectl as somebody in a role."""
        return self.kube.kubectl(self.kube.token(role), *argv)


@contextmanager
def workplace(folder: Path, tools: Tools, programs: Programs, name: str) -> Iterator[Workplace]:
    """Run an emulated AWS with one cluster of two nodes, chart repositories and a boundary until the block ends."""
    with cluster(folder, programs, name) as kube:
        kube.add_nodes(2)
        document = json.dumps(EVERYTHING)
        kube.cloud.client("iam", DEV).create_policy(PolicyName=BOUNDARY, Path="/flowable/", PolicyDocument=document)
        yield Workplace(kube, tools, led_to_charts(kube.cloud, folder / "helm"))
