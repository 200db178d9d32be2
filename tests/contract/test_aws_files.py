"""AWS's own files: one suite for those in memory and for two files on disk."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowops.adapters.aws_files import FileAwsFiles
from flowops.errors import FlowopsError, LockHeld, UsageError
from flowops.model.profiles import ProfileSettings, SectionKind
from flowops.operations.ports.profiles import AwsFiles
from tests.fakes.aws_files import FakeFiles

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "canary-secret"}
JANE = ProfileSettings("jane", {"region": "eu-west-1"}, KEYS)
JANE_DEV = ProfileSettings("jane-dev", {"role_arn": "arn:aws:iam::222222222222:role/x", "source_profile": "jane"})


@pytest.fixture(params=["fake", "disk"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> AwsFiles:
    return FakeFiles() if request.param == "fake" else FileAwsFiles(tmp_path / "config", tmp_path / "credentials")


def test_nothing_stands_at_first(files: AwsFiles) -> None:
    assert (files.names(), files.settings("jane"), files.place("jane")) == ((), {}, "")
    assert not files.proposed([]).changed
    assert not files.without(["jane"]).changed


def test_a_proposal_changes_nothing_until_it_is_written_and_then_nothing_is_left_to_change(files: AwsFiles) -> None:
    proposal = files.proposed([JANE, JANE_DEV])
    assert proposal.changed
    assert "jane-dev" in proposal.diff
    assert "canary-secret" not in proposal.diff + repr(proposal)
    assert files.names() == ()
    assert files.write(proposal)
    assert files.names() == ("jane", "jane-dev")
    assert files.settings("jane") == {"region": "eu-west-1", "aws_access_key_id": KEYS["aws_access_key_id"]}
    assert files.settings("jane-dev") == JANE_DEV.config
    assert files.place("jane-dev")
    again = files.proposed([JANE, JANE_DEV])
    assert (again.changed, again.diff, again.conflicts) == (False, "", ())
    assert files.write(again) == ()


def test_keys_that_are_not_named_stay_and_other_values_are_a_conflict(files: AwsFiles) -> None:
    files.write(files.proposed([JANE]))
    assert files.proposed([ProfileSettings("jane", {"output": "json"})]).conflicts == ()
    other = files.proposed([ProfileSettings("jane", {"region": "eu-west-2"}), JANE_DEV])
    assert other.conflicts == ("jane",)
    files.write(other)
    assert files.settings("jane") == {"region": "eu-west-2", "aws_access_key_id": KEYS["aws_access_key_id"]}


def test_a_profile_that_leaves_leaves_alone(files: AwsFiles) -> None:
    files.write(files.proposed([JANE, JANE_DEV]))
    files.write(files.without(["jane", "nobody"]))
    assert files.names() == ("jane-dev",)
    assert files.settings("jane") == {}


def test_keys_that_have_to_be_absent_are_taken_out_and_are_a_conflict_as_long_as_they_stand(files: AwsFiles) -> None:
    files.write(files.proposed([ProfileSettings("jane", {"region": "eu-west-1", "sso_session": "corp"}, KEYS)]))
    keyless = ProfileSettings("jane", {"role_arn": "arn:x"}, absent=("sso_session", *KEYS, "credential_process"))
    change = files.proposed([keyless])
    assert change.conflicts == ("jane",)
    files.write(change)
    assert files.settings("jane") == {"region": "eu-west-1", "role_arn": "arn:x"}
    assert (files.proposed([keyless]).changed, files.proposed([keyless]).conflicts) == (False, ())


def test_an_sso_session_is_no_profile_of_its_name(files: AwsFiles) -> None:
    session = ProfileSettings("corp", {"sso_region": "eu-west-1"}, kind=SectionKind.SSO_SESSION)
    files.write(files.proposed([session]))
    assert (files.names(), files.settings("corp"), files.place("corp")) == ((), {}, "")
    assert files.settings("corp", SectionKind.SSO_SESSION) == {"sso_region": "eu-west-1"}
    assert files.place("corp", SectionKind.SSO_SESSION)
    profile = files.proposed([ProfileSettings("corp", {"region": "eu-west-2"})])
    assert profile.conflicts == ()
    files.write(profile)
    files.write(files.without(["corp"]))
    assert files.settings("corp", SectionKind.SSO_SESSION) == {"sso_region": "eu-west-1"}
    other = ProfileSettings("corp", {"sso_region": "us-east-1"}, kind=SectionKind.SSO_SESSION)
    assert files.proposed([other]).conflicts == ("corp",)


def test_that_a_write_will_work_is_proved_without_a_trace(files: AwsFiles, tmp_path: Path) -> None:
    files.require_writable(files.proposed([JANE]))
    assert files.names() == ()
    assert list(tmp_path.iterdir()) == []
    files.write(files.proposed([JANE]))


@dataclass
class Shut:
    """AWS files that nothing can be written into, with what is said of that."""

    files: AwsFiles
    error: type[FlowopsError]


@pytest.fixture(params=["fake", "no folder", "of another user", "in use"])
def shut(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shut]:
    (tmp_path / "config").write_text("[profile bob]\nregion = x\n")
    (tmp_path / "file").touch()
    match request.param:
        case "fake":
            yield Shut(FakeFiles(unwritable=UsageError("no")), UsageError)
        case "no folder":
            yield Shut(FileAwsFiles(tmp_path / "file" / "config", tmp_path / "credentials"), UsageError)
        case "of another user":
            files = FileAwsFiles(tmp_path / "config", tmp_path / "credentials", user=os.geteuid() + 1)
            yield Shut(files, UsageError)
        case _:
            descriptor = os.open(tmp_path, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Shut(FileAwsFiles(tmp_path / "config", tmp_path / "credentials"), LockHeld)
            os.close(descriptor)


def test_that_a_write_would_fail_is_said_before_as_it_is_then(shut: Shut, tmp_path: Path) -> None:
    standing = sorted(tmp_path.iterdir())
    proposal = shut.files.proposed([JANE])
    for attempt in (shut.files.require_writable, shut.files.write):
        with pytest.raises(shut.error):
            attempt(proposal)
    assert "jane" not in shut.files.names()
    assert sorted(tmp_path.iterdir()) == standing
    shut.files.require_writable(shut.files.proposed([]))
