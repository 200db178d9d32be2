"""What stands in place of the project's files is answered in one line, code 64 and at once, before anything starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.command import Ended, Flowops

UNITS = "deployments/aws/non-prod/eu-central-1/dev/foundation"
AT_ONCE = 60
"""Seconds after which a command hangs, however busy the machine is."""


def bomb(path: Path) -> None:
    levels = [f"l{it}: &l{it} [{', '.join([f'*l{it - 1}'] * 9)}]" for it in range(1, 9)]
    path.write_text("\n".join(["l0: &l0 [a]", *levels]))


def mistyped(path: Path) -> None:
    path.write_text(path.read_text() + '"a\\nb\\e]0;owned\\a": 1\n')


REPLACEMENTS: list[tuple[str, Callable[[Path], object], str]] = [
    ("fifo", lambda path: os.mkfifo(path), ":1: is not a regular file."),
    ("folder", lambda path: path.mkdir(), ":1: is not a regular file."),
    ("broken link", lambda path: path.symlink_to("nowhere"), ":1: cannot be read: No such file or directory."),
    ("5 MiB", lambda path: path.write_bytes(b"#\n" * 5 * 512 * 1024), ":1: is larger than 1 MiB."),
    ("not text", lambda path: path.write_bytes(b"project: x\n\xff\xfe"), ":2: is not UTF-8 text."),
    ("zero byte", lambda path: path.write_bytes(b"project: x\nregion: a\0b\n"), ":2: holds the character 0x0000"),
    ("nested", lambda path: path.write_text("[" * 200_000), ":1: is nested deeper than 50 levels."),
    ("bomb of aliases", bomb, "has more than 8000 values"),
]


def the_one_line(ended: Ended) -> str:
    """Return what is said beside what was not done and what comes next."""
    assert ended.code == 64, ended.err
    assert ended.out == ""
    said, not_done, following = ended.err.splitlines()
    assert not_done == "Nothing was started."
    assert following.startswith("Next: ")
    assert ended.err.replace("\n", "").isprintable()
    return said


@pytest.mark.parametrize(("make", "answer"), [it[1:] for it in REPLACEMENTS], ids=[it[0] for it in REPLACEMENTS])
def test_what_is_no_configuration_is_one_line(flowops: Flowops, make: Callable[[Path], object], answer: str) -> None:
    file = flowops.project / "flowops.yaml"
    file.unlink()
    make(file)
    said = the_one_line(flowops("config", "show", timeout=AT_ONCE))
    assert said.startswith(f"{file}:")
    assert answer in said


def test_a_key_that_a_terminal_would_obey_is_shown_and_not_obeyed(flowops: Flowops) -> None:
    mistyped(flowops.project / "flowops.yaml")
    assert r"unknown key 'a\nb\x1b]0;owned\x07'" in the_one_line(flowops("config", "show"))


def test_a_byte_order_mark_changes_nothing(flowops: Flowops) -> None:
    file = flowops.project / "flowops.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert flowops("config", "show").code == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [("flowops.lock", ("render",)), (f"{UNITS}/eks/terragrunt.hcl", ("graph", "dev"))],
)
def test_a_fifo_in_place_of_another_file_is_not_waited_for(flowops: Flowops, name: str, words: tuple[str, ...]) -> None:
    file = flowops.project / name
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    assert the_one_line(flowops(*words, timeout=AT_ONCE)) == f"{file}:1: is not a regular file."


def test_units_that_depend_on_each_other_are_all_named(flowops: Flowops) -> None:
    unit = flowops.project / UNITS / "vpc/terragrunt.hcl"
    unit.write_text(unit.read_text() + '\ndependency "last" {\n  config_path = "../eks-components"\n}\n')
    said = the_one_line(flowops("graph", "dev"))
    circle = ("vpc", "eks-components", "efs", "vpc")
    assert said.endswith(" → ".join(f"dev/foundation/{it}" for it in circle) + ".")
