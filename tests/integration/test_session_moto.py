"""Who calls AWS, decided by files and arguments alone, against the emulated AWS."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowops.adapters.aws.child_profile import child_profile_files
from flowops.adapters.aws.client import Credentials
from flowops.adapters.aws.operator import OperatorSession, open_operator
from flowops.adapters.aws.session import AwsSessions
from flowops.errors import CredentialsError, Exit, FlowopsError, OperationFailed, WrongAccount
from tests.integration.faults import faults_before
from tests.integration.hired import Phone, made
from tests.integration.organization import DEV, MANAGEMENT, PROFILE, REGION, ROLE, SECURITY, Home

OPERATOR = "flowable-devops-admin"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def device(home: Home) -> Phone:
    """Create the operator and return the MFA device."""
    keys, device = made(home.into(SECURITY), "operator")
    home.add_profile(OPERATOR, keys.access_key, keys.secret_key, mfa_serial=device.serial)
    home.add_profile("without-mfa", keys.access_key, keys.secret_key)
    return device


def test_a_profile_is_who_its_keys_say(home: Home) -> None:
    sessions = home.sessions()
    found = sessions.identity(sessions.profile(PROFILE))
    assert (found.account, found.arn) == (MANAGEMENT, f"arn:aws:iam::{MANAGEMENT}:user/admin")


@pytest.mark.fault(23)
def test_nothing_of_the_shells_environment_reaches_a_call(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = str(tmp_path / "nothing")
    hostile = {
        "AWS_PROFILE": "other",
        "AWS_DEFAULT_PROFILE": "other",
        "AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_SESSION_TOKEN": "other",
        "AWS_REGION": "ap-southeast-2",
        "AWS_DEFAULT_REGION": "ap-southeast-2",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
        "AWS_CA_BUNDLE": elsewhere,
        "REQUESTS_CA_BUNDLE": elsewhere,
        "AWS_CONFIG_FILE": elsewhere,
        "AWS_SHARED_CREDENTIALS_FILE": elsewhere,
        "AWS_DATA_PATH": elsewhere,
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_MAX_ATTEMPTS": "0",
        "AWS_RETRY_MODE": "nonsense",
        "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/other",
        "AWS_WEB_IDENTITY_TOKEN_FILE": elsewhere,
        "AWS_STS_REGIONAL_ENDPOINTS": "nonsense",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    sessions = home.sessions()
    session = sessions.profile(PROFILE)
    assert sessions.identity(session).account == MANAGEMENT
    assert session.client("sts").meta.region_name == REGION
    assert sessions.identity(home.into(DEV)).account == DEV


def test_a_missing_profile_is_answered_with_the_known_ones(home: Home) -> None:
    with pytest.raises(CredentialsError, match="hold no profile 'flw-iax'; did you mean 'flw-iac'") as missing:
        home.sessions().profile("flw-iax")
    assert str(home.folder / "config") in missing.value.happened
    assert missing.value.next_step == "flowops profiles show, which says what gives it credentials"


@pytest.mark.parametrize("name", ["config", "credentials"])
@pytest.mark.parametrize(
    ("make", "line", "mend"),
    [
        (lambda it: it.write_bytes(b"[a]\nx = y\n[profile x\nno end"), 3, "mend that line"),
        (lambda it: it.write_bytes(b"[a]\n\xff\xfe"), 2, "mend that line"),
        (lambda it: it.write_bytes(b"before = any section\n"), 1, "mend that line"),
        (lambda it: it.write_bytes(b"\xef\xbb\xbf[a]\n"), 1, "sed -i '1s/^\\xEF\\xBB\\xBF//' {}"),
        (lambda it: it.mkdir(), 1, "mv {} {}.aside"),
        (os.mkfifo, 1, "mv {} {}.aside"),
    ],
)
def test_a_file_of_aws_that_cannot_be_read_is_named_with_the_line(
    home: Home, tmp_path: Path, name: str, make: Callable[[Path], object], line: int, mend: str
) -> None:
    file = tmp_path / name
    make(file)
    with pytest.raises(CredentialsError) as broken:
        home.sessions(tmp_path).profile(PROFILE)
    assert broken.value.happened.startswith(f"{file}:{line}: ")
    assert broken.value.next_step == f"{mend.format(file, file)}, then: flowops profiles show"


def test_a_profile_without_credentials_is_told_so(home: Home, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[profile {PROFILE}]\nregion = eu-central-1\n")
    sessions = home.sessions(tmp_path)
    with pytest.raises(CredentialsError, match=r"no usable credentials for sts .*profile flw-iac"):
        sessions.identity(sessions.profile(PROFILE))


def test_unknown_keys_are_a_credentials_error_of_one_line(home: Home, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        f"[profile {PROFILE}]\naws_access_key_id = AKIAAAAAAAAAAAAAAAAA\naws_secret_access_key = x\n"
    )
    sessions = home.sessions(tmp_path)
    with pytest.raises(CredentialsError) as refused:
        sessions.identity(sessions.profile(PROFILE))
    assert "InvalidClientTokenId to sts GetCallerIdentity, called as profile flw-iac" in refused.value.happened
    assert "\n" not in refused.value.happened


def test_the_management_role_is_assumed_in_the_account(home: Home) -> None:
    sessions = home.sessions()
    found = sessions.verify_account(home.into(DEV), DEV, "dev")
    assert found.arn == f"arn:aws:sts::{DEV}:assumed-role/{ROLE}/flowops"


def test_a_role_that_may_not_be_assumed_is_named(home: Home) -> None:
    with pytest.raises(CredentialsError, match=f"AssumeRole of arn:aws:iam::{DEV}:role/Missing") as refused:
        home.sessions().in_account(PROFILE, DEV, "Missing")
    assert refused.value.exit_code is Exit.CREDENTIALS


@pytest.mark.fault(22)
def test_the_wrong_account_is_found_out(home: Home) -> None:
    with pytest.raises(WrongAccount, match=f"belong to account {MANAGEMENT}, but flowops.yaml says {DEV}"):
        home.sessions().verify_account(home.sessions().profile(PROFILE), DEV, "dev")


@pytest.mark.fault(47)
def test_an_endpoint_that_is_not_there_is_named_within_30_seconds(home: Home) -> None:
    sessions = home.sessions(endpoint="http://127.0.0.1:9")
    begun = time.monotonic()
    with pytest.raises(OperationFailed, match=r"127\.0\.0\.1:9 does not answer sts GetCallerIdentity") as dead:
        sessions.identity(sessions.profile(PROFILE))
    assert time.monotonic() - begun < 30
    assert not isinstance(dead.value, CredentialsError)


@pytest.mark.fault(33)
@pytest.mark.parametrize(("off", "said"), [(130, "2 min (9|10) s ahead of"), (-150, "2 min (29|30) s behind")])
def test_a_clock_that_is_wrong_is_named_before_anybody_is_believed_to_call(home: Home, off: int, said: str) -> None:
    sessions = home.sessions(clock=lambda: now() + timedelta(seconds=off))
    with pytest.raises(OperationFailed, match=f"clock of this machine is {said} that of AWS") as wrong:
        sessions.verify_account(sessions.profile(PROFILE), MANAGEMENT, "management")
    assert wrong.value.not_done == "No unit was started."


def test_a_clock_that_is_a_little_wrong_is_good_enough(home: Home) -> None:
    sessions = home.sessions(clock=lambda: now() + timedelta(seconds=100))
    assert sessions.identity(sessions.profile(PROFILE)).account == MANAGEMENT


@pytest.mark.fault(33)
def test_a_signature_that_aws_refuses_for_its_time_is_a_matter_of_the_clock(home: Home) -> None:
    with faults_before(home.endpoint) as faults:
        faults.add("status", "sts", status=403, code="SignatureDoesNotMatch")
        late = home.sessions(endpoint=faults.url, clock=lambda: now() + timedelta(minutes=11))
        with pytest.raises(OperationFailed, match="is 11 min ahead of that of AWS"):
            late.identity(late.profile(PROFILE))
        right = home.sessions(endpoint=faults.url)
        with pytest.raises(CredentialsError, match="SignatureDoesNotMatch"):
            right.identity(right.profile(PROFILE))


def test_the_operator_shows_one_code_for_twelve_hours(home: Home, device: Phone, tmp_path: Path) -> None:
    phone, cache = replace(device), tmp_path / "cache"

    def at(moment: datetime) -> OperatorSession:
        return open_operator(home.sessions(), OPERATOR, phone, cache, lambda: moment)

    first = at(now())
    assert first.expires is not None
    assert timedelta(hours=11, minutes=59) < first.expires - now() <= timedelta(hours=12)
    assert home.sessions().identity(first.session).arn == f"arn:aws:iam::{SECURITY}:user/flowable/operator"
    assert at(first.expires - timedelta(hours=2, minutes=1)).credentials == first.credentials
    assert phone.looks == 1
    assert at(first.expires - timedelta(hours=2, minutes=-1)).credentials != first.credentials
    assert phone.looks == 2


def test_the_kept_session_is_nobody_elses_to_read_or_to_plant(home: Home, device: Phone, tmp_path: Path) -> None:
    phone, cache = replace(device), tmp_path / "cache"
    first = open_operator(home.sessions(), OPERATOR, phone, cache, now)
    (kept,) = cache.glob("*.json")
    assert (cache.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)
    assert first.credentials.secret_key not in repr(first.credentials)
    kept.chmod(0o644)
    open_operator(home.sessions(), OPERATOR, phone, cache, now)
    assert phone.looks == 2
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text("{}")
    open_operator(home.sessions(), OPERATOR, phone, cache, now)
    assert phone.looks == 3
    moved = kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(moved)
    open_operator(home.sessions(), OPERATOR, phone, cache, now)
    assert phone.looks == 4


@pytest.mark.parametrize(
    ("code", "told"), [("000000", "past its half minute, or was used before"), ("12 456", "is 6 digits")]
)
def test_a_wrong_code_is_a_credentials_error(home: Home, device: Phone, tmp_path: Path, code: str, told: str) -> None:
    with pytest.raises(CredentialsError, match=told):
        open_operator(home.sessions(), OPERATOR, lambda serial: code, tmp_path / "cache", now)
    assert not list((tmp_path / "cache").glob("*.json"))


def test_keys_without_a_device_are_told_what_is_missing(home: Home, device: Phone, tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=r"'without-mfa' in .*config names no mfa_serial") as error:
        open_operator(home.sessions(), "without-mfa", replace(device), tmp_path / "cache", now)
    # Below the path of every device that flowops enrols.
    assert "arn:aws:iam::ACCOUNT:mfa/flowable/USER" in error.value.next_step


def test_an_operator_who_comes_by_a_role_is_used_as_it_is(home: Home, tmp_path: Path) -> None:
    keys = (home.folder / "credentials").read_text()
    (tmp_path / "credentials").write_text(keys)
    (tmp_path / "config").write_text(
        f"[profile by-role]\nrole_arn = arn:aws:iam::{DEV}:role/{ROLE}\nsource_profile = {PROFILE}\n"
    )

    def nobody(serial: str) -> str:
        raise AssertionError("a role without MFA asks for no code")

    operator = open_operator(home.sessions(tmp_path), "by-role", nobody, tmp_path / "cache", now)
    assert home.sessions().identity(operator.session).account == DEV
    assert operator.credentials.token is not None
    assert operator.expires is not None


def test_a_role_profile_with_a_device_asks_through_the_same_question(home: Home, device: Phone, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text((home.folder / "credentials").read_text())
    (tmp_path / "config").write_text(
        f"[profile by-role]\nrole_arn = arn:aws:iam::{DEV}:role/{ROLE}\nsource_profile = {PROFILE}\n"
        f"mfa_serial = {device.serial}\n"
    )
    asked: list[str] = []

    def answer(serial: str) -> str:
        asked.append(serial)
        return "000000"

    sessions = home.sessions(tmp_path)
    with pytest.raises(FlowopsError):
        sessions.identity(sessions.profile("by-role", answer))
    assert asked == [device.serial]
    with pytest.raises(CredentialsError, match="needs an MFA code, and nobody can be asked"):
        sessions.identity(sessions.profile("by-role"))


def test_child_processes_find_the_profile_and_nothing_else(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "it's a `run` folder"
    keys = home.sessions().profile(PROFILE).credentials()
    credentials = Credentials(str(keys.access_key), str(keys.secret_key), None, now() + timedelta(hours=1))
    entries = child_profile_files(folder, OPERATOR, credentials, REGION, endpoint_url=home.endpoint)
    assert entries == {
        "AWS_CONFIG_FILE": str(folder / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": home.endpoint,
    }
    child = AwsSessions(
        region=REGION,
        config_file=folder / "aws-config",
        credentials_file=folder / "aws-credentials",
        endpoint_url=home.endpoint,
    )
    assert child.identity(child.profile(OPERATOR)).account == MANAGEMENT
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {it.stat().st_mode & 0o777 for it in folder.iterdir()} == {0o600}
    assert not any(credentials.secret_key in value for value in entries.values())


def test_new_credentials_reach_children_at_work(tmp_path: Path) -> None:
    for number in (1, 2):
        child_profile_files(tmp_path / "run", "default", Credentials(f"AKIA{number}", "secret"), REGION)
    assert json.loads((tmp_path / "run" / "aws-keys.json").read_text()) == {
        "Version": 1,
        "AccessKeyId": "AKIA2",
        "SecretAccessKey": "secret",
    }
    assert (tmp_path / "run" / "aws-config").read_text().startswith("[default]\n")


@pytest.mark.parametrize("name", ["a # b", "a;b", "a\nb", "$HOME"])
def test_a_folder_that_cannot_stand_in_a_config_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OperationFailed, match="cannot stand in an AWS configuration file"):
        child_profile_files(tmp_path / name, OPERATOR, Credentials("a", "b"), REGION)
