"""Which files a plan is bound to, and which may change without anybody minding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.fingerprints import ProjectSources
from flowops.model.changes import Plan
from flowops.model.deployment import LOCK_FILE, Unit

UNIT = Unit("dev", "foundation", "eks", PurePosixPath("aws/dev/foundation/eks"))
TEXT = """
terraform {
  source = "${include.root.locals.modules}//eks"
}
inputs = {
  subnet_ids = dependency.vpc.outputs.private_subnet_ids
  vpc_id     = dependency.vpc.outputs.vpc_id
}
"""
FILES = {
    "deployments/root.hcl": "",
    "deployments/helm.tf.tftpl": "",
    "deployments/aws/dev/env.hcl": "",
    "deployments/aws/dev/foundation/foundation.hcl": "",
    "deployments/aws/dev/foundation/eks/terragrunt.hcl": TEXT,
    "deployments/aws/dev/foundation/eks/values/extra.yaml": "",
    "terraform-modules/eks/main.tf": 'module "x" {\n  source = "../network"\n}\n',
    "terraform-modules/eks/templates/user-data.sh": "",
    "terraform-modules/network/main.tf": "",
}
OTHERS = {
    "deployments/aws/dev/foundation/vpc/terragrunt.hcl": "",
    "deployments/aws/prod/env.hcl": "",
    f"deployments/aws/dev/foundation/eks/{LOCK_FILE}": "",
    "deployments/aws/dev/foundation/eks/.terragrunt-cache/x/main.tf": "",
    "terraform-modules/efs/main.tf": "",
    "flowops.yaml": "",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (FILES | OTHERS).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def sources(project: Path) -> ProjectSources:
    return ProjectSources(project, {"terraform": (project / "terraform", "1.11.4")})


def test_a_unit_is_bound_to_its_folder_what_stands_above_it_its_module_and_the_modules_that_one_calls(
    project: Path,
) -> None:
    assert set(sources(project).files(UNIT)) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_each_of_these_files_counts(project: Path, name: str) -> None:
    before = sources(project).files(UNIT)
    (project / name).write_text((project / name).read_text() + "# changed\n")
    after = sources(project).files(UNIT)
    assert {path for path in before if before[path] != after[path]} == {name}


@pytest.mark.parametrize("name", OTHERS)
def test_none_of_the_others_does(project: Path, name: str) -> None:
    before = sources(project).files(UNIT)
    (project / name).write_text("# changed\n")
    assert sources(project).files(UNIT) == before


def test_the_lock_file_of_the_providers_is_told_apart(project: Path) -> None:
    before = sources(project).lock(UNIT)
    (project / "deployments" / UNIT.path / LOCK_FILE).write_text("other")
    assert sources(project).lock(UNIT) != before
    (project / "deployments" / UNIT.path / LOCK_FILE).unlink()
    assert sources(project).lock(UNIT) == ""


def test_the_outputs_that_a_unit_reads_are_those_that_its_file_names(project: Path) -> None:
    assert sources(project).reads(UNIT) == {"private_subnet_ids", "vpc_id"}


def replaced(program: Path) -> None:
    program.write_text("another build")


def removed(program: Path) -> None:
    program.unlink()


@pytest.mark.parametrize("change", [replaced, removed])
def test_a_program_that_was_exchanged_is_another_one(project: Path, change: Callable[[Path], None]) -> None:
    (project / "terraform").write_text("build")
    known = sources(project)
    assert known.tools() == {"terraform": "1.11.4"}
    change(project / "terraform")
    assert known.tools() == {"terraform": "another build than 1.11.4"}


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut short", b"rubbish"])
def test_what_is_no_plan_file_has_no_hash(project: Path, content: bytes | None) -> None:
    path = project / "tfplan"
    if content is not None:
        path.write_bytes(content)
    assert sources(project).saved(Plan(UNIT, (), file=str(path))).hash == ""
