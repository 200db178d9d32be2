"""The page about bootstrapping names every option of the command, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import click

from flowops.cli import root
from flowops.cli.accounts import bootstrap

PAGE = (Path(__file__).parents[3] / "docs" / "bootstrap.md").read_text()
EVERYWHERE = {"--help", "--output", "--project-dir"}


def options() -> set[str]:
    return {it.opts[0] for it in bootstrap.params if isinstance(it, click.Option)}


def test_the_page_explains_every_option_of_the_command() -> None:
    explained = set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE))
    assert options() - EVERYWHERE == explained


def test_every_flowops_command_of_the_page_is_understood() -> None:
    lines = re.findall(r"^flowops (.+?)(?: +#.*)?$", PAGE, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        verb, *words = line.split()
        command = root.get_command(click.Context(root), verb)
        assert command is not None, line
        context = command.make_context("flowops", list(words))
        assert context.params["accounts"] == tuple(it for it in words if it.islower() and not it.startswith("--"))
