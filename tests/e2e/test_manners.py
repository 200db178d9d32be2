"""How flowops behaves on its streams: what it loads, who reads it, in which characters, and in how much room."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shlex
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, Flowops
from tests.e2e.walk import Walk
from tests.unit.cli.walk import EVERY

LOADED = """
import json, sys
from flowops.cli import execute
for words in json.loads(sys.argv[1]):
    execute(words)
sys.stderr.write(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
OTHER_LOCALES = (
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
)


def loaded(flowops: Flowops, *command_lines: list[str], **env: str) -> set[str]:
    """Return the packages that a process has loaded after these command lines."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(command_lines)],
        cwd=flowops.project,
        env=flowops.env(**env),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: list[str] = json.loads(done.stderr)
    return set(found)


def shell(flowops: Flowops, line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=flowops.project,
        env=flowops.env(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_the_list_of_commands_loads_none_of_what_they_need(flowops: Flowops) -> None:
    assert not loaded(flowops, ["--help"]) & {"boto3", "botocore", "moto", "pydantic", "rich", "yaml", "jinja2"}


def test_no_help_loads_the_libraries_of_aws(flowops: Flowops) -> None:
    every = [[*path, "--help"] for path in EVERY]
    assert not loaded(flowops, *every) & {"boto3", "botocore", "moto"}


@pytest.mark.parametrize("line", ["flowops ap", "flowops apply d", "flowops why dev/foundation/"])
def test_a_key_press_loads_neither_aws_nor_the_schema(line: str, flowops: Flowops) -> None:
    asked = {"_FLOWOPS_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    found = loaded(flowops, [], **asked)
    assert "click" in found
    assert not found & {"boto3", "botocore", "moto", "pydantic", "rich", "jinja2"}


@pytest.mark.parametrize(
    "words", ["--help", "plan --help", "--version", "version", "version -o json", "config show", "config show -o yaml"]
)
def test_a_reader_that_leaves_early_is_no_error(words: str, flowops: Flowops) -> None:
    done = shell(flowops, f"flowops {words} | head -c 1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout) == 1


def test_a_reader_that_never_was_changes_no_exit_code(flowops: Flowops) -> None:
    assert shell(flowops, "flowops --help | true").returncode == 0
    assert shell(flowops, "flowops plan dve 2>&1 | true").returncode == 64
    assert shell(flowops, "flowops pln -o json 2>&1 | true").returncode == 64
    done = shell(flowops, "flowops version 2> >(true) && echo said", FLOWOPS_OUPUT="json")
    assert done.stdout.startswith(b"flowops ")
    assert done.stdout.endswith(b"said\n")


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 0), (">&- 2>&- <&-", 0), (">/dev/full", 3)])
@pytest.mark.parametrize("words", ["--help", "version", "config show -o json", "completion bash"])
def test_a_stream_that_is_closed_is_no_error_and_one_that_is_full_is_one(
    words: str, closed: str, code: int, flowops: Flowops
) -> None:
    done = shell(flowops, f"flowops {words} {closed}")
    assert done.returncode == code
    assert b"of its own" not in done.stderr


@pytest.mark.parametrize("locale", OTHER_LOCALES, ids=str)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("config show", 0),
        ("config show -o json", 0),
        ("config show -o yaml", 0),
        ("toolchain --help", 0),
        ("audit verify --help", 0),
        ("plan größe", 64),
        ("plan größe -o json", 64),
        ("plan größe -o yaml", 64),
    ],
)
def test_a_locale_without_our_characters_is_written_to_in_its_own(
    words: str, code: int, locale: dict[str, str], flowops: Flowops
) -> None:
    file = flowops.project / "flowops.yaml"
    text = file.read_text()
    file.write_text(text.replace("flowable:\n", "flowable:\n  licenses: {dev: ./größe-水.license}\n"))
    assert file.read_text() != text
    done = shell(flowops, f"flowops {words}", **locale)
    assert done.returncode == code
    assert (done.stdout + done.stderr).isascii()
    assert b"of its own" not in done.stderr
    if words.startswith("config show"):
        assert rb"\u6c34" in done.stdout.lower()


def on_terminal(flowops: Flowops, words: str, columns: int, **env: str) -> tuple[int, str]:
    """Return exit code and text of a command whose stdout is a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    argv = [sys.executable, "-m", "flowops", *shlex.split(words)]
    kept = {name: value for name, value in flowops.env(**env).items() if name not in ("COLUMNS", "LINES")}
    child = subprocess.Popen(argv, cwd=flowops.project, env=kept, stdin=subprocess.DEVNULL, stdout=theirs)
    os.close(theirs)
    text = b""
    try:
        while part := os.read(ours, 65536):
            text += part
    except OSError:  # the other end is closed: Linux says so by EIO
        pass
    os.close(ours)
    return child.wait(timeout=300), text.decode()


def test_a_narrow_terminal_shows_all_that_a_wide_one_does(flowops: Flowops) -> None:
    settings = flowops("config", "show", "-o", "json").envelope["data"]["settings"]
    code, narrow = on_terminal(flowops, "config show", 40, TERM="xterm")
    assert code == 0
    lines = narrow.splitlines()
    for it in settings:
        assert f"name: {it['name']}" in lines
        assert f"value: {'-' if it['value'] is None else json.dumps(it['value'])}" in lines
        assert f"source: {it['source']}" in lines


@pytest.mark.parametrize(("env", "styled"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False)])
def test_a_dumb_terminal_gets_no_escape_codes(env: dict[str, str], styled: bool, flowops: Flowops) -> None:
    _, text = on_terminal(flowops, "config show", 120, **env)
    assert ("\x1b[" in text) is styled


@pytest.mark.parametrize("page", ["output.md", "completion.md"])
def test_the_commands_of_the_page_do_what_it_says(page: str, flowops: Flowops) -> None:
    ended = Walk(flowops).read_page(page)
    assert ended.code == 0, ended.err
    if page == "completion.md":
        said = (ROOT / "docs" / page).read_text()
        warned = next(line for line in ended.err.splitlines() if line.startswith("warning: "))
        assert f"\n{warned}\n" in said
        assert sorted(it.name for it in Path(flowops.project, "completions").iterdir()) == [
            "_flowops",
            "flowops",
            "flowops.fish",
        ]
