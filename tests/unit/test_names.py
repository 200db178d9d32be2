"""The names that a shell completes: the same as the commands know, and none where something is broken."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.project import load_config, load_deployment
from flowops.app.tools import toolchain
from flowops.names import Names, tools

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with the files that have names, and with a cache that has copies of them."""
    made = tmp_path / "project"
    for file in (ROOT / "deployments").rglob("terragrunt.hcl"):
        target = made / file.relative_to(ROOT)
        target.parent.mkdir(parents=True)
        target.touch()
    shutil.copy(ROOT / "flowops.yaml", made)
    cached = made / "deployments/aws/non-prod/eu-central-1/dev/foundation/vpc/.terragrunt-cache/copy/terragrunt.hcl"
    cached.parent.mkdir(parents=True)
    cached.touch()
    return made


def test_they_are_those_that_the_commands_know(project: Path) -> None:
    config = load_config(project)
    deployment = load_deployment(project, config)
    names = Names(project)
    assert names.environments() == tuple(config.environments)
    assert names.accounts() == tuple(config.accounts)
    assert names.layers() == tuple(config.layers)
    assert set(names.unit_ids()) == {unit.id for it in deployment.environments for unit in it.units}
    for it in deployment.environments:
        for layer in it.layers:
            assert set(names.units(it.name, layer)) == {unit.name for unit in it.units if unit.layer == layer}


def test_only_a_folder_directly_below_its_layer_is_a_unit(project: Path) -> None:
    before = Names(project).unit_ids()
    layer = project / "deployments/aws/non-prod/eu-central-1/dev/foundation"
    (layer / "net" / "vpc").mkdir(parents=True)
    (layer / "linked").symlink_to(layer / "vpc")
    for folder in (layer, layer / "net" / "vpc"):
        (folder / "terragrunt.hcl").touch()
    assert Names(project).unit_ids() == before


def test_they_are_found_from_a_folder_below(project: Path) -> None:
    assert Names(project / "deployments" / "aws").environments() == ("dev", "prod")


def test_the_tools_are_those_of_the_toolchain(project: Path) -> None:
    known = toolchain(load_config(project), os.environ, Processes(), lambda _line: None).list()
    assert set(tools()) == {it.name for it in known}


def test_runs_are_the_newest_first_and_only_where_something_ran(project: Path) -> None:
    assert Names(project).runs() == ()
    for run in ("20261127-101500-plan-dev", "20261128-090000-apply-dev"):
        (project / ".flowops" / "runs" / run).mkdir(parents=True)
    (project / ".flowops" / "runs" / "index.lock").touch()
    assert Names(project).runs() == ("last", "20261128-090000-apply-dev", "20261127-101500-plan-dev")

    assert Names(project).drift_results() == ()


def test_drift_checks_are_those_whose_result_is_kept(project: Path) -> None:
    folder = project / ".flowops" / "drift"
    folder.mkdir(parents=True)
    for name in ("20261128-090000-drift.json", "20261127-090000-drift.json", "20261129-090000-drift.json.new"):
        (folder / name).touch()
    (folder / "20261130-090000-drift.json").mkdir()
    assert Names(project).drift_results() == ("last", "20261128-090000-drift", "20261127-090000-drift")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "environments",
        "environments: [dev]\nlayers: {a: b}\naccounts: 3\n",
        "environments: {dev: {path: [}\n",
        "environments:\n\tdev: 1\n",
        "environments: {dev: {}, dev: {}}\n",
        "&a [*a]\n",
        "{" * 5000,
        "\x00",
        "environments: {1: {path: a}, ~: {}}\n",
        "environments: {$(reboot): {}, 'a b': {}, '--yes': {}, \"x\\e[31m\": {}}\nlayers: ['`id`', ';']\n",
    ],
)
def test_what_is_broken_or_hostile_has_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "flowops.yaml").write_text(text)
    names = Names(tmp_path)
    assert (names.environments(), names.accounts(), names.layers(), names.unit_ids()) == ((), (), (), ())
    assert names.units("dev", "foundation") == ()


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert Names(tmp_path / "gone").environments() == ()
    (tmp_path / "flowops.yaml").mkdir()
    assert Names(tmp_path).environments() == ()


@pytest.mark.parametrize("path", ["/etc", "../..", "a/../../b", "$HOME"])
def test_no_folder_outside_the_project_is_walked(path: str, tmp_path: Path) -> None:
    inside = tmp_path / "project"
    (inside / "deployments").mkdir(parents=True)
    (inside / "flowops.yaml").write_text(f"environments: {{dev: {{path: '{path}'}}}}\nlayers: [foundation]\n")
    for outside in (tmp_path, tmp_path / "b", inside):
        (outside / "foundation" / "vpc").mkdir(parents=True)
        (outside / "foundation" / "vpc" / "terragrunt.hcl").touch()
    assert Names(inside).unit_ids() == ()
