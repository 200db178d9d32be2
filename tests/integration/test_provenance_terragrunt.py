"""What `why` says of every input is what terragrunt gives the module, or is said to be unknown."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.facts_file import LockFile
from flowops.adapters.hcl import read_hcl
from flowops.adapters.process import Processes
from flowops.adapters.project import load_config
from flowops.adapters.rendering import TemplateTree
from flowops.adapters.terragrunt_inputs import render_argv
from flowops.adapters.toolchain import Machine, Toolchain
from flowops.app.provenance import why_of
from flowops.model.provenance.chain import Kind, Known, Step
from flowops.operations.render import render
from tests.e2e.conftest import copy_project
from tests.integration.tools import Tools
from tests.lock import write_lock

LAYER = "deployments/aws/non-prod/eu-central-1/dev/foundation"
NOTHING = Toolchain((), Machine({}, "none", cache=Path(), scripts=Path(), python=Path(), data=Path()))
UNITS = ("vpc", "efs", "eks", "eks-components", "resource-group")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a rendered copy of this project."""
    made = copy_project(tmp_path_factory.mktemp("why") / "project")
    write_lock(made)
    render(
        load_config(made), facts=LockFile(made / "flowops.lock").read(), templates=TemplateTree(made / "deployments")
    )
    return made


def terragrunts_inputs(tools: Tools, folder: Path) -> dict[str, Any]:
    """Return the inputs that terragrunt computes; outputs of dependencies are mocks or missing."""
    env = {**tools.environment, "TG_TF_PATH": str(tools.terraform)}
    done = Processes().run(render_argv(tools.terragrunt), env=env, cwd=folder, timeout=300)
    assert done.succeeded, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["inputs"]
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_every_input_has_the_value_that_terragrunt_gives_it(tools: Tools, project: Path, unit: str) -> None:
    inputs = terragrunts_inputs(tools, project / LAYER / unit)
    config = load_config(project)
    variables = [
        it.labels[0] for it in read_hcl(project / f"terraform-modules/{unit}/variables.tf").of_type("variable")
    ]
    assert len(variables) > 1
    for name in variables:
        answer = why_of(project, config, f"dev/foundation/{unit}", name, os.environ, NOTHING)
        last = answer.steps[-1]
        if last.kind is Kind.DEFAULT:
            assert name not in inputs
        elif last.kind is Kind.DEPENDENCY:
            assert answer.value is None
        else:
            assert answer.value is not None, name
            assert answer.value.value == inputs[name], name


@pytest.mark.parametrize("unit", UNITS)
def test_every_line_of_a_chain_stands_where_it_says(project: Path, unit: str) -> None:
    config = load_config(project)
    for block in read_hcl(project / f"terraform-modules/{unit}/variables.tf").of_type("variable"):
        for step in why_of(project, config, f"dev/foundation/{unit}", block.labels[0], os.environ, NOTHING).steps:
            assert_stands(project, step)


def assert_stands(project: Path, step: Step) -> None:
    if step.line:
        word = step.code.split(" ")[0].split(".")[-1]
        line = (project / step.file).read_text().splitlines()[step.line - 1]
        declared = word in ("output", "variable") and step.kind in (Kind.DEPENDENCY, Kind.DEFAULT)
        assert declared or word.split("(")[0] in line, step
    for branch in step.branches:
        for inner in branch.steps:
            assert_stands(project, inner)


def test_what_flowops_does_not_compute_is_answered_by_terragrunt(
    own_toolchain: Toolchain, tools: Tools, project: Path
) -> None:
    unit = project / LAYER / "resource-group" / "terragrunt.hcl"
    unit.write_text(unit.read_text() + "\ninputs = {\n  name = sha1(include.root.locals.name)\n}\n")
    config = load_config(project)
    answers = [
        why_of(project, config, "dev/foundation/resource-group", "name", os.environ, it)
        for it in (own_toolchain, NOTHING)
    ]
    sha1 = hashlib.sha1(b"flowable-dev", usedforsecurity=False).hexdigest()
    assert [it.value for it in answers] == [Known(sha1), None]
    assert answers[0].notes == ("the value is terragrunt's own answer",)
    assert answers[0].steps == answers[1].steps
