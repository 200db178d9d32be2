"""The page on profiles as a script, in a home folder of its own; questions on a terminal, bad input, a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.configloader import load_config

from tests.e2e.aws import Rehearsed
from tests.e2e.command import Flowops, open_to_others
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk
from tests.terminal import typed

IDS = {"security": "111111111111", "dev": "222222222222", "prod": "333333333333"}
MINE = "# mine\n[profile flw-dev]\nregion = us-east-1 # here\n\n[default]\noutput = json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder without anything in it; tools are found where they were."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def flowops(home: Path, tmp_path: Path) -> Flowops:
    project = copy_project(tmp_path / "project")
    text = (project / "flowops.yaml").read_text()
    for name, number in IDS.items():
        text = re.sub(rf"^  {name}: {{(?=profile)", f'  {name}: {{id: "{number}", ', text, flags=re.MULTILINE)
    (project / "flowops.yaml").write_text(text)
    return Flowops(project, tmp_path / "state")


def typing(flowops: Flowops, answers: Mapping[str, str], *words: str, **env: str) -> tuple[int, str]:
    """Run a command on a terminal, answer each question once, and return its exit code and all that was shown."""
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), *words]
    return typed(argv, flowops.env(**env), answers)


def test_the_page_can_be_typed_from_its_first_line_to_its_last(flowops: Flowops, home: Path) -> None:
    ended = Walk(flowops).read_page("profiles.md")
    assert ended.code == 0, ended.err
    config = load_config(str(home / ".aws" / "config"))
    assert config["sso_sessions"]["corp"]["sso_region"] == "eu-west-1"
    assert config["profiles"]["flw-iac"]["sso_session"] == "corp"
    roles = {name: keys.get("role_arn", "") for name, keys in config["profiles"].items()}
    assert roles == {
        "flw-iac": "",
        "flw-sec": "arn:aws:iam::111111111111:role/OrganizationAccountAccessRole",
        "flw-dev": "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole",
        "flw-prod": "arn:aws:iam::333333333333:role/OrganizationAccountAccessRole",
        **{
            f"{operator}-{name}": f"arn:aws:iam::{IDS[name]}:role/flowable/DevOpsAdminRole"
            for operator in ("flowable-devops-admin", "jane")
            for name in ("dev", "prod")
        },
    }
    assert "Nothing to change." in ended.out
    assert "roleName=OrganizationAccountAccessRole&account=111111111111&displayName=Security%20Admin" in ended.out
    assert open_to_others(home / ".aws") == []


def test_what_stands_there_otherwise_is_asked_for_and_the_rest_stays(flowops: Flowops, home: Path) -> None:
    (home / ".aws").mkdir(0o700)
    (home / ".aws" / "config").write_text(MINE)
    question = "Profile flw-dev stands there with other settings. Replace them as shown? [y/N] "
    code, shown = typing(flowops, {question: "n"}, "profiles", "write", "--yes")
    assert code == 7, shown
    assert "-region = us-east-1 # here" in shown
    assert (home / ".aws" / "config").read_text() == MINE
    answers = {question: "y", "Write this? [y/N] ": "yes"}
    code, shown = typing(flowops, answers, "profiles", "write", "--only", "flw-dev")
    assert code == 0, shown
    assert (home / ".aws" / "config").read_text() == (
        "# mine\n[profile flw-dev]\nregion = eu-central-1\n"
        "role_arn = arn:aws:iam::222222222222:role/OrganizationAccountAccessRole\nsource_profile = flw-iac\n\n"
        "[default]\noutput = json"
    )
    assert (home / ".aws" / "config.flowops-backup").read_text() == MINE


def test_without_a_terminal_the_flags_are_named_and_do(flowops: Flowops, home: Path) -> None:
    (home / ".aws").mkdir(0o700)
    (home / ".aws" / "config").write_text(MINE)
    declined = flowops("profiles", "write", "--yes", "-o", "json")
    assert declined.code == 7
    following = declined.envelope["errors"][0]["next"]
    assert following == "flowops profiles write --replace flw-dev --yes"
    done = flowops(*following.split()[1:], "-o", "json")
    assert done.code == 0, done.err
    outcomes = {it["profile"]: it["outcome"] for it in done.envelope["data"]["profiles"]}
    assert (outcomes["flw-dev"], outcomes["flw-prod"]) == ("changed", "added")
    rows = {it["profile"]: it for it in flowops("profiles", "show", "-o", "json").envelope["data"]}
    assert rows["flw-dev"]["place"] == f"{home / '.aws' / 'config'}:2"
    assert rows["flw-dev"]["next"] == "aws configure --profile flw-iac"


def test_a_broken_file_is_one_clear_line_and_stays(flowops: Flowops, home: Path) -> None:
    (home / ".aws").mkdir(0o700)
    (home / ".aws" / "credentials").write_text("[flw-iac]\naws_secret_access_key canary-5f1e\n")
    for words in (("profiles", "write", "--yes"), ("profiles", "show")):
        ended = flowops(*words)
        assert ended.code == 64
        said = ended.err.splitlines()[0]
        assert said == f"{home / '.aws' / 'credentials'}:2: is neither [section], KEY = VALUE nor a comment."
        assert "canary" not in ended.out + ended.err
    assert [it.name for it in (home / ".aws").iterdir()] == ["credentials"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("profiles", "write", "--only", "flw-devv"), 64, "did you mean 'flw-dev'?"),
        (("profiles", "write", "--replace", "flw-prd"), 64, "did you mean 'flw-prod'?"),
        (("profiles", "write", "--user", "a b"), 64, "--user says 'a b'"),
        (("profiles", "write", "--sso", "corp"), 64, "--sso-start-url URL and --sso-region REGION"),
        (("profiles", "write", "--sso-role", "Admin"), 64, "Single sign-on is said by --sso NAME"),
        (("profiles", "write", "--no-input"), 7, "Next: flowops profiles write --yes"),
        (("profiles", "shwo"), 64, "did you mean 'show'?"),
        (("console", "pord"), 64, "did you mean 'prod'?"),
        (("console", "dev", "--role", "DevopsAdminRole"), 64, "did you mean 'DevOpsAdminRole'?"),
        (("console", "security", "--role", "FlowableUserRole"), 64, "known: OrganizationAccountAccessRole."),
        (("console", "dev", "--open"), 7, "No browser was started: nobody is at a terminal."),
        (("--rehearsal", "console", "dev"), 64, "The AWS of a rehearsal has no console."),
    ],
)
def test_bad_input_is_one_clear_answer(
    flowops: Flowops, home: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = flowops(*words)
    assert ended.code == code, ended.err
    assert said in ended.err
    assert not (home / ".aws").exists()


def test_a_link_is_printed_without_a_terminal_too(flowops: Flowops) -> None:
    ended = flowops("console", "prod", "--open")
    assert ended.out == (
        "https://signin.aws.amazon.com/switchrole?roleName=flowable/DevOpsAdminRole&account=333333333333"
        "&displayName=prod%20DevOpsAdminRole&color=f2b0a9\n"
    )
    following = "open the link that is printed, in a browser"
    assert ended.err.endswith(f"nobody is at a terminal. Next: {following}\n")
    (error,) = flowops("console", "prod", "--open", "-o", "json").envelope["errors"]
    assert error["next"] == following


@pytest.fixture
def browser(tmp_path: Path) -> tuple[str, Path]:
    """Return a browser that writes down what it is given, and where."""
    seen, program = tmp_path / "seen", tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {seen}\n')
    program.chmod(0o755)
    return f"{program} %s", seen


def test_on_a_terminal_the_browser_gets_the_link(flowops: Flowops, browser: tuple[str, Path]) -> None:
    command, seen = browser
    code, shown = typing(flowops, {}, "console", "security", "--open", BROWSER=command)
    assert code == 0, shown
    assert seen.read_text() == shown.strip()


def test_a_machine_without_a_browser_says_so(flowops: Flowops) -> None:
    code, shown = typing(flowops, {}, "console", "security", "--open", BROWSER="false", PATH="/nowhere")
    assert code == 7
    assert "No browser was found." in shown
    assert "switchrole?roleName=OrganizationAccountAccessRole" in shown


def test_a_rehearsal_has_profiles_of_its_own_and_they_are_used(flowops: Flowops, home: Path) -> None:
    started = flowops("rehearse", "up")
    assert started.code == 0, started.err
    try:
        rehearsed = Rehearsed.of(flowops)
        written = flowops("--rehearsal", "profiles", "write", "--yes", "-o", "json")
        assert written.code == 0, written.err
        assert written.envelope["data"]["written"] == [str(rehearsed.root / "aws" / "config")]
        assert all("--rehearsal" in it for it in written.envelope["data"]["following"])
        assert not (home / ".aws").exists()
        found = subprocess.run(
            [Path(sys.executable).with_name("aws"), "--profile", "flw-dev", "sts", "get-caller-identity"],
            env=flowops.env(
                AWS_CONFIG_FILE=str(rehearsed.root / "aws" / "config"),
                AWS_SHARED_CREDENTIALS_FILE=str(rehearsed.root / "aws" / "credentials"),
                AWS_ENDPOINT_URL=rehearsed.endpoint,
            ),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout)["Account"] == IDS["dev"]
    finally:
        flowops("rehearse", "down", "--forget")
