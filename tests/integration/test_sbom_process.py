"""`make sbom`: everything that runs on a user's machine is named, with its version and its licence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from flowops.adapters.toolchain import AWS_PROVIDER, HELM_PROVIDER
from flowops.model.config import ToolsConfig
from flowops.model.toolchain import sums_in

ROOT = Path(__file__).parents[2]
TOOLS = {
    "terraform": ToolsConfig().terraform,
    "terragrunt": ToolsConfig().terragrunt,
    AWS_PROVIDER.address: AWS_PROVIDER.version,
    HELM_PROVIDER.address: HELM_PROVIDER.version,
}
UNNAMED = {"antlr4-python3-runtime"}
"""Packages that do not say their licence."""


def written(target: Path, **more: str) -> bytes:
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    argv = [sys.executable, str(ROOT / "scripts" / "sbom.py"), str(target)]
    subprocess.run(argv, cwd=target.parent, env={**env, **more}, check=True, timeout=120)
    return target.read_bytes()


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return written(tmp_path_factory.mktemp("sbom") / "build.json")


@pytest.fixture(scope="module")
def document(text: bytes) -> Any:
    return json.loads(text)


@pytest.fixture(scope="module")
def named(document: Any) -> dict[str, Any]:
    return {it["name"] if "/" in it["name"] else canonicalize_name(it["name"]): it for it in document["components"]}


def test_it_is_valid_cyclonedx(text: bytes) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.decode()) is None


def test_every_requirement_of_setup_cfg_is_in_it_in_the_version_that_is_installed(named: dict[str, Any]) -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    wanted = [Requirement(it) for it in config["options"]["install_requires"].splitlines() if it]
    assert wanted
    for it in wanted:
        found = named[canonicalize_name(it.name)]
        assert it.specifier.contains(found["version"]), it
        assert found["purl"].startswith("pkg:pypi/")


def test_what_only_developers_need_is_not_in_it(named: dict[str, Any]) -> None:
    assert not {"pytest", "mypy", "ruff", "tox", "hypothesis", "bandit", "cyclonedx-bom", "pip"} & set(named)


def test_what_a_requirement_needs_only_with_an_extra_is_in_it(named: dict[str, Any]) -> None:
    assert {"flask", "cfn-lint", "docker"} <= set(named), "moto[server,all]"


def test_every_program_is_in_it_with_version_and_hash(named: dict[str, Any]) -> None:
    assert {name: named[name]["version"] for name in TOOLS} == TOOLS
    pinned = sums_in((ROOT / "flowops/data/toolchain/SHA256SUMS").read_text())
    releases = [it for it in named["terraform"]["externalReferences"] if it["type"] == "distribution"]
    assert {it["url"].rpartition("/")[2]: it["hashes"][0]["content"] for it in releases} == pinned
    for name in set(TOOLS) - {"terraform"}:
        assert [it["value"][:3] for it in named[name]["properties"]] == ["h1:"], name


def test_the_modules_that_programs_are_built_from_are_in_it(document: Any) -> None:
    needs = {it["ref"]: it.get("dependsOn", []) for it in document["dependencies"]}
    terragrunt = needs[f"github.com/gruntwork-io/terragrunt@v{TOOLS['terragrunt']}"]
    helm = needs[f"github.com/hashicorp/terraform-provider-helm@v{HELM_PROVIDER.version}"]
    assert len(terragrunt) > 200
    assert len(helm) > 100
    assert {it["bom-ref"] for it in document["components"]} >= {*terragrunt, *helm}


def test_licences_are_named_where_they_are_known(document: Any) -> None:
    unnamed = {it["name"] for it in document["components"] if not it.get("licenses")}
    modules = {it["name"] for it in document["components"] if it["purl"].startswith("pkg:golang/")}
    assert unnamed - modules == UNNAMED


def test_it_is_about_flowops_which_needs_the_programs(document: Any) -> None:
    own = document["metadata"]["component"]
    assert (own["name"], own["licenses"][0]["license"]["id"]) == ("flowops", "Apache-2.0")
    needed = next(it["dependsOn"] for it in document["dependencies"] if it["ref"] == own["bom-ref"])
    assert f"github.com/hashicorp/terraform@v{TOOLS['terraform']}" in needed


def test_the_same_environment_gives_the_same_bytes_and_a_release_only_its_time(text: bytes, tmp_path: Path) -> None:
    again = json.loads(written(tmp_path / "again.json", PYTHONHASHSEED="7", SOURCE_DATE_EPOCH="1795413600"))
    assert again["metadata"].pop("timestamp") == "2026-11-23T06:00:00+00:00"
    assert json.dumps(again, indent=2, ensure_ascii=False).encode() + b"\n" == text
    assert str(ROOT).encode() not in text
