"""Whatever a command finds, and however it fails: with `-o json` stdout is one envelope that fits the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from flowops.adapters.unit_logs import log_of
from flowops.cli import execute
from flowops.errors import Exit
from tests.e2e.conftest import copy_project
from tests.fakes.recorded import ended, finished, recorded
from tests.unit.cli.walk import EVERY, examples

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "flowops" / "data" / "output" / "envelope-1.json").read_text())
PAGE = (ROOT / "docs" / "output.md").read_text()
OF_OTHERS = {("auth", "exec"), ("auth", "process")}
"""Their stdout belongs to a program of somebody else: docs/output.md says so."""


def fits(text: str) -> dict[str, Any]:
    """Return an envelope, which must fit the schema."""
    found: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the caller stand in an empty folder, at home in another one, with no programs and no AWS."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("FLOWOPS_TOOL_MIRROR", (tmp_path / "mirror").as_uri())
    # A Go that is found in its usual place builds nothing from nothing.
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_schema_is_one_and_refuses_what_is_none() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = {
        "flowops_result_version": 1,
        "command": "version",
        "status": "fine",
        "exit_code": 0,
        "data": 1,
        "errors": [],
    }
    fits(json.dumps(good))
    fits(json.dumps({**good, "a_key_of_tomorrow": 1}))
    for wrong in (
        {"flowops_result_version": 2},
        {"status": "locked"},
        {"exit_code": 8},
        {"command": "Plan!"},
        {"errors": [{"next": "flowops doctor"}]},
        {"errors": None},
    ):
        with pytest.raises(jsonschema.ValidationError):
            fits(json.dumps({**good, **wrong}))
    for missing in good:
        with pytest.raises(jsonschema.ValidationError):
            fits(json.dumps({name: value for name, value in good.items() if name != missing}))


@pytest.mark.parametrize("path", [it for it in EVERY if it not in OF_OTHERS], ids=" ".join)
def test_each_command_answers_in_an_envelope_where_there_is_no_project(
    path: tuple[str, ...], nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in examples(EVERY[path]):
        for word in words:
            if re.fullmatch(r"[^/=]+\.[a-z]+", word):
                (nowhere / word).touch()
        code = execute([it for it in words if it not in ("-o", "json")] + ["-o", "json", "--no-input"])
        found = fits(capsys.readouterr().out)
        assert found["exit_code"] == code
        assert (code == Exit.FINE) is (found["errors"] == []) or code == Exit.CHANGES, words


@pytest.mark.parametrize("path", [it for it in EVERY if it], ids=" ".join)
def test_each_command_answers_a_wrong_option_in_an_envelope(
    path: tuple[str, ...], nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute([*path, "--no-such-option", "-o", "json"]) == Exit.USAGE
    found = fits(capsys.readouterr().out)
    assert found["command"] == " ".join(path)
    assert found["data"] is None
    assert execute([*path, "--no-such-option", "-o", "yaml"]) == Exit.USAGE
    assert yaml.safe_load(capsys.readouterr().out) == found


def found_by(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert execute([*words, "-o", "json"]) == code
    envelope = fits(capsys.readouterr().out)
    assert envelope["exit_code"] == code
    assert execute([*words, "-o", "yaml"]) == code
    assert yaml.safe_load(capsys.readouterr().out) == envelope
    return envelope["data"]


def test_what_can_be_known_without_aws_has_its_own_keys(
    nowhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy_project(nowhere / "project"))
    assert set(found_by(capsys, "version")) == {"flowops", "python"}
    settings = found_by(capsys, "config", "show")
    assert {"name": "project", "value": "flowable", "source": "flowops.yaml:3"} in settings["settings"]
    assert settings["warnings"] == []
    assert found_by(capsys, "config", "schema")["title"] == "flowops.yaml"
    assert set(found_by(capsys, "completion", "zsh")) == {"shell", "script"}
    assert found_by(capsys, "runs", "list") == []
    assert found_by(capsys, "rehearse", "status")["running"] is False
    assert {it["tool"] for it in found_by(capsys, "toolchain", "list")} >= {"terraform", "terragrunt"}
    assert found_by(capsys, "runs", "show", "last", code=64) is None


def test_the_log_of_a_unit_is_lines_in_an_envelope_and_text_for_people(
    nowhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_project(nowhere / "project")
    monkeypatch.chdir(project)
    run = recorded(ended("dev/foundation/vpc", "applied"), finished())
    folder = project / ".flowops" / "runs" / run.id
    (folder / "logs").mkdir(parents=True)
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(it)}\n" for it in run.events))
    log_of(folder, "dev/foundation/vpc").write_text("aws_vpc.this: Creating...\nApply complete!\n")
    lines = ["aws_vpc.this: Creating...", "Apply complete!"]
    wanted = {"run": run.id, "unit": "foundation/vpc", "log": lines}
    assert found_by(capsys, "runs", "show", "last", "--log", "foundation/vpc") == wanted
    assert execute(["runs", "show", "last", "--log", "foundation/vpc"]) == Exit.FINE
    assert capsys.readouterr().out.splitlines() == lines
    assert [it["run"] for it in found_by(capsys, "runs", "list")] == [run.id]


def test_the_page_documents_each_key_and_each_exit_code() -> None:
    keys = [*SCHEMA["properties"], *(f"errors[].{it}" for it in SCHEMA["$defs"]["error"]["properties"])]
    assert re.findall(r"^\| `([a-z_.\[\]]+)` \|", PAGE, re.MULTILINE) == keys
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    said = [
        (str(it["properties"]["exit_code"]["const"]), it["properties"]["status"]["const"], it["title"])
        for it in SCHEMA["oneOf"]
    ]
    assert rows == said
    assert [(int(code), word) for code, word, _ in rows] == [(int(it), it.word) for it in Exit]


def test_the_example_of_the_page_is_an_envelope() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    assert fits(example.group(1))["command"] == "version"
