"""docs/gc.md and docs/selftest.md: their commands can be typed, and they name what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from flowops.cli import root
from flowops.model.gc import Kind
from flowops.operations import selftest

DOCS = Path(__file__).parents[3] / "docs"
GC, SELFTEST = ((DOCS / name).read_text() for name in ("gc.md", "selftest.md"))
BLOCKS = re.findall(r"```sh\n(.*?)```", GC + SELFTEST, re.DOTALL)
INDENTED = re.findall(r"^    (flowops .*)$", SELFTEST, re.MULTILINE)
TYPED = [shlex.split(line) for line in (*"\n".join(BLOCKS).splitlines(), *INDENTED) if line.strip()]


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_every_command_of_the_pages_is_one(words: list[str]) -> None:
    assert words[0] == "flowops"
    command: click.Command = root
    context, rest = root.make_context("flowops", words[1:]), words[1:]
    rest = [it for it in rest if it != "--rehearsal"]
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
    command.make_context(words[-1], list(rest), parent=context)


@pytest.mark.parametrize("kind", Kind)
def test_the_page_on_cleaning_names_every_kind(kind: Kind) -> None:
    assert f"\n| {kind.value} |" in GC


def test_the_page_on_the_self_test_names_every_stage_in_its_order() -> None:
    source = Path(selftest.__file__).read_text()
    steps = re.findall(r'Step\("?([\w ]+)"?,', source)
    named = re.findall(r"^\| ([a-z ]+) \|", SELFTEST, re.MULTILINE)
    assert named[1:] == [it.replace("DESTROY", selftest.DESTROY) for it in steps]
