"""The page on who you are as a script, and other tools in the roles: the real `aws`, and twenty callers at once.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shlex import join

import pytest

from tests.e2e.aws import DEV, REGION, SECURITY, Rehearsed
from tests.e2e.command import Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk

PLAN, DEPLOY = "FlowopsPlanRole", "DevOpsAdminRole"


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("auth")
    reader = Walk(Flowops(copy_project(folder / "project"), folder / "state"))
    started = reader.flowops("rehearse", "up")
    assert started.code == 0, started.err
    yield reader
    reader.flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def flowops(walk: Walk) -> Flowops:
    return walk.flowops


def calls(flowops: Flowops) -> Counter[str]:
    return Counter(it["action"] for it in Rehearsed.of(flowops).calls())


def test_before_the_bootstrap_the_way_ends_where_it_ends(flowops: Flowops) -> None:
    found = flowops("--rehearsal", "auth", "whoami", "dev", "-o", "json")
    assert found.code == 5, found.err
    failed = next(it for it in found.envelope["data"][0]["hops"] if it["state"] == "failed")
    assert failed["error"]["next"]
    unchecked = flowops("--rehearsal", "auth", "check", "dev")
    assert (unchecked.code, "Next: flowops --rehearsal bootstrap" in unchecked.err) == (64, True)
    made = flowops("--rehearsal", "bootstrap", "--yes")
    assert made.code == 0, made.err


def test_twenty_processes_at_once_get_one_session_and_one_role(flowops: Flowops) -> None:
    before = calls(flowops)
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), "--rehearsal", "-o", "json"]
    started = [
        subprocess.Popen(
            [*argv, "auth", "process", "dev"],
            env=flowops.env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(20)
    ]
    ended = [(*it.communicate(timeout=300), it.returncode) for it in started]
    assert {(err, code) for _, err, code in ended} == {("", 0)}
    (document,) = {out for out, _, _ in ended}
    assert json.loads(document)["Version"] == 1
    made = calls(flowops) - before
    assert (made["sts:GetSessionToken"], made["sts:AssumeRole"]) == (1, 1)


def test_the_page_is_a_script(walk: Walk) -> None:
    ended = walk.read_page("auth.md")
    assert ended.code == 0, ended.err + ended.out
    assert f"assumed-role/{PLAN}/flowops" in ended.out
    assert "not seen here" in ended.out


def test_the_page_on_flowable_asks_for_a_certificate_as_the_deploy_role(walk: Walk, flowops: Flowops) -> None:
    ended = walk.read_page("flowable.md")
    assert ended.code == 0, ended.err + ended.out
    assert '"Type": "CNAME"' in ended.out
    (certificate,) = Rehearsed.of(flowops).in_dev("acm").list_certificates()["CertificateSummaryList"]
    assert (certificate["DomainName"], certificate["Status"]) == ("dev.example.com", "ISSUED")


def test_the_real_aws_reads_a_profile_whose_process_is_flowops(flowops: Flowops, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), "--rehearsal", "auth", "process"]
    config = tmp_path / "config"
    config.write_text(
        f"[profile look]\nregion = {REGION}\ncredential_process = {join([*argv, 'dev'])}\n"
        f"[profile deploy]\nregion = {REGION}\ncredential_process = {join([*argv, 'dev', '--role', DEPLOY])}\n"
    )
    aws = str(Path(sys.executable).with_name("aws"))
    env = flowops.env(AWS_CONFIG_FILE=str(config), AWS_ENDPOINT_URL=Rehearsed.of(flowops).endpoint)
    for profile, role in (("look", PLAN), ("deploy", DEPLOY)):
        done = subprocess.run(
            [aws, "sts", "get-caller-identity", "--profile", profile],
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["Arn"] == f"arn:aws:sts::{DEV}:assumed-role/{role}/flowops"


def test_a_command_has_the_role_and_nothing_else_that_leads_to_aws(flowops: Flowops) -> None:
    hostile = {"AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECURITY_TOKEN": "other"}
    shown = flowops("--rehearsal", "auth", "exec", "dev", "--", "env", env=hostile)
    assert shown.code == 0, shown.err
    told = dict(line.partition("=")[::2] for line in shown.out.splitlines() if line.startswith("AWS_"))
    assert told.pop("AWS_ACCESS_KEY_ID").startswith("ASIA")
    assert (told["AWS_REGION"], told["AWS_ENDPOINT_URL"]) == (REGION, Rehearsed.of(flowops).endpoint)
    assert not {"AWS_PROFILE", "AWS_SECURITY_TOKEN"}.intersection(told)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("dev", "--", "sh", "-c", "exit 37"), 37, ""),
        (("dev", "--", "no-such-program"), 64, "no program 'no-such-program'"),
        (("dev", "--"), 64, "Missing argument"),
        (("dev", "env"), 64, "stands behind `--`"),
        (("dve", "--", "env"), 64, "did you mean 'dev'"),
        (("dev", "--role", "DevOpsAdmin", "--", "env"), 64, "did you mean 'DevOpsAdminRole'"),
        (("prod", "--role", DEPLOY, "--", "env"), 7, "--confirm prod -- COMMAND"),
        (("prod", "--role", DEPLOY, "--confirm", "dev", "--", "env"), 7, "--confirm says 'dev'"),
        (("prod", "--role", DEPLOY, "--confirm", "prod", "--", "true"), 0, ""),
        (("prod", "--", "true"), 0, ""),
    ],
)
def test_how_a_command_ends(flowops: Flowops, words: tuple[str, ...], code: int, said: str) -> None:
    ended = flowops("--rehearsal", "auth", "exec", *words)
    assert ended.code == code, ended.err
    assert said in ended.err


def test_who_may_what_is_data_with_the_statement_that_decides(flowops: Flowops) -> None:
    found = flowops("--rehearsal", "auth", "check", "dev", "-o", "json")
    assert found.code == 0, found.err
    data = found.envelope["data"]
    assert data["caller"] == f"arn:aws:iam::{SECURITY}:user/flowable/flowable_devops_user"
    verbs = {it["verb"]: it for it in data["verbs"]}
    assert {name for name, it in verbs.items() if it["may"] != "allowed"} == {
        "assume FlowableAdminRole",
        "assume FlowableUserRole",
    }
    entered = verbs[f"assume {DEPLOY}"]["requests"][0]
    assert (entered["of"], entered["statement"]) == ("trust", "PeopleWithMfa")


def test_what_is_asked_of_an_unknown_environment_is_answered_by_one_line(flowops: Flowops) -> None:
    ended = flowops("--rehearsal", "-o", "json", "auth", "process", "dve")
    assert (ended.code, ended.out) == (64, "")
    assert ended.err.count("\n") == 1
    assert "did you mean 'dev'" in ended.err
