from __future__ import annotations

import pytest

from flowops.model.toolchain import (
    Provider,
    Source,
    Tool,
    ToolStatus,
    go_version,
    kubernetes_tools,
    platform_of,
    required_version,
    sum_of,
    sums_in,
    terraform,
    terragrunt,
    version_in,
)


@pytest.mark.parametrize(
    ("answer", "name", "version"),
    [
        (
            "Terraform v1.11.4\non linux_amd64\n\nYour version of Terraform is out of date! 1.12.0",
            "terraform",
            "1.11.4",
        ),
        ("terragrunt version v1.1.3", "terragrunt", "1.1.3"),
        ("terragrunt version 1.1.3-rc1", "terragrunt", "1.1.3-rc1"),
        ("terragrunt version latest", "terragrunt", ""),
        ("OpenTofu v1.8.0", "terraform", ""),
        ("Warning: 1.2.3 is old\nTerraform v1.9.0", "terraform", "1.9.0"),
        ("terraform 1.2", "terraform", ""),
        ("terraform 1.2.3.4", "terraform", ""),
        ("Kubernetes v1.34.4", "kubernetes", "1.34.4"),
        ("Client Version: v1.34.4\nKustomize Version: v5.7.1", "client version", "1.34.4"),
        ("etcd Version: 3.6.13\nGo Version: go1.26.8", "etcd", "3.6.13"),
        ("kwok version v0.7.0 go1.26.8 (linux/amd64)", "kwok", "0.7.0"),
        ("", "terraform", ""),
        ("\x00\xff rubbish", "terraform", ""),
    ],
)
def test_a_tools_version_is_read_from_its_own_line_only(answer: str, name: str, version: str) -> None:
    assert version_in(answer, name) == version


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [("go version go1.26.8 linux/amd64", (1, 26, 8)), ("go version go1.27 darwin/arm64", (1, 27)), ("no", ())],
)
def test_go_says_its_version_in_numbers(answer: str, numbers: tuple[int, ...]) -> None:
    assert go_version(answer) == numbers


def test_releases_are_filled_in_for_version_and_platform() -> None:
    zipped, single = terraform("1.11.4").located("linux_arm64"), terragrunt("1.1.3").located("darwin_amd64")
    assert zipped
    assert single
    assert (zipped.base + zipped.file, zipped.sums, zipped.member) == (
        "https://releases.hashicorp.com/terraform/1.11.4/terraform_1.11.4_linux_arm64.zip",
        "terraform_1.11.4_SHA256SUMS",
        "terraform",
    )
    assert (single.base + single.file, single.sums, single.member) == (
        "https://github.com/gruntwork-io/terragrunt/releases/download/v1.1.3/terragrunt_darwin_amd64",
        "SHA256SUMS",
        "",
    )


def test_the_programs_of_kubernetes_come_from_where_their_makers_publish_them() -> None:
    found = {tool.name: tool.located("linux_arm64") for tool in kubernetes_tools()}
    assert {name: release.base + release.file for name, release in found.items() if release} == {
        "kube-apiserver": "https://dl.k8s.io/v1.34.4/bin/linux/arm64/kube-apiserver",
        "kube-controller-manager": "https://dl.k8s.io/v1.34.4/bin/linux/arm64/kube-controller-manager",
        "kube-scheduler": "https://dl.k8s.io/v1.34.4/bin/linux/arm64/kube-scheduler",
        "kubectl": "https://dl.k8s.io/v1.34.4/bin/linux/arm64/kubectl",
        "etcd": "https://github.com/etcd-io/etcd/releases/download/v3.6.13/etcd-v3.6.13-linux-arm64.tar.gz",
        "kwok": "https://github.com/kubernetes-sigs/kwok/releases/download/v0.7.0/kwok-linux-arm64",
    }
    assert found["etcd"]
    assert found["etcd"].member == "etcd-v3.6.13-linux-arm64/etcd"


def test_a_tool_without_release_is_published_nowhere() -> None:
    assert Tool("kwok", "0.7.0").located("linux_amd64") is None


def test_a_go_mod_tells_which_version_it_builds() -> None:
    go_mod = "module x\n\nrequire (\n\tgithub.com/a/b v1.0.0 // indirect\n\tgithub.com/a/bc v2.0.0\n)\n"
    assert required_version(go_mod, "github.com/a/b") == "1.0.0"
    assert required_version("require github.com/a/b v3.0.0\n", "github.com/a/b") == "3.0.0"
    assert required_version(go_mod, "github.com/a/c") == ""


def test_sums_are_read_in_both_spellings_and_other_lines_are_left_out() -> None:
    text = f"{'a' * 64}  one.zip\n{'b' * 64} *two\n{'c' * 63}  short\n# comment\n\n{'d' * 64}  a b\n"
    assert sums_in(text) == {"one.zip": "a" * 64, "two": "b" * 64}


def test_the_sum_of_a_file_is_on_its_line_or_stands_alone() -> None:
    assert sum_of("two", f"{'a' * 64}  one\n{'b' * 64}  two\n") == "b" * 64
    assert sum_of("two", f"{'a' * 64}  one\n") == ""
    assert sum_of("two", f"{'c' * 64}\n") == "c" * 64


@pytest.mark.parametrize(
    ("system", "machine", "platform"),
    [("Linux", "x86_64", "linux_amd64"), ("Darwin", "arm64", "darwin_arm64"), ("Linux", "aarch64", "linux_arm64")],
)
def test_a_platform_is_spelled_as_releases_spell_it(system: str, machine: str, platform: str) -> None:
    assert platform_of(system, machine) == platform


def test_a_provider_is_spelled_in_full_where_terraform_wants_it() -> None:
    assert Provider("hashicorp/aws", "5.100.0").source == "registry.terraform.io/hashicorp/aws"


def test_a_provider_names_its_program_as_terraform_looks_for_it() -> None:
    assert Provider("hashicorp/helm", "1.3.2").program == "terraform-provider-helm_v1.3.2"


def test_only_a_tool_that_does_not_stand_here_is_unusable() -> None:
    assert not ToolStatus("x", "1.0.0").usable
    assert not ToolStatus("x", "1.0.0", source=Source.ON_DEMAND).usable
    assert ToolStatus("x", "1.0.0", source=Source.BUILD).usable
