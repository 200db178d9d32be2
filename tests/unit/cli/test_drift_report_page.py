"""The page about drift reports: its commands are understood, and it says what the schema says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from flowops.cli import root
from flowops.cli.report import report
from flowops.model.drift.formats import DriftFormat
from tests.unit.adapters.test_drift_reports import SCHEMA, objects

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "drift-report.md").read_text()


def commands() -> list[list[str]]:
    """Return the words of each command on the page, up to where the shell takes over."""
    return [re.split(r" >", line)[0].split() for line in re.findall(r"^flowops (.+)$", PAGE, re.MULTILINE)]


def test_every_flowops_command_of_the_page_is_understood(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for at in (1, 2):
        Path(f"shard-{at}.json").touch()
    said = set()
    for words in commands():
        context, command = click.Context(root), root
        rest = words
        while isinstance(command, click.Group):
            _, found, rest = command.resolve_command(context, rest)
            assert found is not None, words
            command = found
        command.make_context("flowops", rest, parent=context)
        said.add(command.name)
    assert said == set(report.commands)


def test_the_page_has_every_form_of_a_report() -> None:
    table = PAGE[PAGE.index("| format |") : PAGE.index("- **md**")]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == ["json", "md", "junit", "sarif", "html"]
    assert {it.value for it in DriftFormat} == {"json", "md", "junit", "sarif", "html"}


def test_the_page_says_of_every_key_what_the_schema_says() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", PAGE[PAGE.index("## JSON") :], re.MULTILINE)
    assert rows == [(name, told(it)) for each in objects(SCHEMA).values() for name, it in each.items()]


def told(it: dict[str, Any]) -> str:
    """Return the description of a key, and the values that it may have."""
    of = SCHEMA["$defs"]["status"] if it.get("$ref") == "#/$defs/status" else it
    values = ", ".join(f"`{value}`" for value in of.get("enum", ()))
    return f"{of['description']}{f' One of {values}.' if values else ''}"


def test_the_picture_is_there_and_small() -> None:
    (picture,) = re.findall(r"!\[.+\]\((.+)\)", PAGE)
    assert (DOCS / picture).read_bytes().startswith(b"\x89PNG")
    assert (DOCS / picture).stat().st_size < 150_000


def test_the_schema_is_where_the_page_says() -> None:
    (path,) = re.findall(r"\]\((\.\./\S+\.json)\)", PAGE)
    assert json.loads((DOCS / path).read_text()) == SCHEMA
