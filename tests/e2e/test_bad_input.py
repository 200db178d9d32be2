"""What an operator types wrong is answered with one clear line and code 64, before anything starts."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, Ended, Flowops
from tests.e2e.walk import Walk


def replace(project: Path, old: str, new: str) -> None:
    file = project / "flowops.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_page_on_configuration_does_what_it_says(flowops: Flowops) -> None:
    ended = Walk(flowops).read_page("configuration.md")
    assert ended.code == 0, ended.err
    shown = json.loads((flowops.project / "settings.json").read_text())["data"]["settings"]
    assert {"name": "project", "value": "flowable", "source": "flowops.yaml:3"} in shown
    assert json.loads((flowops.project / "flowops.schema.json").read_text())["title"] == "flowops.yaml"


def test_a_variable_that_changes_a_command_is_shown_as_the_source(flowops: Flowops) -> None:
    ended = flowops("config", "show", "-o", "json", env={"FLOWOPS_WARM_PROVIDERS": "never"})
    source = "environment variable FLOWOPS_WARM_PROVIDERS"
    assert {"name": "--warm-providers", "value": "never", "source": source} in ended.envelope["data"]["settings"]


def test_environments_that_share_an_account_are_warned_about(flowops: Flowops) -> None:
    replace(
        flowops.project, "environments:\n", "environments:\n  qa: {account: dev, path: aws/non-prod/eu-central-1/qa}\n"
    )
    ended = flowops("config", "show")
    assert ended.code == 0
    assert "warning: environments" in ended.err
    assert "share account 'dev'" in ended.err


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("plan", "dve"), "There is no environment 'dve'; did you mean 'dev'? known: dev, prod."),
        (("accounts", "create", "dve"), "There is no account 'dve'; did you mean 'dev'?"),
        (("apply", "dev", "foundaton"), "There is no layer 'foundaton' in dev; did you mean 'foundation'?"),
        (("destroy", "dev", "foundation", "ekss"), "There is no unit 'ekss' in dev/foundation; did you mean 'eks'?"),
        (("rehearse", "dve"), "There is no environment 'dve'; did you mean 'dev'?"),
        (("rehearse", "satus"), "did you mean 'status'?"),
        (("bootstrp",), "There is no command 'bootstrp'; did you mean 'bootstrap'?"),
        (("toolchain", "path", "terragunt"), "There is no tool 'terragunt'; did you mean 'terragrunt'?"),
        (("plan", "dev", "--parallelism", "many"), "Invalid value for '--parallelism'"),
        (("plan",), "Missing argument 'ENV'"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_one(flowops: Flowops, words: tuple[str, ...], answer: str) -> None:
    ended = flowops(*words)
    assert ended.code == 64
    assert answer in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "dev"),
        ("drift", "dev"),
        ("graph", "dev"),
        ("recover", "dev"),
        ("recover", "dev", "--imports"),
        ("rehearse", "dev"),
    ],
    ids=" ".join,
)
def test_a_wrong_name_is_answered_before_a_tool_is_asked_for(
    flowops: Flowops, tmp_path: Path, words: tuple[str, ...]
) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "FLOWOPS_TOOL_MIRROR": "http://127.0.0.1:9", "GOPROXY": "off"}
    ended = flowops(*words, "foundaton", env=cache)
    assert ended.code == 64, ended.err
    assert "There is no layer 'foundaton' in dev; did you mean 'foundation'?" in ended.err
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        (
            "profile: flw-dev}",
            "profile: flw-dev, id: 012345670123}",
            'quoted string of 12 digits, such as "012345678901"',
        ),
        ("region: eu-central-1", "regoin: eu-central-1", "unknown key 'regoin'; did you mean 'region'?"),
        ("layers: [foundation, app]", "layers: foundation", "layers: 'foundation'"),
        ("project: flowable", "project: flowable\nproject: twice", "key 'project' stands here twice"),
        ("protected: true", 'protected: "yes"', "environments.prod.protected: 'yes'"),
        ("account: dev,", "account: dvv,", "'dvv' is not an environment's account; allowed: dev, prod"),
        ("  dev: {account: dev,", "  up: {account: dev,", "'up' is a word of the command line"),
    ],
)
def test_a_wrong_configuration_is_named_by_file_and_line(
    flowops: Flowops, project: Path, old: str, new: str, answer: str
) -> None:
    replace(project, old, new)
    ended = flowops("plan", "dev")
    assert ended.code == 64
    assert answer in ended.err
    line = next(it for it in ended.err.splitlines() if answer in it)
    assert line.startswith(f"{project}/flowops.yaml:")
    assert line.split(":")[1].isdigit()


@pytest.mark.parametrize("text", ["", "regoin: eu-central-1\n"])
def test_tools_can_be_had_before_there_is_a_project_or_one_that_can_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "new").mkdir()
    if text:
        (tmp_path / "new" / "flowops.yaml").write_text(text)
    ended = Flowops(tmp_path / "new", tmp_path / "state")("toolchain", "install", "aws", "-o", "json")
    assert ended.code == 0, ended.err
    assert [it["tool"] for it in ended.envelope["data"]] == ["aws"]
    assert "the versions of tools are those of a new project" in ended.err


@pytest.mark.parametrize("command", ["bootstrap", "discover"])
def test_accounts_without_an_id_stop_before_aws_is_called(flowops: Flowops, command: str) -> None:
    ended = flowops(command)
    assert ended.code == 64
    assert "flowops.yaml has no id for account" in ended.err
    assert "flowops rehearse ENV" in ended.err


def test_a_plan_before_the_bootstrap_says_what_comes_first(flowops: Flowops) -> None:
    ended = flowops("plan", "dev", "foundation")
    assert ended.code == 64
    assert ended.err.splitlines()[-1] == "Next: flowops bootstrap"


def test_a_rehearsal_that_is_not_up_is_said_so(flowops: Flowops) -> None:
    ended = flowops("--rehearsal", "plan", "dev")
    assert ended.code == 1
    assert "Next: flowops rehearse up" in ended.err


def test_an_environment_without_units_says_where_they_would_be(flowops: Flowops) -> None:
    shutil.rmtree(flowops.project / "deployments/aws/prod")
    ended = flowops("graph", "prod")
    assert ended.code == 64
    assert "deployments/aws/prod/eu-central-1/prod" in ended.err


def test_no_project_here(tmp_path: Path) -> None:
    ended = Flowops(tmp_path, tmp_path / "state")("plan", "dev")
    assert ended.code == 64
    assert "there is no flowops.yaml here or in a folder above" in ended.err


def test_an_error_is_an_envelope_too_when_json_is_asked_for(flowops: Flowops) -> None:
    ended = flowops("plan", "dve", "-o", "json")
    assert ended.code == 64
    assert ended.envelope["command"] == "plan"
    assert ended.envelope["exit_code"] == 64
    assert "did you mean 'dev'" in ended.envelope["errors"][0]["happened"]


def fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    "script",
    ["echo 'Terraform v0.12.31'", "echo 'segmentation fault'; exit 139", "exit 0", "printf '\\377\\376\\000rubbish'"],
    ids=["too old", "crashes", "says nothing", "prints rubbish"],
)
def test_a_terraform_that_cannot_be_used_is_not_used(flowops: Flowops, tmp_path: Path, script: str) -> None:
    fake(tmp_path / "bin", "terraform", script)
    sealed = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    mirror = {"FLOWOPS_TOOL_MIRROR": "http://127.0.0.1:9"}
    ended = flowops("toolchain", "install", "terraform", env=sealed | mirror)
    assert ended.code == 1
    assert "terraform 1.11.4" in ended.err
    assert "Traceback" not in ended.err


def test_a_terraform_that_lies_about_everything_but_its_version_fails_the_rehearsal(
    flowops: Flowops, tmp_path: Path
) -> None:
    fake(
        tmp_path / "bin", "terraform", "case $1 in version|-version|--version) echo 'Terraform v1.11.4';; esac; exit 0"
    )
    ended = flowops("rehearse", "dev", "foundation", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert ended.code == 1
    assert "apply" in ended.out
    assert "NO" in ended.out


@pytest.mark.parametrize(
    ("words", "code"), [(["version"], 0), (["version", "-o", "json"], 0), (["plan", "dve", "-o", "json"], 64)]
)
@pytest.mark.fault(46)
def test_a_reader_that_left_changes_no_exit_code(flowops: Flowops, words: list[str], code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), *words]
    try:
        done = subprocess.run(argv, cwd=ROOT, env=flowops.env(), stdout=writing, stderr=writing, check=False)
    finally:
        os.close(writing)
    assert done.returncode == code


def shell(flowops: Flowops, line: str) -> Ended:
    """Return how a line of a shell ended, in which `flowops` is the command at the project."""
    command = shlex.join([sys.executable, "-m", "flowops", "--project-dir", str(flowops.project)])
    text = line.replace("flowops", command, 1)
    done = subprocess.run(
        ["sh", "-c", text], cwd=ROOT, env=flowops.env(), capture_output=True, text=True, timeout=300, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("words", ["config show", "config show -o json", "config schema"])
def test_a_result_that_finds_no_room_is_said_so(flowops: Flowops, words: str) -> None:
    ended = shell(flowops, f"flowops {words} > /dev/full")
    assert ended.code == 3
    assert ended.err.splitlines()[0] == "The result cannot be written to stdout: No space left on device."


def test_an_error_that_finds_no_room_for_its_envelope_keeps_its_code(flowops: Flowops) -> None:
    ended = shell(flowops, "flowops plan dve -o json > /dev/full")
    assert ended.code == 64
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("flowops config show >&-", 0),
        ("flowops config show <&- >&- 2>&-", 0),
        ("flowops plan dve <&-", 64),
        ("flowops plan dve 2>&-", 64),
    ],
)
def test_a_closed_stream_changes_no_exit_code(flowops: Flowops, line: str, code: int) -> None:
    ended = shell(flowops, line)
    assert ended.code == code
    assert "an error of its own" not in ended.err


def test_a_folder_that_is_gone_is_said_so(flowops: Flowops, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    env = {"PYTHONPATH": str(ROOT)}
    argv = ["sh", "-c", f"cd {gone} && rmdir {gone} && exec {sys.executable} -m flowops config show"]
    done = subprocess.run(argv, env=flowops.env(**env), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 64
    assert done.stderr.splitlines()[0] == "The folder that you are in is gone."


def test_ctrl_c_before_anything_is_loaded_is_two_lines_and_130(flowops: Flowops, tmp_path: Path) -> None:
    (tmp_path / "early").mkdir()
    (tmp_path / "early/click.py").write_text("raise KeyboardInterrupt\n")
    ended = flowops("config", "show", env={"PYTHONPATH": str(tmp_path / "early")})
    assert (ended.code, ended.err) == (130, "Interrupted.\nNothing was started.\n")
