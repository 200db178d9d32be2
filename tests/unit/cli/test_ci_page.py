"""docs/ci.md: its commands can be typed, and what it says of files, jobs and variables is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from flowops.cli import root
from flowops.model.ci import DEPLOY_ROLE, PLAN_ROLE

ROOT = Path(__file__).parents[3]
DATA = ROOT / "flowops" / "data" / "ci"
PAGE = (ROOT / "docs" / "ci.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
TYPED = [shlex.split(line) for block in BLOCKS for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_every_command_of_the_page_is_one(words: list[str]) -> None:
    assert words[0] == "flowops"
    context, command, rest = click.Context(root), root, words[1:]
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found  # type: ignore[assignment]
    command.make_context(words[-1], list(rest))


def test_the_page_names_every_file_that_is_written() -> None:
    for path in (DATA / "github").rglob("*.yml"):
        assert f"`.github/{path.relative_to(DATA / 'github')}`" in PAGE
    assert "`.gitlab/flowops.gitlab-ci.yml`" in PAGE


def test_the_page_names_every_job_of_gitlab_and_every_variable() -> None:
    gitlab = (DATA / "gitlab" / "flowops.gitlab-ci.yml").read_text()
    jobs = set(re.findall(r"^(flowops-[a-z-]+):$", gitlab, re.MULTILINE))
    assert jobs - {"flowops-no-plan"} == {it for it in jobs if f"`{it}" in PAGE}
    texts = "".join(it.read_text() for it in (DATA / "github").rglob("*.yml"))
    variables = set(re.findall(r"\bvars\.([A-Z_]+)", texts))
    assert variables == {it for it in variables if f"`{it}`" in PAGE}
    assert "`GITLAB_TOKEN`" in PAGE


def test_the_page_names_the_roles_as_they_are_called() -> None:
    template = (ROOT / "bootstrap" / "security-account.yaml").read_text()
    for name in (DEPLOY_ROLE, PLAN_ROLE):
        assert f"RoleName: {name}\n" in template
        assert f"`{name}`" in PAGE
