"""New accounts, the page on people as a script, bad input, and a user's life through flowops and the plain aws command.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowops.model import totp
from tests.e2e.aws import DEV, PROD, Rehearsed
from tests.e2e.command import Ended, Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk
from tests.terminal import typed

ROLE = "arn:aws:iam::{}:role/flowable/DevOpsAdminRole"
SEED = re.compile(r"secret=([A-Z2-7]+)")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("people")
    reader = Walk(Flowops(copy_project(folder / "project"), folder / "state"))
    accounts = ("accounts", "create", "--email-base", "aws@example.com", "--yes")
    for words in (
        ("rehearse", "up", "--no-accounts"),
        ("--rehearsal", *accounts),
        ("--rehearsal", "bootstrap", "--yes"),
    ):
        started = reader.flowops(*words)
        assert started.code == 0, started.err
    yield reader
    reader.flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def flowops(walk: Walk) -> Flowops:
    return walk.flowops


@pytest.fixture(scope="module")
def rehearsed(flowops: Flowops) -> Rehearsed:
    return Rehearsed.of(flowops)


def users(flowops: Flowops, *words: str) -> Ended:
    return flowops("--rehearsal", "users", *words)


def profiles(rehearsed: Rehearsed, name: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read(rehearsed.root / "aws" / name)
    return {section: dict(parser[section]) for section in parser.sections()}


AWS = str(Path(sys.executable).parent / "aws")


def leading(rehearsed: Rehearsed) -> dict[str, str]:
    """Return the environment that leads the plain aws command line to the files that flowops wrote."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    files = rehearsed.root / "aws"
    led = {
        "AWS_CONFIG_FILE": str(files / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(files / "credentials"),
        "AWS_ENDPOINT_URL": rehearsed.endpoint,
        "HOME": str(files),
    }
    return {**kept, **led}


def aws(rehearsed: Rehearsed, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the plain aws command line with the files that flowops wrote."""
    return subprocess.run(
        [AWS, *words, "--output", "json"],
        env=leading(rehearsed),
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def assumed(rehearsed: Rehearsed, profile: str, seed: str, account: str) -> subprocess.CompletedProcess[str]:
    """Assume a role of an account with the keys of a profile and a code, by the plain aws command line."""
    serial = profiles(rehearsed, "config")[f"profile {profile}"]["mfa_serial"]
    code = totp.code_at(seed, time.time())
    shown = ("--serial-number", serial, "--token-code", code, "--profile", profile)
    return aws(
        rehearsed, "sts", "assume-role", "--role-arn", ROLE.format(account), "--role-session-name", "test", *shown
    )


def entered(rehearsed: Rehearsed, profile: str, seed: str) -> tuple[int, str]:
    """Ask who a role profile is, on a terminal, by the plain aws command line, which asks for a code."""
    serial = profiles(rehearsed, "config")[f"profile {profile}"]["mfa_serial"]
    return typed(
        [AWS, "--profile", profile, "sts", "get-caller-identity"],
        leading(rehearsed),
        {f"Enter MFA code for {serial}: ": lambda _: totp.code_at(seed, time.time())},
    )


def typing(flowops: Flowops, *words: str) -> tuple[int, str]:
    """Run a command on a terminal as somebody with an authenticator app; return its exit code and all it showed."""
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), "--rehearsal", "users", *words]

    def code(later: int) -> Callable[[str], str]:
        def of_app(shown: str) -> str:
            found = SEED.search(shown)
            assert found, shown
            return totp.code_at(found[1], time.time() + later)

        return of_app

    answers = {"Code that the app shows now: ": code(0), "The code after that one: ": code(totp.STEP_SECONDS)}
    # A terminal that draws nothing: the secret is in the text that it shows.
    return typed(argv, flowops.env(TERM="dumb"), answers)


def test_the_page_makes_shows_rotates_disables_and_removes(walk: Walk, rehearsed: Rehearsed) -> None:
    ended = walk.read_page("people.md")
    assert ended.code == 0, ended.err
    for said in (
        "user jane made: arn:aws:iam::111111111111:user/flowable/jane",
        "profiles jane, jane-dev written into",
        "joined prod_flowable_user",
        "goes on working. Use the new key once",
        "is not known to work yet",
        "inline policy FlowopsDisabled denies everything",
        "removed profile jane-dev",
        "removed user jane",
    ):
        assert said in ended.out
    assert "[jane]" not in (rehearsed.root / "aws" / "credentials").read_text()
    assert "flowable-devops-admin" in profiles(rehearsed, "credentials")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "joe", "--group", "dev_devops_admin"), 64, "did you mean 'dev_dev_ops_admin'?"),
        (("add", "joe", "--group", "stage_dev_ops_admin"), 64, "known: dev_dev_ops_admin"),
        (("add", "joe doe", "--group", "dev_flowable_user"), 64, "no name of an IAM user"),
        (("add", "joe"), 64, "reach nothing"),
        (("add", "joe", "--group", "dev_flowable_user"), 7, "--mfa later"),
        (("add", "joe", "--group", "dev_flowable_user", "--profile", "p"), 64, "--write-profile is not there"),
        (("add", "joe", "--group", "dev_flowable_user", "--mfa-seed-file", "/dev/null"), 64, "is there already"),
        (("add", "joe", "--group", "dev_flowable_user", "--mfa-seed-file", "/nowhere/seed"), 64, "cannot be made"),
        (("add", "joe", "--mfa", "never"), 64, "'now', 'later'"),
        (("show", "flowable_devops_usr"), 64, "did you mean 'flowable_devops_user'?"),
        (("rotate", "nobody"), 64, "no IAM user 'nobody'"),
        (("rotate", "flowable_devops_user", "--finish"), 0, ""),
        (("disable", "flowable_devops_user", "--yes"), 4, "lock yourself out"),
        (("remove", "flowable_devops_user", "--yes", "--confirm", "flowable_devops_user"), 4, "lock yourself out"),
    ],
)
def test_bad_input_is_one_clear_answer(flowops: Flowops, words: tuple[str, ...], code: int, said: str) -> None:
    ended = users(flowops, *words)
    assert ended.code == code, ended.err
    assert said in ended.err
    assert "flowops met an error" not in ended.err


def test_nobody_was_made_by_any_of_that(flowops: Flowops) -> None:
    names = [it["name"] for it in users(flowops, "list", "-o", "json").envelope["data"]["users"]]
    assert names == ["flowable_devops_user"]


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """Return the secrets that were made in this story, as it goes on."""
    return {}


@pytest.fixture(scope="module")
def seed(flowops: Flowops, rehearsed: Rehearsed, secrets: dict[str, str]) -> str:
    """Return the seed of joe, who is made here through flowops with its profile written."""
    file = flowops.project / "joe.seed"
    given = ("--group", "dev_dev_ops_admin", "--write-profile", "--mfa-seed-file", str(file), "-o", "json")
    made = users(flowops, "add", "joe", *given)
    assert made.code == 0, made.err
    assert made.envelope["data"]["access_key"]["secret"] is None
    assert file.stat().st_mode & 0o777 == 0o600
    secrets["seed"] = file.read_text().strip()
    secrets["first key"] = profiles(rehearsed, "credentials")["joe"]["aws_secret_access_key"]
    return secrets["seed"]


def test_the_plain_command_line_enters_dev_by_the_written_profile_and_is_refused_prod(
    seed: str, flowops: Flowops, rehearsed: Rehearsed
) -> None:
    code, shown = entered(rehearsed, "joe-dev", seed)
    assert code == 0, shown
    assert f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/" in shown
    written = flowops("--rehearsal", "profiles", "write", "--user", "joe", "--only", "joe-prod", "--yes")
    assert written.code == 0, written.err
    code, shown = entered(rehearsed, "joe-prod", seed)
    assert code != 0
    assert f"not authorized to perform: sts:AssumeRole on resource: {ROLE.format(PROD)}" in shown


@pytest.fixture
def as_joe(seed: str, flowops: Flowops) -> Iterator[Flowops]:
    """Return flowops with joe as the operator of the project."""
    config = flowops.project / "flowops.yaml"
    before = config.read_text()
    config.write_text(re.sub(r"^operator:.*$", "operator: {profile: joe}", before, flags=re.MULTILINE))
    yield flowops
    config.write_text(before)


def test_flowops_enters_dev_as_joe_and_is_refused_prod(as_joe: Flowops, seed: str, rehearsed: Rehearsed) -> None:
    serial = profiles(rehearsed, "config")["profile joe"]["mfa_serial"]
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(as_joe.project), "--rehearsal", "auth", "whoami"]
    question = f"MFA code of {serial}: "
    into_dev = ("dev", "--role", "DevOpsAdminRole")
    code, shown = typed([*argv, *into_dev], as_joe.env(), {question: lambda _: totp.code_at(seed, time.time())})
    assert code == 0, shown
    assert "user/flowable/joe" in shown
    acting = as_joe("--rehearsal", "auth", "exec", *into_dev, "--", "aws", "sts", "get-caller-identity")
    assert "assumed-role/DevOpsAdminRole" in acting.out, acting.err
    refused = as_joe("--rehearsal", "auth", "whoami", "prod", "--role", "DevOpsAdminRole")
    assert refused.code == 5
    assert "AccessDenied" in refused.out + refused.err


def test_the_role_profile_names_all_that_the_command_line_needs(seed: str, rehearsed: Rehearsed) -> None:
    config = profiles(rehearsed, "config")
    assert config["profile joe-dev"] == {
        "role_arn": ROLE.format(DEV),
        "source_profile": "joe",
        "region": "eu-central-1",
        "mfa_serial": config["profile joe"]["mfa_serial"],
        # The aws command line keeps a role's sessions by this: none of another rehearsal's is taken for one of here.
        "role_session_name": f"flowops-{(rehearsed.root / 'number').read_text()}",
    }
    assert set(profiles(rehearsed, "credentials")["joe"]) == {
        "aws_access_key_id",
        "aws_secret_access_key",
        "region",
        "mfa_serial",
    }


def test_joe_rotates_the_key_and_uses_the_new_one(
    seed: str, flowops: Flowops, rehearsed: Rehearsed, secrets: dict[str, str]
) -> None:
    before = profiles(rehearsed, "credentials")["joe"]["aws_access_key_id"]
    made = users(flowops, "rotate", "joe", "--write-profile")
    assert made.code == 0, made.err
    joe = profiles(rehearsed, "credentials")["joe"]
    assert joe["aws_access_key_id"] != before
    secrets["second key"] = joe["aws_secret_access_key"]
    assert assumed(rehearsed, "joe", seed, DEV).returncode == 0
    for step in ("deactivate", "delete"):
        ended = users(flowops, "rotate", "joe", "-o", "json")
        assert ended.envelope["data"]["step"] == step, ended.err
    assert users(flowops, "rotate", "joe", "--finish").code == 0


def test_joe_leaves_and_the_keys_are_refused(seed: str, flowops: Flowops, rehearsed: Rehearsed) -> None:
    declined = users(flowops, "remove", "joe")
    assert declined.code == 7
    assert "Next: flowops --rehearsal users remove joe --confirm joe --yes" in declined.err
    gone = users(flowops, "remove", "joe", "--yes", "--confirm", "joe")
    assert gone.code == 0, gone.err
    assert "InvalidClientTokenId" in assumed(rehearsed, "joe", seed, DEV).stderr
    assert users(flowops, "remove", "joe", "--yes", "--confirm", "joe").code == 64


def test_flowops_does_not_know_joe_any_more(as_joe: Flowops) -> None:
    ended = as_joe("--rehearsal", "auth", "whoami", "dev")
    assert ended.code == 5
    assert "InvalidClientTokenId" in ended.out + ended.err


def test_on_a_terminal_codes_off_an_app_enrol_somebody_made_by_hand(
    flowops: Flowops, rehearsed: Rehearsed, secrets: dict[str, str]
) -> None:
    iam = rehearsed.in_security("iam")
    iam.create_user(UserName="byhand")
    iam.add_user_to_group(UserName="byhand", GroupName="dev_flowable_user")
    (row,) = [it for it in users(flowops, "list", "-o", "json").envelope["data"]["users"] if it["name"] == "byhand"]
    assert [it["mark"] for it in row["marks"]] == ["adopt"]
    refused = users(flowops, "add", "byhand", "--group", "dev_flowable_user", "--mfa", "later")
    assert refused.code == 4
    assert "flowops --rehearsal users adopt byhand" in refused.err
    code, shown = typing(flowops, "adopt", "byhand", "--yes")
    assert code == 0, shown
    found = SEED.search(shown)
    assert found
    secrets["shown seed"] = found[1]
    assert "MFA device enrolled: arn:aws:iam::111111111111:mfa/flowable/byhand" in shown
    assert iam.get_user(UserName="byhand")["User"]["Path"] == "/flowable/"


def test_every_secret_is_in_the_files_that_were_asked_for_and_in_no_other(
    flowops: Flowops, rehearsed: Rehearsed, secrets: dict[str, str]
) -> None:
    operator = profiles(rehearsed, "credentials")["flowable-devops-admin"]["aws_secret_access_key"]
    known = {
        **secrets,
        "operator": operator,
        "seed of the operator": (rehearsed.root / "aws" / "operator.seed").read_text().strip(),
    }
    found: dict[str, set[str]] = {name: set() for name in known}
    for file in (it for it in (*flowops.state.rglob("*"), *flowops.project.rglob("*")) if it.is_file()):
        content = file.read_bytes()
        for name in (it for it, secret in known.items() if secret.encode() in content):
            found[name].add(file.name)
    # What a file was before its last change, which was joe's second key, stands beside it.
    backup = "credentials.flowops-backup"
    assert found == {
        "seed": {"joe.seed"},
        "first key": {backup},
        "second key": {"credentials"},
        "shown seed": set(),
        "operator": {"credentials", backup},
        "seed of the operator": {"operator.seed"},
    }
