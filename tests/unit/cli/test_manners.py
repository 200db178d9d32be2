"""Every command and option behaves like the others: help, examples, names, variables, and answers to what is wrong."""

from __future__ import annotations

import json
import re
from inspect import cleandoc
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from flowops.cli import execute, root
from flowops.cli.failure import form_asked
from flowops.cli.group import EXIT_HINT, Group
from flowops.cli.named import FINDERS, kind_of
from flowops.cli.settings import SETTINGS, Choice, Setting
from flowops.cli.short_help import SHORT_HELP
from flowops.cli.variables import ELSEWHERE, consents, read_by_options, unread
from flowops.errors import EXIT_MEANING, Exit
from tests.unit.cli.walk import EVERY, examples, parsed

ROOT = Path(__file__).parents[3]
OF_NO_NAME = {
    "ADDRESS",
    "BRANCH",
    "NUMBER",
    "CIDR",
    "DOMAIN",
    "DURATION",
    "FORMAT=PATH",
    "GROUP/PROJECT",
    "HASH",
    "HOST",
    "I/N",
    "ID",
    "INPUT",
    "NAME",
    "NAME=ADDRESS",
    "NAME=ID",
    "ORG/REPO",
    "PATH",
    "PROFILE",
    "REGION",
    "URL",
    "ACCOUNT/LOGICAL_ID",
}
"""What a parameter can take that only its user knows, or that its own completion finds."""


def help_of(path: tuple[str, ...], columns: int) -> str:
    shown = CliRunner().invoke(root, [*path, "--help"], env={"COLUMNS": str(columns)})
    assert shown.exit_code == 0
    return shown.output


