"""Every command and option: documented, with an example, and with its variable."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from flowops.cli import execute, root
from flowops.errors import EXIT_MEANING, Exit
from tests.unit.cli.walk import EVERY

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(root, [*path, "--help"])
    assert shown.exit_code == 0
    help_text = EVERY[path].help or ""
    assert help_text.split("\n")[0].endswith((".", ":"))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_option_has_a_help_line_and_a_variable(path: tuple[str, ...]) -> None:
    for parameter in EVERY[path].params:
        if isinstance(parameter, click.Option) and parameter.name not in ("help", "version"):
            assert parameter.help, parameter.name
            assert parameter.envvar == f"FLOWOPS_{parameter.opts[0].removeprefix('--').replace('-', '_').upper()}"


def test_a_usage_error_is_64_and_never_2() -> None:
    assert execute(["plan"]) == Exit.USAGE
    assert execute(["plan", "dev", "--no-such-option"]) == Exit.USAGE


def test_help_touches_no_project(tmp_path: Path) -> None:
    assert execute(["--project-dir", str(tmp_path), "plan", "--help"]) == Exit.FINE


def test_the_readme_names_every_exit_code() -> None:
    text = (ROOT / "README.md").read_text()
    said = " ".join(text[text.index("Exit codes:") :].split("\n\n")[0].split()).removeprefix("Exit codes: ")
    codes = [code for it in said.split(" · ") for code in it.partition(" ")[0].split("/")]
    assert codes == [str(int(code)) for code in Exit]


def test_the_page_on_output_says_what_each_exit_code_means() -> None:
    text = (ROOT / "docs" / "output.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `(.+)` \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(str(int(it)), it.word, EXIT_MEANING[it]) for it in Exit]


def test_every_page_of_the_docs_speaks_of_commands_that_exist() -> None:
    known = {path[0] for path in EVERY if path}
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for line in page.read_text().splitlines():
            words = line.strip().removeprefix("$ ").split()
            if line.startswith(("    flowops ", "flowops ")) and len(words) > 1:
                verb = next(word for word in words[1:] if not word.startswith("-"))
                assert verb in known, f"{page.name}: {line.strip()}"


def test_the_command_line_comes_before_the_environment_wherever_the_option_stands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWOPS_OUTPUT", "yaml")
    for words in (["-o", "json", "version"], ["version", "-o", "json"]):
        assert execute(words) == Exit.FINE
        assert capsys.readouterr().out.startswith("{")
    assert execute(["version"]) == Exit.FINE
    assert capsys.readouterr().out.startswith("flowops_result_version: 1")


def test_a_usage_error_is_an_envelope_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["-o", "json", "plan"]) == Exit.USAGE
    assert '"exit_code": 64' in capsys.readouterr().out
