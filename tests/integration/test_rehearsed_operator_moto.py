"""The operator of a rehearsal is a user like any other, and is made whole again after a command that was killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.identity import Users
from flowops.adapters.aws_files import FileAwsFiles
from flowops.app.rehearsed_operator import rehearsed_operator
from flowops.app.site import OPERATOR_USER
from flowops.model.drift.people import PATH
from flowops.model.users import Kind, Piece, User
from flowops.rehearsal.workspace import Workspace
from tests.fakes.aws import config
from tests.integration.organization import SECURITY, organization

GROUPS = ("dev_dev_ops_admin", "prod_dev_ops_admin")


@dataclass
class Rehearsal:
    """The emulated security account, and where a rehearsal keeps what it has."""

    security: AwsSession
    workspace: Workspace
    said: list[str] = field(default_factory=list)

    @property
    def files(self) -> FileAwsFiles:
        return FileAwsFiles(self.workspace.config_file, self.workspace.credentials_file)

    def operator(self, *environments: str) -> User:
        """Make or complete the operator, and return it as it stands then."""
        rehearsed_operator(self.security, self.files, config(), self.workspace, environments, self.said.append)
        found = Users(self.security).user(OPERATOR_USER)
        assert found is not None
        return found

    @property
    def key(self) -> str:
        return self.files.settings("flowable-devops-admin")["aws_access_key_id"]

    @property
    def seed(self) -> str:
        return self.workspace.operator_seed.read_text()


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with organization(tmp_path / "home") as home:
        security = home.into(SECURITY)
        for name in GROUPS:
            security.call("iam", "CreateGroup", GroupName=name, Path=PATH)
        workspace = Workspace(tmp_path / "workspace")
        workspace.aws.mkdir(parents=True)
        yield Rehearsal(security, workspace)


def test_it_stands_in_its_groups_with_a_device_and_a_written_key_and_once(rehearsal: Rehearsal) -> None:
    made = rehearsal.operator("dev")
    assert (made.path, made.groups, len(made.devices)) == (PATH, GROUPS[:1], 1)
    assert [it.id for it in made.keys] == [rehearsal.key]
    assert rehearsal.files.settings("flowable-devops-admin-dev")["source_profile"] == "flowable-devops-admin"
    seed = rehearsal.seed
    grown = rehearsal.operator("dev", "prod")
    assert set(grown.groups) == set(GROUPS)
    assert (grown.keys, grown.devices, rehearsal.seed) == (made.keys, made.devices, seed)
    assert rehearsal.said == []


def test_a_key_that_no_file_came_to_hold_is_replaced(rehearsal: Rehearsal) -> None:
    (lost,) = rehearsal.operator("dev").keys
    rehearsal.workspace.credentials_file.unlink()
    (key,) = rehearsal.operator("dev").keys
    assert key.id == rehearsal.key
    assert key.id != lost.id


def test_a_seed_of_a_device_that_was_never_enabled_gives_way(rehearsal: Rehearsal) -> None:
    (serial,) = rehearsal.operator("dev").devices
    seed = rehearsal.seed
    Users(rehearsal.security).take(OPERATOR_USER, Piece(Kind.DEVICE, serial))
    assert rehearsal.operator("dev").devices == (serial,)
    assert rehearsal.seed != seed
