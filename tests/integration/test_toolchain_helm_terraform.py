"""The real Helm provider, at work in the real terraform as far as that goes without a cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowops.adapters.process import Completed, Processes
from tests.integration.tools import Tools

_RELEASE = {
    "terraform": {"required_providers": {"helm": {"source": "hashicorp/helm", "version": ">= 1.3.2, < 3.0"}}},
    "resource": {
        "helm_release": {
            "this": {"name": "greeting", "chart": "${path.module}/chart", "lint": True, "values": ["${var.values}"]}
        }
    },
    "variable": {"values": {"type": "string"}},
}

_TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {text: "{{ .Values.greeting.text }}"}
"""


@pytest.fixture(scope="module")
def module(tools: Tools, helm_provider: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an initialized module that releases a small chart."""
    folder = tmp_path_factory.mktemp("helm")
    (folder / "main.tf.json").write_text(json.dumps(_RELEASE))
    (folder / "chart" / "templates").mkdir(parents=True)
    (folder / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: greeting\nversion: 0.3.1\n")
    (folder / "chart" / "templates" / "greeting.yaml").write_text(_TEMPLATE)
    done = terraform(tools, folder, "init")
    assert done.succeeded, done.stderr
    return folder


def terraform(tools: Tools, folder: Path, *argv: str) -> Completed:
    return Processes().run([str(tools.terraform), *argv], env=tools.environment, cwd=folder, timeout=120)


def plan(tools: Tools, module: Path, values: dict[str, object]) -> Completed:
    argv = ("plan", "-no-color", "-input=false", "-out=plan", f"-var=values={json.dumps(values)}")
    return terraform(tools, module, *argv)


def test_terraform_takes_the_helm_provider_from_where_the_toolchain_has_it(module: Path, helm_provider: Path) -> None:
    (taken,) = (module / ".terraform" / "providers" / "registry.terraform.io" / "hashicorp" / "helm").glob("*/*")
    assert taken.resolve() == helm_provider.resolve()


def test_a_plan_knows_the_chart_and_needs_no_cluster(tools: Tools, module: Path) -> None:
    done = plan(tools, module, {"greeting": {"text": "hello"}})
    assert done.succeeded, done.stderr
    shown = json.loads(terraform(tools, module, "show", "-json", "plan").stdout)
    (planned,) = shown["planned_values"]["root_module"]["resources"]
    assert (planned["values"]["version"], planned["values"]["status"]) == ("0.3.1", "deployed")


def test_a_plan_renders_the_chart_with_the_values(tools: Tools, module: Path) -> None:
    done = plan(tools, module, {})
    assert not done.succeeded
    assert "malformed chart or values" in done.stderr
    assert "greeting.yaml" in done.stderr
