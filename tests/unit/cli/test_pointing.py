"""Commands that are printed lead where the command that prints them was led."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowops.cli import execute
from flowops.cli.context import Invocation
from flowops.cli.pointing import AWS, led, led_by
from flowops.errors import Exit

PACKAGE = Path(__file__).parents[3] / "flowops"
THERE = {"AWS_CONFIG_FILE": "/a rehearsal/config", "HOME": "/there"}
PROSE = {"command", "lists", "or"}
"""Words that follow `aws` where no command is meant."""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("flowops apply dev --yes", "flowops --rehearsal apply dev --yes"),
        ("flowops rehearse up, then flowops apply dev", "flowops rehearse up, then flowops --rehearsal apply dev"),
        ("flowops toolchain install", "flowops toolchain install"),
        ("once another flowops writes, flowops applies it", "once another flowops writes, flowops applies it"),
        ("flowops --rehearsal apply dev", "flowops --rehearsal apply dev"),
        ("report what /tmp/flowops plan says of flowops.lock", "report what /tmp/flowops plan says of flowops.lock"),
    ],
)
def test_in_a_rehearsal_commands_lead_back_to_it_and_prose_stays(text: str, wanted: str) -> None:
    assert Invocation(rehearsal=True).pointed(text) == wanted
    assert Invocation().pointed(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("flowops discover", "flowops --project-dir '/a b' --rehearsal discover"),
        ("flowops rehearse up", "flowops --project-dir '/a b' rehearse up"),
        ("flowops toolchain install aws", "flowops --project-dir '/a b' toolchain install aws"),
        ("flowops --project-dir DIR report merge", "flowops --project-dir DIR report merge"),
    ],
)
def test_another_project_stays_the_one_that_is_meant(text: str, wanted: str) -> None:
    assert led(text, "/a b", rehearsal=True) == wanted


@pytest.mark.parametrize("before", [True, False])
def test_the_project_is_in_the_next_command_where_it_was_typed(
    before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "a project"
    project.mkdir()
    (project / "flowops.yaml").write_text(
        "project: flowable\nregion: eu-central-1\nlayers: [app]\n"
        "management: {profile: flw-iac}\noperator: {profile: ops}\n"
        "accounts: {security: {profile: flw-sec}, dev: {profile: flw-dev}}\n"
        "environments: {dev: {account: dev, path: a/dev}}\n"
    )
    option = ["--project-dir", str(project)]
    words = ["report", "show", "last"]
    assert execute([*option, *words] if before else [*words, *option]) == Exit.USAGE
    assert f"Next: flowops --project-dir '{project}' drift\n" in capsys.readouterr().err
    monkeypatch.setenv("FLOWOPS_PROJECT_DIR", str(project))
    assert execute(words) == Exit.USAGE
    assert "Next: flowops drift\n" in capsys.readouterr().err


def test_a_command_of_aws_has_before_it_what_leads_it_to_the_rehearsal() -> None:
    before = "AWS_CONFIG_FILE='/a rehearsal/config' HOME=/there aws"
    text = "use it (aws sts get-caller-identity --profile p), or: aws rds a && aws rds b with the aws command line"
    wanted = (
        f"use it ({before} sts get-caller-identity --profile p), or: {before} rds a && {before} rds b with the aws "
    )
    assert led_by(text, lambda: THERE) == f"{wanted}command line"
    assert led_by(led_by(text, lambda: THERE), lambda: THERE) == led_by(text, lambda: THERE)


def test_nothing_is_looked_up_where_no_command_of_aws_is_printed() -> None:
    def never() -> dict[str, str]:
        raise AssertionError

    assert led_by("hashicorp/aws 5.1, the aws command line", never) == "hashicorp/aws 5.1, the aws command line"


def texts(file: Path) -> Iterator[str]:
    """Yield every text in a file of ours that is no docstring."""
    tree = ast.parse(file.read_text())
    said = {id(it.value) for it in ast.walk(tree) if isinstance(it, ast.Expr)}
    yield from (
        it.value
        for it in ast.walk(tree)
        if isinstance(it, ast.Constant) and isinstance(it.value, str) and id(it) not in said
    )


def test_every_command_of_aws_that_is_printed_is_known() -> None:
    files = [it for it in PACKAGE.rglob("*.py") if "rehearsal" not in it.parts]
    found = {word for it in files for text in texts(it) for word in re.findall(r"(?<![\w/])aws ([a-z0-9-]+)", text)}
    assert found == {*AWS, *PROSE}
