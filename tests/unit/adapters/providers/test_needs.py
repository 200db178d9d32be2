"""Which types terraform files name, and which providers a lock file does."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowops.adapters.providers.needs import Needs, locked_versions, named_in, named_in_json

MODULE = b"""
# A module as people write them.
resource "aws_vpc" "this" {
  cidr_block = var.cidr
}

  resource "aws_subnet" "indented" {}

data "aws_caller_identity" "current" {}
ephemeral "aws_kms_secrets" "secrets" {}
resource aws_eip "quotes_left_out" {}
resource   "aws_iam_role"\t"spaced" {}

check "reachable" {
  data "http" "page" {}
}

locals {
  account = provider::aws::arn_parse(var.arn).account_id
  folded  = [for it in var.arns : provider::google-beta::name_from_id(it)]
}
"""


def test_a_module_names_its_resources_data_sources_ephemeral_resources_and_functions() -> None:
    assert named_in(MODULE) == {
        "aws_vpc",
        "aws_subnet",
        "aws_caller_identity",
        "aws_kms_secrets",
        "aws_eip",
        "aws_iam_role",
        "http",
        "arn_parse",
        "name_from_id",
    }


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b'variable "resource" { type = string }\n',
        b'output "data" {\n  value = data.aws_vpc.this.id\n}\n',
        b"  data = {\n    resource = aws_vpc.this.id\n  }\n",
        b'module "aws_vpc" {\n  source = "./resource"\n}\n',
        b'dataset "aws_vpc" "x" {}\n',
    ],
)
def test_what_declares_nothing_names_nothing(text: bytes) -> None:
    assert named_in(text) == set()


def test_a_comment_in_front_hides_a_resource() -> None:
    assert named_in(b'# resource "aws_vpc" "old" {}\n// data "aws_subnet" "old" {}\n') == set()


def test_what_looks_like_a_resource_in_a_heredoc_or_a_long_comment_is_one_too_many_and_does_no_harm() -> None:
    text = (
        b'locals {\n  readme = <<-EOT\n    resource "aws_vpc" "this" {}\n  EOT\n}\n/*\nresource "aws_eip" "x" {}\n*/\n'
    )
    assert named_in(text) == {"aws_vpc", "aws_eip"}


def test_text_in_another_encoding_is_read_all_the_same() -> None:
    assert named_in(b'locals { name = "Gr\xf6\xdfe" }\r\nresource "aws_vpc" "this" {}\r\n') == {"aws_vpc"}


def test_json_names_every_key_that_may_be_a_type() -> None:
    text = b"""{
      "resource": {"aws_vpc": {"this": {"cidr_block": "10.0.0.0/16", "assume_role": {"role_arn": "x"}}}},
      "data": {"aws_caller_identity" : {"current": {}}}
    }"""
    named = named_in_json(text)
    assert {"aws_vpc", "aws_caller_identity"} <= named
    assert named.isdisjoint({"resource", "this", "cidr_block"})


def tree(root: Path, *files: str) -> None:
    """Write files, each of which names the resource `aws_<its path>`."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        type_ = "aws_" + "_".join(Path(name).with_suffix("").parts).replace(".", "").replace("-", "_")
        path.write_text(f'{{"{type_}": {{}}}}' if name.endswith(".json") else f'resource "{type_}" "this" {{}}\n')


def test_everything_terraform_may_read_below_a_folder_counts(tmp_path: Path) -> None:
    tree(tmp_path, "main.tf", "more.tf.json", ".terragrunt-cache/a/b/vpc/cached.tf", ".terraform/modules/m/nested.tf")
    assert {"aws_main", "aws_terragrunt_cache_a_b_vpc_cached", "aws_terraform_modules_m_nested"} < Needs().below(
        tmp_path
    )
    assert "aws_moretf" in Needs().below(tmp_path)


def test_examples_and_other_files_do_not_count(tmp_path: Path) -> None:
    tree(tmp_path, "examples/basic/main.tf", ".git/main.tf", ".terraform/providers/main.tf", "README.md", "notes.json")
    assert Needs().below(tmp_path) == set()


