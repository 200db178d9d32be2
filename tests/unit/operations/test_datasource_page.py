"""docs/datasource.md: its commands can be typed, and they are those that the refusal prints, in its order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from flowops.cli import root
from flowops.errors import Refused
from flowops.model.changes import Action
from tests.fakes.run import World, change, create, world
from tests.unit.operations.runs import apply
from tests.unit.operations.test_ordering import LAYER, commands

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "datasource.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
DEV = ROOT / "deployments" / "aws" / "non-prod" / "eu-central-1" / "dev" / "app"
COMPONENTS = re.findall(r"flowable_(\w+)_enabled += true", (DEV / "app.hcl.j2").read_text())
TYPED = [shlex.split(line) for block in BLOCKS for line in block.splitlines() if line.strip()]


def from_postgres_to_oracle() -> World:
    """Dev as it is delivered, with another engine."""
    made = world().standing("app/rds-postgres", "app/flowable-app")
    databases = [f'aws_db_instance.this["{it}"]' for it in sorted(COMPONENTS)]
    old = [change(Action.DELETE, it, "aws_db_instance") for it in databases]
    made.changing("app/rds-postgres", *old, change(Action.DELETE, "aws_kms_key.this[0]", "aws_kms_key"))
    made.changing("app/rds-oracle", *(create(it, "aws_db_instance") for it in databases), outputs=("endpoints",))
    return made.changing("app/flowable-app", change(Action.UPDATE, "helm_release.this", "helm_release"))


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_every_command_of_the_page_is_one(words: list[str]) -> None:
    assert words[0] == "flowops"
    command = root.get_command(click.Context(root), words[1])
    assert command is not None
    command.make_context(words[1], words[2:])


def test_the_page_applies_in_the_order_of_the_refusal() -> None:
    with pytest.raises(Refused) as refused:
        apply(from_postgres_to_oracle(), *LAYER)
    assert [words for words in TYPED if words[1] == "apply"] == commands(refused)


def test_the_page_speaks_of_what_stands_in_the_tree() -> None:
    units = {words[4] for words in TYPED if words[2:4] == ["dev", "app"]}
    assert units == {"rds-oracle", "flowable-app", "rds-postgres"}
    assert all((DEV / name / "terragrunt.hcl").is_file() for name in units)
    settings = (DEV / "app.hcl.j2").read_text()
    assert all(f"{name} " in settings for name in ("database", "flowable_work_enabled"))
    assert 'config_path = "../rds-${' in (DEV / "flowable-app" / "terragrunt.hcl").read_text(), "one database at a time"


def test_the_page_names_databases_as_the_module_does() -> None:
    module = (ROOT / "terraform-modules" / "rds-postgres" / "main.tf").read_text()
    assert 'prefix    = "${var.name}-postgres"' in module
    assert '"${local.prefix}-${each.key}"' in module
    named = re.findall(r"--db-instance-identifier flowable-dev-postgres-(\w+)", PAGE)
    assert named
    assert set(named) <= set(COMPONENTS)
