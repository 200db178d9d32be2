"""Accounts made on the emulated AWS, from an empty management account to ids in flowops.yaml."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.organizations import Organizations
from flowops.adapters.config_file import ConfigFile
from flowops.errors import CredentialsError, Exit, Refused, UsageError
from flowops.model.accounts import (
    AccountsResult,
    CreateRequest,
    Decision,
    NoOrganization,
    Outcome,
    WantedAccount,
)
from flowops.operations.accounts import create_accounts, list_accounts
from flowops.operations.ports.accounts import AccountPorts
from flowops.rehearsal.administrator import new_administrator
from flowops.rehearsal.settings import Settings
from tests.e2e.command import Flowops
from tests.fakes.accounts import FakeAccountsConsole
from tests.integration.child_processes import await_true
from tests.integration.emulated_aws import emulator_in
from tests.integration.faults import faults_before
from tests.integration.hired import made
from tests.integration.organization import ACCOUNTS, DEV, MANAGEMENT, PROD, PROFILE, REGION, ROLE, SECURITY, Home

TEXT = """# ours
project: flowable
region: eu-central-1
management: {profile: flw-iac}
operator: {profile: ops}
accounts:
  security: {profile: flw-sec}   # state, users, secrets
  dev:      {profile: flw-dev}
  prod:     {profile: flw-prod}
environments:
  dev:  {account: dev, path: aws/non-prod/eu-central-1/dev}
  prod: {account: prod, path: aws/prod/eu-central-1/prod}
layers: [foundation]
"""
WRITTEN = (
    TEXT.replace("flw-sec}", f'flw-sec, id: "{SECURITY}"}}')
    .replace("flw-dev}", f'flw-dev, id: "{DEV}"}}')
    .replace("flw-prod}", f'flw-prod, id: "{PROD}"}}')
)
REQUEST = CreateRequest(email_base="aws@example.com", yes=True)


@dataclass
class Desk:
    """Somebody who makes accounts: a project, a console, and an AWS that may answer through a layer of faults."""

    home: Home
    project: Path
    console: FakeAccountsConsole = field(default_factory=FakeAccountsConsole)
    endpoint: str | None = None
    profile: str = PROFILE

    def create(self, request: CreateRequest = REQUEST) -> AccountsResult:
        return create_accounts(request, self.file.config(), self.ports())

    @property
    def file(self) -> ConfigFile:
        return ConfigFile(self.project)

    @property
    def text(self) -> str:
        return (self.project / "flowops.yaml").read_text()

    @property
    def organizations(self) -> Organizations:
        return Organizations(self.home.sessions(endpoint=self.endpoint).profile(self.profile))

    def ports(self) -> AccountPorts:
        cloud = ManagementAws(self.home.sessions(endpoint=self.endpoint), self.profile, ROLE)
        return AccountPorts(cloud, self.organizations, self.file, self.console, lambda _: None, time.monotonic)

    def configure(self, old: str, new: str) -> None:
        assert old in self.text
        (self.project / "flowops.yaml").write_text(self.text.replace(old, new))


@contextmanager
def empty_aws(folder: Path) -> Iterator[Home]:
    """Run an emulated AWS with a management account and nothing else."""
    emulator = emulator_in(folder / "state")
    try:
        endpoint = emulator.start(Settings(0, folder / "state", ACCOUNTS, REGION)).url
        home = Home(endpoint, folder / "aws")
        keys = new_administrator(endpoint, MANAGEMENT, REGION)
        home.add_profile(PROFILE, keys.access_key, keys.secret_key)
        yield home
    finally:
        emulator.stop()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with empty_aws(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture
def desk(home: Home, tmp_path: Path) -> Iterator[Desk]:
    """Return a project and an AWS without an organization; the one that a test makes is dissolved after it."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "flowops.yaml").write_text(TEXT)
    yield Desk(home, tmp_path / "project")
    dissolve(home)


def dissolve(home: Home) -> None:
    session = home.sessions().profile(PROFILE)
    for account in Organizations(session).accounts():
        if account.id != MANAGEMENT:
            session.call("organizations", "RemoveAccountFromOrganization", AccountId=account.id)
    session.call("organizations", "DeleteOrganization")


