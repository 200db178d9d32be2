"""doctor on the emulated AWS: through its own adapters, offline, by a wrong clock, and without changing anything."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowops.adapters.aws.session import AwsSessions
from flowops.adapters.process import Processes
from flowops.adapters.rendering import TemplateTree
from flowops.app.doctor import Doctor, Request
from flowops.app.site import Site
from flowops.app.tools import toolchain
from flowops.app.workbench import Workbench
from flowops.model.config import Config
from flowops.model.doctor import Diagnosis, Line, Status
from flowops.operations.render import render
from flowops.rehearsal.reading import reads_only
from tests.contract.operated import reached_by_ann
from tests.e2e.conftest import copy_project
from tests.integration.bootstrapped import Project
from tests.integration.organization import DEV, PROD, SECURITY, Home, organization

TREE = "deployments/aws/non-prod/eu-central-1/dev"


@dataclass
class Clinic:
    """A bootstrapped project of the emulated organization whose operator is ann, and doctor at it."""

    home: Home
    folder: Path
    ambient: Mapping[str, str]

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def config(self) -> Config:
        return Config.model_validate(yaml.safe_load((self.project / "flowops.yaml").read_text()))

    def doctor(self, environment: str | None = "dev", sessions: AwsSessions | None = None) -> Diagnosis:
        def bench() -> Workbench:
            tools = toolchain(self.config, self.ambient, Processes(), print)
            site = Site(self.project, self.config, sessions or self.home.sessions(), str, self.folder / "sessions")
            return Workbench(site, tools, Silent(), self.ambient, pause=time.sleep)  # type: ignore[arg-type]

        return Doctor(self.project, self.ambient, Processes(), bench).examine(Request(environment))

    def odd(self, **more: Any) -> list[Line]:
        return [it for it in self.doctor(**more).lines if it.status is not Status.PASS]


class Silent:
    """A terminal that nobody reads; a question would be an error."""

    interactive = False

    def note(self, text: str) -> None:
        """Say nothing."""


def configured(folder: Path) -> None:
    """Give the copied project the ids of the emulated accounts, and three units; its clusters are open to here."""
    config = yaml.safe_load((folder / "flowops.yaml").read_text())
    for name, number in (("security", SECURITY), ("dev", DEV), ("prod", PROD)):
        config["accounts"][name]["id"] = number
    (folder / "flowops.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    for unit in (folder / TREE).glob("*/*/"):
        if unit.name not in ("vpc", "eks", "rds-postgres"):
            shutil.rmtree(unit)
    for settings in sorted(folder.glob("deployments/aws/*/*/*/env.hcl")):
        open_ = settings.read_text().replace("public_access_cidrs = []", 'public_access_cidrs = ["192.0.2.0/24"]')
        settings.write_text(open_)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder = tmp_path_factory.mktemp("clinic")
    with organization(folder / "home") as home:
        project = Project(home, folder / "bootstrapped")
        project.bootstrap()
        cloud = reached_by_ann(home, project, folder / "sessions")
        cloud.operator()  # ann has signed in, and her session is kept
        copy_project(folder / "project")
        configured(folder / "project")
        for name, number in (("sec", SECURITY), ("dev", DEV), ("prod", PROD)):
            home.add_profile(f"flw-{name}", "unused", "unused", account=number)
        shutil.copy(project.folder / "flowops.lock", folder / "project")
        ambient = {name: os.environ[name] for name in ("PATH", "HOME")}
        made = Clinic(home, folder, {**ambient, "XDG_STATE_HOME": str(folder / "state")})
        facts = project.facts_file.read()
        render(made.config, facts=facts, templates=TemplateTree(folder / "project" / "deployments"))
        yield made


def test_of_a_bootstrapped_project_everything_is_fine(clinic: Clinic) -> None:
    assert clinic.odd() == []


def test_doctor_changes_nothing(clinic: Clinic) -> None:
    calls = clinic.home.folder.parent / "state" / "calls.jsonl"
    before = len(calls.read_text().splitlines())
    files = snapshot(clinic.project)
    clinic.doctor()
    made = [json.loads(line) for line in calls.read_text().splitlines()[before:]]
    assert len(made) > 40
    changing = {it["action"] for it in made if not reads_only(it["action"])}
    assert changing == {"sts:AssumeRole"}
    assert snapshot(clinic.project) == files


def snapshot(folder: Path) -> dict[str, tuple[int, float]]:
    found = {str(it): it.lstat() for it in folder.rglob("*")}
    return {path: (it.st_mode, it.st_mtime) for path, it in found.items()}


def test_without_an_environment_all_that_were_bootstrapped_are_looked_at(clinic: Clinic) -> None:
    lines = clinic.doctor(None).lines
    assert {it.text for it in lines if it.check == "secrets"} >= {"license dev is set"}
    assert any(it.check == "secrets" and it.text == "license prod is not set" for it in lines)


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the address of somebody who takes every call and never says a word."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """Return an address where nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("endpoint", ["silent", "closed"])
def test_where_aws_does_not_answer_that_is_said_once_within_ten_seconds(
    endpoint: str, clinic: Clinic, request: pytest.FixtureRequest
) -> None:
    sessions = clinic.home.sessions(endpoint=request.getfixturevalue(endpoint))
    began = time.monotonic()
    diagnosis = clinic.doctor(sessions=sessions)
    assert time.monotonic() - began < 10
    (failed,) = [it for it in diagnosis.lines if it.status is Status.FAIL]
    assert failed.check == "aws-answers"
    skipped = [it for it in diagnosis.lines if it.status is Status.SKIP]
    assert len(skipped) > 20
    assert all(it.text.endswith("not looked at, because aws-answers fails") for it in skipped)
    passed = {it.check for it in diagnosis.lines if it.status is Status.PASS}
    assert {"python", "terraform", "configuration", "tree", "rendered-files", "profiles", "mfa-serial"} <= passed


