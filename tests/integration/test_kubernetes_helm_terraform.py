"""A chart in a cluster of the emulated EKS, installed by terraform's real Helm provider as the module does it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from flowops.adapters.process import Completed, Processes
from tests.integration.emulated_kubernetes import Kube, Programs, cluster
from tests.integration.tools import Tools

CHART = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1"}]}
"""


@pytest.fixture(scope="module")
def kube(kubernetes_programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    with cluster(tmp_path_factory.mktemp("kubernetes"), kubernetes_programs) as kube:
        kube.add_nodes(2)
        yield kube


@pytest.fixture(scope="module")
def administrator(kube: Kube) -> str:
    return kube.admit("Admin", "AmazonEKSClusterAdminPolicy")


@pytest.fixture(scope="module")
def module(kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a module with a chart beside it, which finds its way into the cluster as ours does."""
    folder = tmp_path_factory.mktemp("module")
    described = kube.described()
    login = {
        "api_version": "client.authentication.k8s.io/v1beta1",
        "command": str(kube.programs.aws),
        "args": ["eks", "get-token", "--cluster-name", kube.name],
    }
    kubernetes = {
        "host": described["endpoint"],
        "cluster_ca_certificate": f'${{base64decode("{described["certificateAuthority"]["data"]}")}}',
        "exec": login,
    }
    release = {
        "name": "web",
        "chart": "${path.module}/chart",
        "namespace": "flowable",
        "create_namespace": True,
        "wait": True,
        "timeout": 600,
        "values": ["replicas: 3"],
    }
    document = {
        "terraform": {"required_providers": {"helm": {"source": "hashicorp/helm", "version": ">= 1.3.2, < 3.0"}}},
        "provider": {"helm": {"kubernetes": kubernetes}},
        "resource": {"helm_release": {"this": release}},
    }
    (folder / "main.tf.json").write_text(json.dumps(document))
    (folder / "chart" / "templates").mkdir(parents=True)
    (folder / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 0.3.1\n")
    (folder / "chart" / "templates" / "web.yaml").write_text(CHART)
    return folder


def terraform(tools: Tools, folder: Path, environment: Mapping[str, str], *argv: str) -> Completed:
    env = {**tools.environment, **environment, "KUBE_LOAD_CONFIG_FILE": "false"}
    return Processes().run([str(tools.terraform), *argv, "-no-color"], env=env, cwd=folder, timeout=180)


def test_a_chart_is_installed_by_who_may_and_then_nothing_is_left_to_do(
    tools: Tools, helm_provider: Path, kube: Kube, administrator: str, module: Path
) -> None:
    environment = kube.session(administrator).environment
    assert terraform(tools, module, environment, "init").succeeded

    applied = terraform(tools, module, environment, "apply", "-auto-approve", "-input=false")
    assert "1 added" in applied.stdout, applied.stderr
    (deployment,) = kube.read(kube.token(administrator), "deployments", "--namespace=flowable")["items"]
    assert deployment["status"]["readyReplicas"] == 3

    planned = terraform(tools, module, environment, "plan", "-detailed-exitcode", "-input=false")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "No changes" in planned.stdout


def test_who_may_only_look_changes_nothing(
    tools: Tools, helm_provider: Path, kube: Kube, administrator: str, module: Path
) -> None:
    viewer = kube.session(kube.admit("Viewer", "AmazonEKSViewPolicy")).environment
    destroyed = terraform(tools, module, viewer, "destroy", "-auto-approve", "-input=false")
    assert "forbidden" in destroyed.stderr
    assert kube.read(kube.token(administrator), "deployments", "--namespace=flowable")["items"]


def test_a_chart_is_taken_away_again(
    tools: Tools, helm_provider: Path, kube: Kube, administrator: str, module: Path
) -> None:
    environment = kube.session(administrator).environment
    destroyed = terraform(tools, module, environment, "destroy", "-auto-approve", "-input=false")
    assert "1 destroyed" in destroyed.stdout, destroyed.stderr
    assert kube.read(kube.token(administrator), "deployments", "--namespace=flowable")["items"] == []