def outcomes(result: AccountsResult) -> Sequence[Outcome]:
    return [it.outcome for it in result.accounts]


def test_from_an_empty_management_account_to_accounts_that_are_entered_and_written_down(desk: Desk) -> None:
    with pytest.raises(NoOrganization) as refused:
        ManagementAws(desk.home.sessions(), PROFILE, ROLE).organization()
    assert refused.value.next_step == "flowops accounts create"
    assert list_accounts(desk.file.config(), desk.ports())[0] is None
    result = desk.create()
    assert result.exit_code is Exit.FINE
    assert outcomes(result) == [Outcome.CREATED] * 3
    assert desk.console.shown[0].caller == MANAGEMENT
    assert desk.text == WRITTEN
    assert desk.home.sessions().identity(desk.home.into(DEV)).account == DEV
    organization, rows = list_accounts(desk.file.config(), desk.ports())
    assert organization == result.organization
    assert [(it.known_as, it.id, it.entry) for it in rows if it.known_as] == [
        ("dev", DEV, "yes"),
        ("prod", PROD, "yes"),
        ("security", SECURITY, "yes"),
    ]
    again = desk.create(CreateRequest())
    assert (again.exit_code, outcomes(again), desk.text) == (Exit.FINE, [Outcome.UNCHANGED] * 3, WRITTEN)


def test_a_request_of_an_interrupted_command_is_waited_for_and_not_made_again(desk: Desk) -> None:
    desk.organizations.found()
    desk.organizations.order(WantedAccount("dev", "dev@example.net", ROLE, "flowable"))
    assert desk.create().exit_code is Exit.FINE
    assert [it.decision for it in desk.console.shown[0].accounts] == [Decision.CREATE, Decision.WAIT, Decision.CREATE]
    assert [it.email for it in desk.organizations.accounts() if it.name == "dev"] == ["dev@example.net"]
    assert desk.text == WRITTEN


def test_an_account_of_that_address_is_adopted_whatever_its_name(desk: Desk) -> None:
    desk.organizations.found()
    stray = desk.organizations.order(WantedAccount("stray", "taken@example.net", ROLE, "flowable"))
    taken = desk.organizations.look(stray.id, "").account_id
    result = desk.create(replace(REQUEST, emails={"dev": "Taken@example.net"}))
    assert [(it.account_id, it.outcome) for it in result.accounts if it.name == "dev"] == [(taken, Outcome.ADOPTED)]
    assert f'id: "{taken}"' in desk.text


def test_an_address_that_is_taken_meanwhile_leaves_that_account_alone(desk: Desk) -> None:
    desk.organizations.found()
    taken = WantedAccount("stray", "aws+flowable-dev@example.com", ROLE, "orders")
    desk.console.on_show = lambda: desk.organizations.order(taken)
    result = desk.create()
    assert outcomes(result) == [Outcome.CREATED, Outcome.FAILED, Outcome.CREATED]
    assert result.exit_code is Exit.PARTLY_DONE
    assert "EMAIL_ALREADY_EXISTS" in str(result.accounts[1].error)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ConstraintViolationException", "Default maximum number of accounts"),
        ("AccessDeniedException", "AWS answered AccessDeniedException to organizations CreateAccount"),
    ],
)
def test_what_aws_refuses_stops_before_the_next_account(desk: Desk, code: str, said: str) -> None:
    with faults_before(desk.home.endpoint) as faults:
        desk.endpoint = faults.url
        faults.add("status", "organizations", action="CreateAccount", status=400, code=code, skip=1)
        result = desk.create()
    assert outcomes(result) == [Outcome.CREATED, Outcome.FAILED, Outcome.NOT_BEGUN]
    assert result.exit_code is (Exit.CREDENTIALS if code == "AccessDeniedException" else Exit.PARTLY_DONE)
    error = result.accounts[1].error
    assert error is not None
    assert said in error.happened
    desk.endpoint = None
    assert desk.create().exit_code is Exit.FINE
    assert desk.text == WRITTEN