def options_of(path: tuple[str, ...]) -> list[click.Option]:
    return [it for it in EVERY[path].params if isinstance(it, click.Option)]


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_has_examples_that_click_takes(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = examples(EVERY[path])
    assert found, "no line `Example: flowops …`"
    for words in found:
        for word in words:
            if re.fullmatch(r"[^/=]+\.[a-z]+", word):
                Path(word).touch()  # a file that must be there already
        named = parsed(words)
        assert named == path or (isinstance(EVERY[path], click.Group) and named[: len(path)] == path), words


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_help_fits_and_each_example_is_one_line_of_it(path: tuple[str, ...]) -> None:
    shown = help_of(path, 200)
    assert max(map(len, shown.splitlines())) <= 110
    said = re.findall(r"^Example: .*$", cleandoc(EVERY[path].help or ""), re.MULTILINE)
    assert [line.strip() for line in shown.splitlines() if "Example: " in line] == said


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_help_leads_to_the_exit_codes(path: tuple[str, ...]) -> None:
    if path:
        assert EXIT_HINT in help_of(path, 80)
        return
    lines = [line.strip().partition("  ") for line in help_of(path, 80).splitlines()]
    assert {code: said for code, _, said in lines if code.isdigit()} == {
        str(int(code)): meaning for code, meaning in EXIT_MEANING.items()
    }


def test_every_exit_code_has_a_meaning() -> None:
    assert set(EXIT_MEANING) == set(Exit)


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_a_narrow_terminal_loses_no_option(path: tuple[str, ...]) -> None:
    shown = help_of(path, 40)
    assert all(name in shown for it in options_of(path) for name in it.opts)


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_part_of_a_command_answers_alike(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    assert not isinstance(command, click.Group) or isinstance(command, Group), "made by click.group, not options.group"
    for it in command.params:
        assert not isinstance(it.type, click.Choice) or isinstance(it.type, Choice), f"{it.name} knows no nearest word"
        if isinstance(it, click.Option) and it.name not in ("help", "version"):
            assert isinstance(it, Setting), f"{it.name} was not made by options.option"


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_name_can_be_completed_or_is_one_that_nobody_can_know(path: tuple[str, ...]) -> None:
    for it in EVERY[path].params:
        if isinstance(it.type, click.types.StringParamType):
            assert FINDERS.keys() >= set(kind_of(it).split("|")) or kind_of(it) in OF_NO_NAME, (
                f"{it.name}: {it.metavar}"
            )


def test_the_list_of_commands_says_each_in_one_line_of_80_columns() -> None:
    assert SHORT_HELP.keys() == {path[0] for path in EVERY if path}
    listed = help_of((), 80)
    for name, said in SHORT_HELP.items():
        assert re.search(rf"^  {name} +{re.escape(said)}$", listed, re.MULTILINE), name
    assert "..." not in listed.partition("Commands:")[2]


def test_every_variable_in_our_files_is_read_by_somebody() -> None:
    by_options = set(read_by_options(click.Context(root)))
    assert by_options > SETTINGS
    known = by_options | ELSEWHERE
    files = [it for part in ("flowops", "deployments", "bootstrap") for it in (ROOT / part).rglob("*") if it.is_file()]
    texts = [it.read_bytes().decode(errors="ignore") for it in files if "__pycache__" not in it.parts]
    named = {name for text in texts for name in re.findall(r"(?<![A-Z_])FLOWOPS_[A-Z_]*[A-Z]\b", text)}
    assert named >= ELSEWHERE, "one that is in no file any more"
    assert named <= known


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_what_agrees_to_something_is_known_as_consent(path: tuple[str, ...]) -> None:
    named = re.compile(r"--(allow-.+|confirm|force|replace|with-dependents|without-safeguard|yes)")
    for it in options_of(path):
        if isinstance(it, Setting):
            assert it.consent == bool(named.fullmatch(it.opts[0])), it.opts[0]


def test_every_consent_is_one_that_doctor_looks_for() -> None:
    assert consents(click.Context(root)) == {
        "FLOWOPS_ALLOW_DESTROY",
        "FLOWOPS_ALLOW_LAST_MEMBER",
        "FLOWOPS_ALLOW_OWN_USER",
        "FLOWOPS_ALLOW_REPLACE",
        "FLOWOPS_CONFIRM",
        "FLOWOPS_FORCE",
        "FLOWOPS_REPLACE",
        "FLOWOPS_WITHOUT_SAFEGUARD",
        "FLOWOPS_WITH_DEPENDENTS",
        "FLOWOPS_YES",
    }


def test_a_variable_that_nobody_reads_is_answered_with_the_nearest() -> None:
    context = click.Context(root)
    ambient = ("FLOWOPS_OUPUT", "FLOWOPS_ZZZ", "FLOWOPS_OUTPUT", "FLOWOPS_TOOL_MIRROR", "FLOWOPS_CONFIRM", "PATH")
    assert unread(ambient, context) == {"FLOWOPS_OUPUT": "FLOWOPS_OUTPUT", "FLOWOPS_ZZZ": ""}


def test_such_a_variable_is_warned_about_once_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWOPS_OUPUT", "json")
    assert execute(["version", "-o", "json"]) == Exit.FINE
    said = capsys.readouterr()
    assert said.err == "warning: nothing reads the variable FLOWOPS_OUPUT; did you mean FLOWOPS_OUTPUT?\n"
    assert said.out.startswith("{")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["pln"], "There is no command 'pln'; did you mean 'plan'?"),
        (["runs", "lst"], "There is no command 'lst'; did you mean 'list'? known: list, resume, show, tail."),
        (["secrets", "set", "licence"], "did you mean 'license'?"),
        (["ci", "init", "githb"], "did you mean 'github'?"),
        (["plan", "dev", "--paralelism", "3"], "Did you mean '--parallelism'?"),
        (["plan", "dev", "-o", "jsn"], "Invalid value for '--output' / '-o': 'jsn' is not one of"),
        (["version", "-o", "jsn"], "Did you mean 'json'?"),
        (["completion", "fisch"], "Did you mean 'fish'?"),
    ],
)
def test_what_is_nearly_right_is_answered_with_what_is(
    words: list[str], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(words) == Exit.USAGE
    assert answer in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "value"),
    [("FLOWOPS_OUTPUT", "jsn"), ("FLOWOPS_WARM_PROVIDERS", "nevr"), ("FLOWOPS_PARALLELISM", "many")],
)
def test_a_variable_with_a_wrong_value_is_named(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    assert execute(["plan", "dev"]) == Exit.USAGE
    assert f"Invalid value for the variable {variable}: {value!r}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "variable", "form"),
    [
        ("plan dev", "", "table"),
        ("plan dev", "yaml", "yaml"),
        ("plan dev", "jsn", "table"),
        ("plan dev -o json --nope", "", "json"),
        ("-ojson plan", "", "json"),
        ("plan --output=yaml dev", "json", "yaml"),
        ("plan --output", "", "table"),
        ("plan -o table", "json", "table"),
        ("plan -o json -o yaml", "", "yaml"),
        ("plan -- -o json", "", "table"),
    ],
)
def test_the_form_of_a_failure_is_known_before_click_has_read_it(typed: str, variable: str, form: str) -> None:
    assert form_asked(typed.split(), variable) == form


@pytest.mark.parametrize("form", ["", "table", "json", "yaml", "jsn"])
def test_flowops_alone_says_how_it_is_used(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWOPS_OUTPUT", form)
    assert execute([]) == Exit.USAGE
    said = capsys.readouterr()
    assert said.err.startswith("Usage: flowops [OPTIONS] COMMAND")
    if form not in ("json", "yaml"):
        assert said.out == ""
        return
    (error,) = yaml.safe_load(said.out)["errors"]
    assert error == {
        "happened": "There is no command.",
        "not_done": "Nothing was started.",
        "next": "flowops --help",
    }


@pytest.mark.parametrize(
    ("words", "command"),
    [(["pln"], ""), (["runs"], " runs"), (["plan"], " plan"), (["runs", "show", "--nope"], " runs show")],
)
def test_the_envelope_of_a_usage_error_names_the_help_that_the_lines_name(
    words: list[str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["-o", "json", *words]) == Exit.USAGE
    said = capsys.readouterr()
    assert json.loads(said.out)["errors"][0]["next"] == f"flowops{command} --help"
    assert words == ["runs"] or f"Try 'flowops{command} --help'" in said.err


@pytest.mark.parametrize(("path", "words"), [("runs list", ["runs", "list", "a", "b"]), ("", ["pln"]), ("ci", ["ci"])])
def test_a_failure_says_which_command_it_was(path: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([*words, "-o", "json"] if words != ["pln"] else ["-o", "json", "pln"]) == Exit.USAGE
    assert f'"command": "{path}"' in capsys.readouterr().out