def test_a_folder_that_is_not_there_yet_names_nothing(tmp_path: Path) -> None:
    assert Needs().below(tmp_path / "missing") == set()


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    tree(tmp_path, "good.tf")
    (tmp_path / "gone.tf").symlink_to("nowhere.tf")
    (tmp_path / "circle.tf").symlink_to("circle.tf")
    (tmp_path / "linked.tf").symlink_to(tmp_path, target_is_directory=True)
    assert Needs().below(tmp_path) == {"aws_good"}


def test_a_file_of_another_size_is_read_again(tmp_path: Path) -> None:
    needs = Needs()
    file = tmp_path / "main.tf"
    file.write_text('resource "aws_vpc" "this" {}\n')
    assert needs.below(tmp_path) == {"aws_vpc"}
    file.write_text('resource "aws_subnet" "this" {}\n')
    assert needs.below(tmp_path) == {"aws_subnet"}


def test_a_working_copy_of_a_module_that_was_read_is_not_read_again(tmp_path: Path) -> None:
    needs = Needs()
    tree(tmp_path, "first/vpc/main.tf", "second/vpc/main.tf")
    named = needs.below(tmp_path / "first")
    copy = tmp_path / "second/vpc/main.tf"
    copy.write_text("#" * (tmp_path / "first/vpc/main.tf").stat().st_size)
    assert named
    assert needs.below(tmp_path / "second") == named


@pytest.mark.parametrize("other", ["second/eks/main.tf", "second/vpc/more.tf"], ids=["folder", "file"])
def test_modules_whose_folder_or_file_has_another_name_are_told_apart(tmp_path: Path, other: str) -> None:
    needs = Needs()
    for path, type_ in (("first/vpc/main.tf", "aws_vpc"), (other, "aws_eip")):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(f'resource "{type_}" "this" {{}}\n')
    assert needs.below(tmp_path) == {"aws_vpc", "aws_eip"}


LOCK = """# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = ">= 5.100.0, < 6.0.0"
  hashes = [
    "h1:edXOJWE4ORX8Fm+dpVpICzMZJat4AX0VRCAy/xkcOc0=",
    "zh:054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644",
  ]
}

provider "registry.terraform.io/hashicorp/helm" {
  version = "2.17.0"
  hashes = [
    "h1:K5FEjxvDnxb1JF1kG1xr8J3pNGxoaR3Z0IBG9Csm/Is=",
  ]
}

provider "example.com/own/thing" {
  version     = "0.1.0-beta.1"
  constraints = "0.1.0-beta.1"
}
"""


def test_a_lock_file_names_each_provider_with_its_version() -> None:
    assert locked_versions(LOCK) == {
        "registry.terraform.io/hashicorp/aws": "5.100.0",
        "registry.terraform.io/hashicorp/helm": "2.17.0",
        "example.com/own/thing": "0.1.0-beta.1",
    }


def test_a_provider_without_a_version_does_not_take_the_next_ones() -> None:
    text = 'provider "registry.terraform.io/hashicorp/null" {\n  hashes = []\n}\n\n' + LOCK[LOCK.index("provider") :]
    assert "registry.terraform.io/hashicorp/null" not in locked_versions(text)
    assert locked_versions(text) == locked_versions(LOCK)


@pytest.mark.parametrize("text", ["", "# nothing is locked yet\n", "provider {\n}\n", '<<<<<<< HEAD\nversion = "1"\n'])
def test_a_file_without_providers_locks_nothing(text: str) -> None:
    assert locked_versions(text) == {}


def test_every_lock_file_of_the_deployments_is_understood() -> None:
    deployments = Path(__file__).parents[4] / "deployments"
    locks = {
        path: path.read_text()
        for path in deployments.rglob(".terraform.lock.hcl")
        if ".terragrunt-cache" not in path.parts
    }
    assert locks
    for path, text in locks.items():
        assert len(locked_versions(text)) == text.count('\nprovider "') > 0, path