@pytest.mark.parametrize("minutes", [-7.5, 7.5])
def test_a_wrong_clock_is_found_and_nothing_is_asked_with_it(minutes: float, clinic: Clinic) -> None:
    def wrong() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=minutes)

    lines = clinic.odd(sessions=clinic.home.sessions(clock=wrong))
    (failed,) = [it for it in lines if it.status is Status.FAIL]
    assert (failed.check, failed.next) == ("clock", "sudo timedatectl set-ntp true")
    assert re.search(rf"7 min \d+ s {'ahead of' if minutes > 0 else 'behind'} AWS", failed.text)


def homes(clinic: Clinic, folder: Path, **profiles: str) -> AwsSessions:
    """Return sessions from files in which some profiles are those of others, or gone where the other is empty."""
    shutil.copytree(clinic.home.folder, folder)
    for name, other in profiles.items():
        for file, head in (("config", "profile "), ("credentials", "")):
            text = (folder / file).read_text().replace(f"[{head}{named(name)}]", f"[{head}was-{named(name)}]")
            (folder / file).write_text(text.replace(f"[{head}{other}]", f"[{head}{named(name)}]") if other else text)
    return clinic.home.sessions(folder)


def named(name: str) -> str:
    return name.replace("_", "-")


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_a_broken_file_of_aws_is_named_with_the_line_and_an_editor_at_it(
    clinic: Clinic, tmp_path: Path, name: str
) -> None:
    sessions = homes(clinic, tmp_path / "aws")
    file = tmp_path / "aws" / name
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines, "[profile late", "x = y", ""]))
    (failed,) = [it for it in clinic.odd(sessions=sessions) if it.status is Status.FAIL]
    assert failed.check == "profiles"
    assert failed.text == f"{file}:{len(lines) + 1}: is a section without its ]."
    assert failed.next == f"${{EDITOR:-vi}} +{len(lines) + 1} {file}"


def test_what_is_no_file_in_place_of_one_of_aws_is_told_by_both_looks(clinic: Clinic, tmp_path: Path) -> None:
    sessions = homes(clinic, tmp_path / "aws")
    file = tmp_path / "aws" / "config"
    file.unlink()
    os.mkfifo(file, 0o600)
    failed = [it for it in clinic.odd(sessions=sessions) if it.status is Status.FAIL]
    assert {it.check: it.next for it in failed} == dict.fromkeys(
        ("profiles", "file-permissions"), f"mv {file} {file}.aside"
    )


