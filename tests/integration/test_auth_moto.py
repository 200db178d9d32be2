"""Who the caller is, its credentials for other tools, and what it may do, on a bootstrapped emulated AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from botocore.credentials import ProcessProvider

from flowops.adapters.aws.caller import ProfileCaller
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsDenied
from flowops.adapters.aws.policies import AwsPolicies
from flowops.errors import CredentialsError, Declined, Exit, FlowopsError
from flowops.model.caller_chain import ROLES, HopState
from flowops.model.may import May
from flowops.operations.auth_check import check
from tests.integration.bootstrapped import ROOT, Project
from tests.integration.callers import asked_by, auth_of, site_of
from tests.integration.faults import faults_before
from tests.integration.hired import Phone, hire
from tests.integration.organization import DEV, SECURITY, Home
from tests.terminal import typed

PLAN, DEPLOY = "FlowopsPlanRole", "DevOpsAdminRole"
PEOPLE = {"ann": ("dev_dev_ops_admin",), "bob": ("dev_flowable_admin",), "cyd": ("dev_flowable_user",), "eve": ()}


@pytest.fixture(scope="module")
def project(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(home, tmp_path_factory.mktemp("auth") / "project")
    project.bootstrap()
    (project.folder / "flowops.yaml").write_text(yaml.safe_dump(project.config.model_dump(exclude_none=True)))
    return project


@pytest.fixture(scope="module")
def phones(home: Home, project: Project) -> dict[str, Phone]:
    return {name: hire(home, name, *groups) for name, groups in PEOPLE.items()}


def calls(home: Home) -> Counter[str]:
    lines = (home.folder.parent / "state" / "calls.jsonl").read_text().splitlines()
    return Counter(json.loads(line)["action"] for line in lines)


def test_the_way_to_a_role_is_walked_hop_by_hop(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    auth = auth_of(site_of(home, project, "ann", phones["ann"], tmp_path))
    home.into(DEV).call("iam", "CreateAccountAlias", AccountAlias="acme-dev")
    (chain,) = auth.whoami("dev", PLAN).chains
    source, identity, session, role = chain.hops
    assert source.how == f"user keys, in {home.folder / 'config'} and {home.folder / 'credentials'}"
    assert (identity.who, identity.account_name) == (f"arn:aws:iam::{SECURITY}:user/flowable/ann", "security")
    assert (session.who, session.how) == (phones["ann"].serial, "made now")
    assert role.who == f"arn:aws:sts::{DEV}:assumed-role/{PLAN}/flowops"
    assert (role.account_name, role.alias) == ("dev", "acme-dev")
    assert role.expires is not None
    assert timedelta(minutes=59) < role.expires - chain.at <= timedelta(hours=1)
    assert auth.whoami("dev", DEPLOY).chains[0].hops[2].how == "kept"


def test_without_an_environment_nobody_is_asked_for_a_code(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    looks = phones["ann"].looks
    found = auth_of(site_of(home, project, "ann", phones["ann"], tmp_path)).whoami(None, PLAN)
    assert [hop.state for hop in found.chains[1].hops][-1] is HopState.WOULD_ASK
    assert found.chains[0].hops[1].account_name == "management"
    assert (phones["ann"].looks, found.exit_code) == (looks, Exit.FINE)


def test_a_role_that_refuses_ends_the_way_with_what_aws_said(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    found = auth_of(site_of(home, project, "bob", phones["bob"], tmp_path)).whoami("dev", DEPLOY)
    refused = found.chains[0].hops[-1]
    assert refused.error is not None
    assert "AccessDenied to sts AssumeRole" in refused.error.happened
    assert found.exit_code is Exit.CREDENTIALS


def test_a_roles_credentials_are_kept_for_who_asks_again(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    auth = auth_of(site_of(home, project, "ann", phones["ann"], tmp_path))
    before = calls(home)
    documents = {auth.process("dev", PLAN, _nobody) for _ in range(3)}
    (document,) = documents
    told = json.loads(document)
    assert set(told) == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert datetime.fromisoformat(told["Expiration"]) > datetime.now(UTC) + timedelta(minutes=59)
    assert auth.process("dev", DEPLOY, _nobody) != document
    made = calls(home) - before
    assert (made["sts:GetSessionToken"], made["sts:AssumeRole"]) == (1, 2)
    modes = {it.stat().st_mode & 0o077 for it in (tmp_path, *tmp_path.rglob("*"))}
    assert modes == {0}


def test_who_cannot_be_asked_is_told_the_command_that_makes_a_session(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    site = site_of(home, project, "ann", phones["ann"], tmp_path)
    with pytest.raises(Declined) as nobody:
        asked_by(site).process("dev", PLAN, _nobody)
    assert nobody.value.next_step == "flowops auth whoami dev"
    auth_of(site).whoami("dev", PLAN)
    assert asked_by(site).process("dev", PLAN, _nobody)


def test_callers_without_a_terminal_end_with_7_and_one_line_each(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    before = calls(home)
    ended = [_ended(it) for it in [_started(home, project, tmp_path) for _ in range(4)]]
    assert {code for code, _, _ in ended} == {Exit.DECLINED}
    assert {(out, err.count("\n")) for _, out, err in ended} == {("", 1)}
    assert all("Next: flowops auth whoami dev" in err for _, _, err in ended)
    assert (calls(home) - before)["sts:GetSessionToken"] == 0


def test_twenty_callers_at_once_ask_for_one_code_on_the_terminal_and_for_one_role(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    before, question = calls(home), f"MFA code of {phones['ann'].serial}: "
    shown, outputs = _at_a_terminal(home, project, tmp_path, 20, question, phones["ann"])
    assert shown.count(question) == 1
    assert len(outputs) == 20
    assert len(set(outputs)) == 1
    assert json.loads(outputs[0])["Version"] == 1
    made = calls(home) - before
    assert (made["sts:GetSessionToken"], made["sts:AssumeRole"]) == (1, 1)


def test_an_sdk_takes_what_is_printed(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth_of(site_of(home, project, "ann", phones["ann"], tmp_path / "sessions")).whoami("dev", PLAN)
    monkeypatch.chdir(ROOT)
    process = " ".join(_argv(home, project, tmp_path))
    provider = ProcessProvider("own", lambda: {"profiles": {"own": {"credential_process": process}}})
    found = provider.load()
    assert found is not None
    assert found.get_frozen_credentials().token


def _nobody(question: str) -> str:
    raise Declined(f"nobody answers: {question}")


def _argv(home: Home, project: Project, sessions: Path) -> list[str]:
    program = [sys.executable, "-m", "tests.integration.own_tool"]
    return [*program, home.endpoint, str(home.folder), str(project.folder), "ann", str(sessions / "sessions")]


def _started(home: Home, project: Project, sessions: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        _argv(home, project, sessions),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def _at_a_terminal(
    home: Home, project: Project, folder: Path, count: int, question: str, phone: Phone
) -> tuple[str, Sequence[str]]:
    """Start tools whose standard streams are captured, on one terminal, and answer what it shows."""
    folder.mkdir(exist_ok=True)
    argv = _argv(home, project, folder)
    line = f"for n in $(seq {count}); do {' '.join(argv)} </dev/null >{folder}/out-$n 2>&1 & done; wait"
    shown = typed(
        ["/bin/sh", "-c", f"cd {ROOT} && {line}"],
        os.environ,
        {question: lambda _: phone.code},
    )[1]
    return shown, [path.read_text() for path in sorted(folder.glob("out-*"))]


@pytest.mark.parametrize("mfa", [True, False])
@pytest.mark.parametrize("name", PEOPLE)
def test_what_is_said_of_entering_roles_is_what_aws_does(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path, name: str, mfa: bool
) -> None:
    caller = ProfileCaller(home.sessions(), mfa=phones[name], folder=tmp_path, clock=lambda: datetime.now(UTC))
    session, arn, expires = caller.opened(name)
    signed = session if mfa else home.sessions().profile(name)
    documents = AwsPolicies(
        lambda: (home.into(SECURITY), arn, expires),
        lambda: home.into(DEV),
        by_mfa=mfa,
        clock=lambda: datetime.now(UTC),
    )
    said = check(project.config, project.facts_file.read(), "dev", None, documents=documents).verbs()
    assert {role: said[f"assume {role}"] for role in ROLES} == {role: _done(signed, role) for role in ROLES}


def _done(session: AwsSession, role: str) -> May:
    try:
        arn = f"arn:aws:iam::{DEV}:role/flowable/{role}"
        session.call("sts", "AssumeRole", RoleArn=arn, RoleSessionName="test", SourceIdentity="somebody")
    except AwsDenied:
        return May.DENIED
    return May.ALLOWED


def test_an_operator_is_told_what_it_may_by_policies_it_reads_itself(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    found = auth_of(site_of(home, project, "ann", phones["ann"], tmp_path)).check("dev", None)
    assert [
        f"{it.action} on {it.resource}: {it.verdict.reason}" for it in found.rows if it.verdict.may is May.CANNOT_TELL
    ] == []
    assert {verb for verb, may in found.verbs().items() if may is May.DENIED} == {
        "assume FlowableAdminRole",
        "assume FlowableUserRole",
    }


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("iam", "GetGroupPolicy"),
        ("iam", "ListGroupsForUser"),
        ("s3", "*"),
        ("kms", "*"),
    ],
)
def test_what_may_not_be_read_is_said_and_taken_for_no_permission(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path, service: str, operation: str
) -> None:
    with faults_before(home.endpoint) as faults:
        site = site_of(home, project, "ann", phones["ann"], tmp_path, faults.url)
        auth = auth_of(site)
        auth.whoami("dev", PLAN)
        faults.add("status", service, action=operation, status=403, code="AccessDenied")
        found = auth.check("dev", None)
    unsure = [it.verdict.reason for it in found.rows if it.verdict.may is May.CANNOT_TELL]
    assert unsure
    assert all("may not be read" in it for it in unsure)


def test_a_wrong_code_is_an_error_and_keeps_nothing(
    home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path
) -> None:
    site = site_of(home, project, "ann", phones["ann"], tmp_path)
    with pytest.raises(CredentialsError, match="was used before"):
        asked_by(site).process("dev", PLAN, lambda question: "000000")
    assert not list(tmp_path.rglob("*.json"))


def test_another_profile_is_named(home: Home, project: Project, phones: dict[str, Phone], tmp_path: Path) -> None:
    with pytest.raises(FlowopsError, match="hold no profile 'anne'; did you mean 'ann'"):
        auth_of(site_of(home, project, "anne", phones["ann"], tmp_path)).process("dev", PLAN, _nobody)
