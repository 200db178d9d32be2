"""The page on secrets as a script, what is said to bad input, and that no value is anywhere but in Secrets Manager.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.aws import Rehearsed
from tests.e2e.command import Ended, Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk
from tests.terminal import typed

PASSWORD, LICENSE = "canary-5f1e-word", "canary-5f1e-license"


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("secrets")
    reader = Walk(Flowops(copy_project(folder / "project"), folder / "state"))
    (reader.flowops.project / "prod.license").write_text(LICENSE)
    started = reader.flowops("rehearse", "up")
    assert started.code == 0, started.err
    yield reader
    reader.flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def flowops(walk: Walk) -> Flowops:
    return walk.flowops


@pytest.fixture
def stored(flowops: Flowops) -> Stored:
    return Stored(Rehearsed.of(flowops))


class Stored:
    """What Secrets Manager holds."""

    def __init__(self, rehearsed: Rehearsed) -> None:
        self._client = rehearsed.in_security("secretsmanager")

    def __call__(self, name: str) -> str:
        return str(self._client.get_secret_value(SecretId=name)["SecretString"])

    def versions(self, name: str) -> int:
        return len(self._client.describe_secret(SecretId=name)["VersionIdsToStages"])


def piped(flowops: Flowops, text: str, *words: str) -> Ended:
    """Run a command that reads this from a pipe."""
    argv = [sys.executable, "-m", "flowops", "--rehearsal", *words]
    line = f"printf '%s\\n' {shlex.quote(text)} | {shlex.join(argv)}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=flowops.project,
        env=flowops.env(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def typing(flowops: Flowops, answers: Mapping[str, str], *words: str) -> tuple[int, str]:
    """Run a command on a terminal, answer each question once, and return its exit code and all that was shown."""
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), "--rehearsal", *words]
    return typed(argv, flowops.env(), answers)


def test_before_the_bootstrap_everything_leads_to_it(flowops: Flowops) -> None:
    listed = flowops("--rehearsal", "secrets", "list", "-o", "json")
    assert listed.code == 0, listed.err
    assert {it["next"] for it in listed.envelope["data"]} == {"flowops --rehearsal bootstrap security"}
    setting = flowops(
        "--rehearsal", "secrets", "set", "license", "prod", "--file", str(flowops.project / "prod.license")
    )
    assert setting.code == 64
    assert "Next: flowops --rehearsal bootstrap security" in setting.err
    checked = flowops("--rehearsal", "secrets", "check")
    assert checked.code == 64
    assert "Next: flowops --rehearsal bootstrap" in checked.err


def test_the_page_sets_lists_and_checks(walk: Walk, flowops: Flowops) -> None:
    made = flowops("--rehearsal", "bootstrap", "--yes")
    assert made.code == 0, made.err
    assert "made up for this rehearsal" in made.out
    assert "not set" not in made.out
    ended = walk.read_page("secrets.md")
    assert ended.code == 0, ended.err
    for outcome in ("repository: replaced, from stdin", "license dev: replaced, from", "license dev: unchanged"):
        assert outcome in ended.out
    assert "the password" not in ended.out + ended.err


def test_what_the_page_set_is_stored_byte_for_byte(stored: Stored) -> None:
    assert json.loads(stored("/flowable/repository")) == {"username": "jane@example.com", "password": "the password"}
    assert stored("/flowable/dev/license") == "a newer license"


def test_a_typed_password_is_not_shown_and_replaces_after_a_yes(flowops: Flowops, stored: Stored) -> None:
    answers = {
        "User of the Flowable repository: ": "jane",
        "Password of jane: ": PASSWORD,
        "The same password again: ": PASSWORD,
        "used by dev, prod (protected)? [y/N] ": "y",
    }
    code, shown = typing(flowops, answers, "secrets", "set", "repository")
    assert code == 0, shown
    assert "repository: replaced, from what was typed" in shown
    assert PASSWORD not in shown
    assert json.loads(stored("/flowable/repository")) == {"username": "jane", "password": PASSWORD}


def test_the_same_password_again_makes_no_version(flowops: Flowops, stored: Stored) -> None:
    before = stored.versions("/flowable/repository")
    again = piped(flowops, PASSWORD, "secrets", "set", "repository", "--username", "jane", "--stdin", "-o", "json")
    assert again.code == 0, again.err
    assert again.envelope["data"]["outcome"] == "unchanged"
    assert stored.versions("/flowable/repository") == before


def test_another_password_with_nobody_there_ends_with_7_and_the_flag(flowops: Flowops, stored: Stored) -> None:
    ended = piped(flowops, "canary-5f1e-other", "secrets", "set", "repository", "--username", "jane", "--stdin")
    assert ended.code == 7
    assert "Next: flowops --rehearsal secrets set repository --username jane --stdin --yes" in ended.err
    assert PASSWORD in stored("/flowable/repository")


def test_a_protected_environments_license_asks_for_its_name(flowops: Flowops, stored: Stored) -> None:
    file = flowops.project / "prod.license"
    words = ("--rehearsal", "secrets", "set", "license", "prod", "--file", str(file))
    before = stored("/flowable/prod/license")
    declined = flowops(*words, "--yes")
    assert declined.code == 7
    assert declined.err.rstrip().endswith("--yes --confirm prod")
    assert stored("/flowable/prod/license") == before != LICENSE
    assert flowops(*words, "--yes", "--confirm", "prod").code == 0
    assert stored("/flowable/prod/license") == LICENSE


def test_the_operator_finds_everything_there(flowops: Flowops) -> None:
    checked = flowops("--rehearsal", "secrets", "check", "-o", "yaml")
    assert checked.code == 0, checked.err
    assert checked.out.startswith("flowops_result_version: 1\ncommand: secrets check\nstatus: fine\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("check", "pord"), 64, "did you mean 'prod'?"),
        (("set", "license", "pord", "--stdin"), 64, "did you mean 'prod'?"),
        (("set", "license", "dev", "--file", "nowhere"), 64, "nowhere:1: cannot be read: No such file or directory"),
        (("set", "license", "dev", "--file", "."), 64, "is not a regular file"),
        (("set", "license", "dev", "--file", "/dev/zero"), 64, "is not a regular file"),
        (("set", "license", "dev"), 64, "Nothing says which file is the license of dev"),
        (("set", "license"), 64, "Missing argument 'ENV'"),
        (("set", "licence", "dev"), 64, "licence"),
        (("set", "repository", "--password", "x"), 64, "No such option"),
        (("set", "repository"), 7, "There is nobody to ask for the repository's password"),
        (("set", "repository", "--username", "jane", "--stdin"), 64, "is empty"),
        (("set", "repository", "--stdin", "--file", "x"), 64, "name two values"),
    ],
)
def test_bad_input_is_one_clear_answer(flowops: Flowops, words: tuple[str, ...], code: int, said: str) -> None:
    ended = flowops("--rehearsal", "secrets", *words)
    assert ended.code == code, ended.err
    assert said in ended.err
    assert "flowops met an error" not in ended.err


def test_a_license_that_is_too_large_is_refused_without_being_shown(flowops: Flowops, tmp_path: Path) -> None:
    for size, said in ((70_000, "more than the 65536 bytes"), (1_100_000, "is larger than 1 MiB")):
        (tmp_path / "big").write_text("canary" * (size // 6))
        ended = flowops("--rehearsal", "secrets", "set", "license", "dev", "--file", str(tmp_path / "big"))
        assert (ended.code, "canary" in ended.err + ended.out) == (64, False)
        assert said in ended.err
        assert "Next: flowops --rehearsal secrets set license dev --file PATH" in ended.err


def test_stdin_that_is_a_terminal_is_not_read(flowops: Flowops) -> None:
    code, shown = typing(flowops, {}, "secrets", "set", "license", "dev", "--stdin")
    assert code == 64
    assert "stdin is a terminal" in shown


def test_a_secret_about_to_be_deleted_says_how_to_keep_it(flowops: Flowops) -> None:
    client = Rehearsed.of(flowops).in_security("secretsmanager")
    client.delete_secret(SecretId="/flowable/dev/license")
    ended = piped(flowops, "canary-5f1e-new", "secrets", "set", "license", "dev", "--stdin", "--yes")
    assert ended.code == 1
    assert "to be deleted on" in ended.err
    following = ended.err.partition("Next: ")[2]
    assert following.startswith(f"AWS_CONFIG_FILE={Rehearsed.of(flowops).root}/aws/config ")
    assert " aws secretsmanager restore-secret --secret-id arn:aws:secretsmanager:" in following
    checked = flowops("--rehearsal", "secrets", "check", "dev")
    assert checked.code == 1
    assert "restore-secret" in checked.out
    client.restore_secret(SecretId="/flowable/dev/license")
    assert flowops("--rehearsal", "secrets", "check", "dev").code == 0


def test_no_value_is_in_any_file_but_the_one_handed_in(flowops: Flowops) -> None:
    """The emulator's own memory, which stands for Secrets Manager, is written when it stops and is not among them."""
    files = [it for it in (*flowops.state.rglob("*"), *flowops.project.rglob("*")) if it.is_file()]
    assert len(files) > 100
    found = {it.name for it in files if b"canary-5f1e" in it.read_bytes()}
    assert found <= {"prod.license"}