def test_another_account_behind_the_operators_profile_is_found(clinic: Clinic, tmp_path: Path) -> None:
    sessions = homes(clinic, tmp_path / "aws", flowable_devops_admin="flw-iac")
    failed = [it for it in clinic.odd(sessions=sessions) if it.status is Status.FAIL]
    (mend,) = [it.next for it in failed if it.check == "operator"]
    assert mend.startswith("flowops users add NAME --group dev_dev_ops_admin")
    assert mend.endswith("--write-profile --profile flowable-devops-admin")


def test_a_management_profile_of_a_member_account_is_found(clinic: Clinic, tmp_path: Path) -> None:
    sessions = homes(clinic, tmp_path / "aws", flw_iac="flowable-devops-admin")
    failed = [it for it in clinic.odd(sessions=sessions) if it.status is Status.FAIL]
    assert "management-account" in [it.check for it in failed]


def test_who_has_no_management_profile_looks_as_the_operator(clinic: Clinic, tmp_path: Path) -> None:
    diagnosis = clinic.doctor(sessions=homes(clinic, tmp_path / "aws", flw_iac=""))
    assert [it.check for it in diagnosis.lines if it.status is Status.FAIL] == []
    entered = [it.text for it in diagnosis.lines if it.check == "account-access"]
    assert any("FlowopsPlanRole" in it for it in entered)


def test_without_a_kept_session_nobody_is_asked_for_a_code(clinic: Clinic) -> None:
    aside = clinic.folder / "aside"
    (clinic.folder / "sessions").rename(aside)
    try:
        lines = clinic.odd()
    finally:
        shutil.rmtree(clinic.folder / "sessions", ignore_errors=True)
        aside.rename(clinic.folder / "sessions")
    assert [(it.check, it.next) for it in lines if it.status is Status.WARN] == [
        ("operator-session", "flowops auth whoami dev")
    ]
    assert {it.check for it in lines if it.status is Status.SKIP} == {"operator-roles", "states", "locks"}


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("region", lambda it: it.replace('"eu-central-1b"', '"eu-central-1z"')),
    ],
)
def test_a_zone_that_is_not_there_is_named_with_its_line(
    service: str, change: Callable[[str], str], clinic: Clinic
) -> None:
    file = clinic.project / "deployments/aws/non-prod/eu-central-1" / f"{service}.hcl"
    before = file.read_text()
    file.write_text(change(before))
    try:
        found = {it.check: it for it in clinic.odd()}
    finally:
        file.write_text(before)
    assert found["availability-zones"].status is Status.FAIL
    assert found["availability-zones"].text.startswith("deployments/aws/non-prod/eu-central-1/region.hcl:3: ")
    assert found["instance-types"].status is Status.WARN


@pytest.mark.parametrize(
    ("path", "old", "new", "check"),
    [
        ("env.hcl", "m6i.large", "m99.large", "instance-types"),
        ("env.hcl", '"1.34"', '"1.21"', "kubernetes-version"),
        ("app/rds-postgres/terragrunt.hcl", "db.t4g.medium", "db.z9.medium", "database-engines"),
    ],
)
def test_what_is_not_offered_is_named_with_its_line(path: str, old: str, new: str, check: str, clinic: Clinic) -> None:
    file = clinic.project / TREE / path
    before = file.read_text()
    file.write_text(before.replace(old, new))
    try:
        (found,) = clinic.odd()
    finally:
        file.write_text(before)
    line = next(number for number, text in enumerate(before.splitlines(), 1) if old in text)
    assert (found.check, found.status) == (check, Status.FAIL)
    assert found.text.startswith(f"{TREE}/{path}:")
    assert abs(int(found.text.split(":")[1]) - line) <= 1


def test_a_run_that_was_killed_and_a_state_without_bytes_are_found(clinic: Clinic) -> None:
    bucket = f"flowable-terraform-state-{SECURITY}"
    key = f"{DEV}/aws/non-prod/eu-central-1/dev/foundation/vpc/terraform.tfstate"
    session = clinic.home.into(SECURITY)
    session.call("s3", "PutObject", Bucket=bucket, Key=key, Body=b"")
    try:
        (found,) = clinic.odd()
    finally:
        session.call("s3", "DeleteObject", Bucket=bucket, Key=key)
    assert (found.check, found.status) == ("states", Status.FAIL)
    assert found.next == "flowops recover dev foundation vpc --list"
