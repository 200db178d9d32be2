"""Which providers of a unit may be shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowops.adapters.providers.sharing import Sharing
from flowops.adapters.toolchain.package_hash import package_hash
from flowops.model.deployment import LOCK_FILE, Unit
from flowops.model.toolchain import Provider
from tests.fakes import tree

VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")
AWS, HELM = Provider("hashicorp/aws", "5.100.0"), Provider("hashicorp/helm", "1.3.2")


class Story:
    """Two units with the AWS provider in a mirror; `lock` writes what their lock files say."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs = {it: self._package(it) for it in (AWS, HELM)}
        for unit in (VPC, EKS):
            self.folder(unit).mkdir(parents=True)
            (self.folder(unit) / "terragrunt.hcl").write_text('include "root" {}\n')
            self.lock(unit, AWS)
        self.common = root / "deployments" / "root.hcl"
        self.common.write_text("inputs = {}\n")

    def _package(self, provider: Provider) -> Path:
        program = self.root / "mirror" / provider.address / "linux_amd64" / "program"
        program.parent.mkdir(parents=True)
        program.write_text(provider.address)
        (program.parent / "LICENSE.txt").write_text("MPL")
        return program

    def folder(self, unit: Unit) -> Path:
        return self.root / "deployments" / unit.path

    def hash(self, provider: Provider) -> str:
        return package_hash(self.programs[provider].parent)

    def lock(self, unit: Unit, *providers: Provider, wrong: bool = False) -> None:
        blocks = [
            f'provider "{it.source}" {{\n  version = "{it.version}"\n  hashes = [\n    '
            f'"{"h1:no" if wrong else self.hash(it)}",\n    "zh:00",\n  ]\n}}\n'
            for it in providers
        ]
        (self.folder(unit) / LOCK_FILE).write_text("\n".join(blocks))

    @property
    def sharing(self) -> Sharing:
        return Sharing(self.root / "deployments", self.programs.get, self.root / "hashes")

    def shared(self, unit: Unit) -> list[str]:
        return [it.provider.address for it in self.sharing.of(unit)]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def test_a_locked_provider_that_lies_here_as_it_was_locked_is_shared(story: Story) -> None:
    assert story.shared(VPC) == ["hashicorp/aws"]
    assert story.sharing.whole(VPC)


def test_a_provider_that_reads_files_beside_terraform_is_left_to_it(story: Story) -> None:
    story.lock(VPC, AWS, HELM)
    assert story.shared(VPC) == ["hashicorp/aws"]
    assert not story.sharing.whole(VPC)


def test_a_program_that_is_not_the_locked_one_is_left_to_terraform_which_refuses_it(story: Story) -> None:
    story.lock(VPC, AWS, wrong=True)
    assert story.shared(VPC) == []


def test_a_program_that_was_changed_after_its_hash_was_taken_is_noticed(story: Story) -> None:
    assert story.shared(VPC) == ["hashicorp/aws"]
    story.programs[AWS].write_text("another provider")
    assert story.shared(VPC) == []


def test_the_hash_is_taken_once(story: Story) -> None:
    story.shared(VPC)
    [kept] = (story.root / "hashes").iterdir()
    assert kept.read_text() == story.hash(AWS)
    before = kept.stat().st_mtime_ns
    story.shared(EKS)
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "text",
    [
        'terraform {\n  extra_arguments "x" {\n    env_vars = { AWS_REGION = "us-east-1" }\n  }\n}\n',
        'iam_role = "arn:aws:iam::222222222222:role/other"\n',
        'iam_assume_role_session_name = "me"\n',
    ],
)
def test_a_unit_with_variables_or_a_role_of_its_own_is_left_to_terraform(story: Story, text: str) -> None:
    (story.folder(VPC) / "terragrunt.hcl").write_text(text)
    assert (story.shared(VPC), story.shared(EKS)) == ([], ["hashicorp/aws"])


def test_variables_in_a_file_that_units_include_are_everybodys(story: Story) -> None:
    story.common.write_text("terraform { extra_arguments { env_vars = {} } }\n")
    assert (story.shared(VPC), story.shared(EKS)) == ([], [])


def test_a_unit_without_a_lock_file_is_left_to_terraform(story: Story) -> None:
    (story.folder(VPC) / LOCK_FILE).unlink()
    assert story.shared(VPC) == []


def test_terraforms_own_hash_of_a_package(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_text(name)
    # `sha256sum a b | sha256sum`, in base64.
    assert package_hash(tmp_path) == "h1:yxP0ANy2GOQA0PfVT3zbMw03oHJyy5mhAWzaWDChBVY="
