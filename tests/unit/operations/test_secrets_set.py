"""Handing in secrets: where a value comes from, what is refused, and who is asked before one is replaced."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from flowops.errors import Declined, FlowopsError, OperationFailed, UnknownTarget, UsageError
from flowops.model.config import Config
from flowops.model.secrets import LARGEST, SetOutcome, SetRequest, SetResult
from flowops.operations.secret_values import Sources
from flowops.operations.secrets_set import set_secret
from tests.fakes.aws import FakeSecretFiles, FakeSecrets, World, config
from tests.fakes.secrets import FakeTerminal
from tests.unit.operations.bootstrapping import stood_up

REPOSITORY = SetRequest("repository")
BY_PIPE = SetRequest("repository", username="jane", stdin=True)
DEV = SetRequest("license", "dev", file="dev.license")
PROD = SetRequest("license", "prod", file="prod.license")
STORED = b'{"username": "jane", "password": "canary-1"}'
REPOSITORY_ARN, DEV_ARN, PROD_ARN = (
    "/flowable/repository",
    "flowops-access-dev-LicenseSecret",
    "flowops-access-prod-LicenseSecret",
)


@dataclass
class Desk:
    """Somebody who hands in secrets, in a world where everything was bootstrapped."""

    world: World = field(default_factory=stood_up)
    terminal: FakeTerminal = field(default_factory=FakeTerminal)
    files: FakeSecretFiles = field(default_factory=FakeSecretFiles)
    environment: dict[str, str] = field(default_factory=dict)
    of: Config = field(default_factory=config)

    def set(self, request: SetRequest) -> SetResult:
        sources = Sources(self.terminal, self.files, self.environment)
        return set_secret(request, self.of, cloud=self.world.cloud, sources=sources)

    @property
    def secrets(self) -> FakeSecrets:
        return self.world.cloud.doors["security"].secrets


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("piped", [b"canary-1", b"canary-1\n", b"canary-1\r\n"])
def test_a_password_from_a_pipe_is_stored_with_its_user(desk: Desk, piped: bytes) -> None:
    desk.terminal.pipe = piped
    result = desk.set(BY_PIPE)
    assert desk.secrets.values == {REPOSITORY_ARN: STORED}
    assert (result.outcome, result.arn, result.source) == (SetOutcome.SET, REPOSITORY_ARN, "stdin")
    assert "External Secrets" in result.following
    assert "Reloader" in result.following
    assert "canary" not in repr(result)


def test_a_password_from_a_file_is_stored_with_the_user_of_the_variable(desk: Desk) -> None:
    desk.files.contents["password.txt"] = b"canary-1\n"
    desk.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "jane"}
    assert desk.set(SetRequest("repository", file="password.txt")).source == "password.txt"
    assert desk.secrets.values == {REPOSITORY_ARN: STORED}


def test_a_typed_password_is_asked_for_twice_and_unseen(desk: Desk) -> None:
    desk.terminal = FakeTerminal(["jane"], ["canary-1", "canary-1"], interactive=True)
    assert desk.set(REPOSITORY).source == "what was typed"
    assert desk.secrets.values == {REPOSITORY_ARN: STORED}
    assert len(desk.terminal.asked) == 3


def test_two_passwords_that_differ_change_nothing(desk: Desk) -> None:
    desk.terminal = FakeTerminal(["jane"], ["canary-1", "canary-2"], interactive=True)
    with pytest.raises(UsageError, match="The two passwords differ"):
        desk.set(REPOSITORY)
    assert desk.secrets.puts == []


def test_the_pair_of_variables_needs_no_other_word(desk: Desk) -> None:
    desk.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "jane", "FLOWABLE_REPO_AUTH_PASSWORD": "canary-1"}
    assert desk.set(REPOSITORY).source == "FLOWABLE_REPO_AUTH_USERNAME and FLOWABLE_REPO_AUTH_PASSWORD"
    assert desk.secrets.values == {REPOSITORY_ARN: STORED}


def test_the_password_of_the_variables_is_not_given_to_another_user(desk: Desk) -> None:
    desk.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "joe", "FLOWABLE_REPO_AUTH_PASSWORD": "canary-9"}
    desk.terminal = FakeTerminal([], ["canary-1", "canary-1"], interactive=True)
    desk.set(replace(REPOSITORY, username="jane"))
    assert desk.secrets.values == {REPOSITORY_ARN: STORED}


@pytest.mark.parametrize("content", [b"text \xc3\xa9\n", b"\xff\xfe\x00 binary", b"\n\n"])
def test_a_license_is_kept_byte_for_byte(desk: Desk, content: bytes) -> None:
    desk.files.contents["dev.license"] = content
    desk.set(DEV)
    desk.terminal.pipe = content
    desk.set(SetRequest("license", "prod", stdin=True))
    assert desk.secrets.values == {DEV_ARN: content, PROD_ARN: content}


def test_a_license_without_a_word_is_the_file_of_the_configuration(desk: Desk) -> None:
    desk.files.contents["./dev.license"] = b"canary-2"
    assert desk.set(SetRequest("license", "dev")).source == "./dev.license"
    with pytest.raises(UsageError, match="Nothing says which file is the license of prod") as refused:
        desk.set(SetRequest("license", "prod"))
    assert "flowops secrets set license prod --file PATH" in refused.value.next_step


@pytest.mark.parametrize("request_", [BY_PIPE, DEV], ids=["repository", "license"])
def test_the_same_value_again_makes_no_version_and_asks_nobody(desk: Desk, request_: SetRequest) -> None:
    desk.terminal.pipe, desk.files.contents["dev.license"] = b"canary-1", b"canary-2"
    desk.set(request_)
    again = desk.set(request_)
    assert again.outcome is SetOutcome.UNCHANGED
    assert "no new version" in again.following
    assert len(desk.secrets.puts) == 1


def test_the_same_credentials_written_down_otherwise_are_the_same(desk: Desk) -> None:
    desk.secrets.values[REPOSITORY_ARN] = b'{"password":"canary-1",\n"username":"jane"}'
    desk.terminal.pipe = b"canary-1"
    assert desk.set(BY_PIPE).outcome is SetOutcome.UNCHANGED


def test_something_else_in_the_secret_is_another_value(desk: Desk) -> None:
    desk.secrets.values[REPOSITORY_ARN] = b"set by hand"
    desk.terminal.pipe = b"canary-1"
    assert desk.set(replace(BY_PIPE, yes=True)).outcome is SetOutcome.REPLACED


def test_replacing_needs_a_yes_that_names_who_uses_it(desk: Desk) -> None:
    desk.secrets.values[REPOSITORY_ARN] = b"other"
    desk.terminal = FakeTerminal(["y"], ["canary-1", "canary-1"], interactive=True)
    assert desk.set(replace(REPOSITORY, username="jane")).outcome is SetOutcome.REPLACED
    assert desk.terminal.asked[-1] == "Replace the value of secret repository, used by dev, prod (protected)? [y/N] "
    desk.terminal = FakeTerminal(["no"], ["canary-2", "canary-2"], interactive=True)
    with pytest.raises(Declined):
        desk.set(replace(REPOSITORY, username="jane"))
    assert desk.secrets.values[REPOSITORY_ARN] == STORED


@pytest.mark.parametrize("answer", ["Y", "Yes", " yes "])
def test_a_yes_is_one_however_it_is_written(desk: Desk, answer: str) -> None:
    desk.secrets.values[REPOSITORY_ARN] = b"other"
    desk.terminal = FakeTerminal([answer], ["canary-1", "canary-1"], interactive=True)
    assert desk.set(replace(REPOSITORY, username="jane")).outcome is SetOutcome.REPLACED


def test_replacing_without_anybody_there_says_the_flags(desk: Desk) -> None:
    desk.secrets.values |= {REPOSITORY_ARN: b"other", DEV_ARN: b"other", PROD_ARN: b"other"}
    desk.terminal.pipe, desk.files.contents = b"canary-1", {"dev.license": b"new", "prod.license": b"new"}
    steps = [_declined(desk, it) for it in (BY_PIPE, DEV, PROD, replace(PROD, yes=True))]
    assert steps == [
        "flowops secrets set repository --username jane --stdin --yes",
        "flowops secrets set license dev --file dev.license --yes",
        *["flowops secrets set license prod --file prod.license --yes --confirm prod"] * 2,
    ]
    assert desk.secrets.puts == []


def test_a_protected_environments_license_is_replaced_by_its_name(desk: Desk) -> None:
    desk.secrets.values[PROD_ARN] = b"old"
    desk.files.contents["prod.license"] = b"new"
    desk.terminal = FakeTerminal(["prd", "prod"], interactive=True)
    with pytest.raises(Declined):
        desk.set(replace(PROD, yes=True))
    assert desk.set(replace(PROD, yes=True)).outcome is SetOutcome.REPLACED
    desk.files.contents["prod.license"] = b"newer"
    assert desk.set(replace(PROD, yes=True, confirm="prod")).outcome is SetOutcome.REPLACED
    assert len(desk.terminal.asked) == 2


def test_the_wrong_name_confirms_nothing(desk: Desk) -> None:
    desk.files.contents["dev.license"] = b"new"
    assert _declined(desk, replace(DEV, confirm="prod")).endswith("--confirm dev")
    assert desk.secrets.puts == []


def test_an_unknown_environment_is_answered_with_the_nearest(desk: Desk) -> None:
    with pytest.raises(UnknownTarget, match=r"did you mean 'prod'\?"):
        desk.set(SetRequest("license", "prd", stdin=True))


@pytest.mark.parametrize(
    ("request_", "content", "said"),
    [
        (BY_PIPE, b"", "is empty"),
        (BY_PIPE, b"\n", "The password of the repository is empty"),
        (BY_PIPE, b"canary\nsecond line\n", "line break"),
        (BY_PIPE, b"canary\xff", "not UTF-8"),
        (BY_PIPE, b"canary" * 20_000, f"more than the {LARGEST} bytes"),
        (replace(BY_PIPE, username="ja:ne"), b"canary", "has a colon"),
        (replace(BY_PIPE, file="x"), b"canary", "--stdin and --file name two values"),
        (SetRequest("license", "dev", stdin=True), b"", "is empty"),
        (SetRequest("license", "dev", stdin=True), b"canary" * 20_000, f"more than the {LARGEST} bytes"),
    ],
)
def test_what_cannot_be_a_value_is_refused_before_aws_is_called(
    desk: Desk, request_: SetRequest, content: bytes, said: str
) -> None:
    desk.terminal.pipe = content
    with pytest.raises(UsageError, match=said) as refused:
        desk.set(request_)
    assert "canary" not in str(refused.value)
    assert refused.value.next_step
    assert desk.world.cloud.calls == []


def test_a_file_that_cannot_be_read_leads_to_another_one(desk: Desk) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file") as refused:
        desk.set(DEV)
    assert refused.value.next_step == "flowops secrets set license dev --file PATH"
    with pytest.raises(UsageError, match=r"^dev\.license:1: cannot be read") as unasked:
        desk.set(SetRequest("license", "dev"))
    assert unasked.value.next_step == "flowops secrets set license dev --file PATH"
    assert desk.world.cloud.calls == []


def test_nobody_to_type_is_answered_with_the_pipe(desk: Desk) -> None:
    assert _declined(desk, REPOSITORY) == (
        'printf %s "$PASSWORD" | flowops secrets set repository --username NAME --stdin'
    )
    desk.terminal.pipe = b"canary-1"
    assert _declined(desk, replace(BY_PIPE, username="")) == ("flowops secrets set repository --username NAME --stdin")


def test_before_the_bootstrap_there_is_nothing_to_set_and_nobody_types_a_password() -> None:
    desk = Desk(World(), FakeTerminal(["jane"], ["canary-1", "canary-1"], interactive=True))
    with pytest.raises(UsageError, match="Stack flowops-security does not stand") as refused:
        desk.set(REPOSITORY)
    assert refused.value.next_step == "flowops bootstrap security, then flowops secrets set repository"
    assert desk.terminal.asked == []


def test_a_secret_about_to_be_deleted_says_how_to_keep_it(desk: Desk) -> None:
    desk.terminal.pipe = b"canary-1"
    desk.secrets.leaving[REPOSITORY_ARN] = datetime(2026, 12, 24, tzinfo=UTC)
    with pytest.raises(OperationFailed, match="to be deleted on 2026-12-24") as refused:
        desk.set(BY_PIPE)
    assert refused.value.next_step == (
        f"aws secretsmanager restore-secret --secret-id {REPOSITORY_ARN} --region eu-central-1 --profile flw-sec, "
        "then flowops secrets set repository"
    )
    assert desk.secrets.puts == []


def test_a_secret_that_is_gone_is_not_made_up(desk: Desk) -> None:
    desk.terminal.pipe = b"canary-1"
    desk.secrets.gone.add(REPOSITORY_ARN)
    with pytest.raises(OperationFailed, match="it was deleted"):
        desk.set(BY_PIPE)


def test_an_account_without_an_id_is_said_before_anything(desk: Desk) -> None:
    desk.terminal.pipe = b"canary-1"
    desk.of = config(security=None)
    with pytest.raises(UsageError, match="no id for account security"):
        desk.set(BY_PIPE)


def _declined(desk: Desk, request: SetRequest) -> str:
    with pytest.raises(Declined) as declined:
        desk.set(request)
    error: FlowopsError = declined.value
    return error.next_step