def test_an_organization_that_is_still_being_set_up_is_asked_again(desk: Desk) -> None:
    with faults_before(desk.home.endpoint) as faults:
        desk.endpoint = faults.url
        rule = faults.add(
            "status",
            "organizations",
            action="CreateAccount",
            status=400,
            code="FinalizingOrganizationException",
            times=2,
        )
        assert desk.create().exit_code is Exit.FINE
        assert rule.failed == 2
    assert "the organization is still being set up" in desk.console.lines[1]


def test_a_connection_that_breaks_while_aws_works_loses_nothing(desk: Desk) -> None:
    with faults_before(desk.home.endpoint) as faults:
        desk.endpoint = faults.url
        rule = faults.add("status", "organizations", action="DescribeCreateAccountStatus", status=400, code="Oops")
        result = desk.create()
        assert outcomes(result) == [Outcome.UNDER_WAY, Outcome.NOT_BEGUN, Outcome.NOT_BEGUN]
        assert (result.exit_code, desk.text, rule.met) == (Exit.PARTLY_DONE, TEXT, 1)
        faults.clear()
        assert desk.create().exit_code is Exit.FINE
    assert desk.console.shown[-1].accounts[0].decision is Decision.WAIT
    assert desk.text == WRITTEN


def test_ctrl_c_says_what_is_under_way_and_the_request_is_found_again(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text((desk.home.folder / "credentials").read_text())
    flowops = Flowops(desk.project, tmp_path / "user-state")
    words = ("accounts", "create", "--email-base", "aws@example.com", "--yes")
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(desk.project), *words]
    with faults_before(desk.home.endpoint) as faults:
        (tmp_path / ".aws" / "config").write_text(f"[profile {PROFILE}]\nendpoint_url = {faults.url}\n")
        rule = faults.add("hang", "organizations", action="DescribeCreateAccountStatus")
        with subprocess.Popen(
            argv, env=flowops.env(HOME=str(tmp_path)), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        ) as child:
            await_true(lambda: rule.met == 1 or child.poll() is not None, "the look at the request")
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=300)
    assert child.returncode == Exit.INTERRUPTED, said
    (waiting,) = desk.organizations.under_way()
    assert f"Interrupted while AWS makes account security (request {waiting.id})." in said
    again = f"flowops --project-dir {desk.project} {' '.join(words)}"
    assert said.rstrip().endswith(f"{again}, which takes up what is under way")
    assert desk.text == TEXT


def test_units_are_made_and_accounts_moved_into_them(desk: Desk) -> None:
    desk.configure("flw-dev}", "flw-dev, organizational_unit: Workloads/NonProd}")
    assert desk.create().exit_code is Exit.FINE
    assert desk.console.shown[0].new_units == ("Workloads", "Workloads/NonProd")
    assert desk.organizations.tree().places[DEV] == "Workloads/NonProd"
    desk.configure("Workloads/NonProd", "Workloads")
    assert outcomes(desk.create())[1] is Outcome.MOVED
    assert desk.organizations.tree().places[DEV] == "Workloads"


def test_a_closed_account_is_refused_and_a_foreign_id_named(desk: Desk) -> None:
    assert desk.create().exit_code is Exit.FINE
    session = desk.home.sessions().profile(PROFILE)
    session.call("organizations", "CloseAccount", AccountId=DEV)
    with pytest.raises(Refused, match=f"Account dev \\({DEV}\\) is"):
        desk.create()
    desk.configure(DEV, "444444444444")
    with pytest.raises(UsageError, match="the account id of another organization"):
        desk.create()


def test_a_member_account_makes_none(desk: Desk) -> None:
    assert desk.create().exit_code is Exit.FINE
    keys, _ = made(desk.home.into(DEV), "member")
    desk.home.into(DEV).call(
        "iam", "AttachUserPolicy", UserName="member", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    desk.home.add_profile("member", keys.access_key, keys.secret_key)
    desk.profile = "member"
    with pytest.raises(CredentialsError, match=f"'member' belongs to account {DEV}, but the management account"):
        desk.create()
