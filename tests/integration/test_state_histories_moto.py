"""Versions of states in a bucket of the emulated AWS: what stood before, what was chosen, what is only remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.state import StateStore
from flowops.adapters.aws.state_histories import StateHistories
from flowops.adapters.aws.state_history import StateHistory
from flowops.adapters.state_memory import StateMemory
from flowops.errors import LockHeld
from flowops.model.deployment import Unit
from flowops.model.state import UnitState
from flowops.model.state_health import went_back
from tests.fakes import tree
from tests.fakes.recovery import state
from tests.integration.organization import REGION, SECURITY, organization

BUCKET = "versioned"
DEV, VPC = tree.environment("dev"), tree.unit("foundation/vpc")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsSession]:
    with organization(tmp_path_factory.mktemp("home")) as home:
        session = home.into(SECURITY)
        location = {"LocationConstraint": REGION}
        session.call("s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration=location)
        enabled = {"Status": "Enabled"}
        session.call("s3", "PutBucketVersioning", Bucket=BUCKET, VersioningConfiguration=enabled)
        yield session


class Kept:
    """One unit's state under a key of its own, seen by a checkout with or without a memory."""

    def __init__(self, session: AwsSession, folder: Path) -> None:
        self.session, self.key = session, f"{folder.name}/terraform.tfstate"
        self.memory = StateMemory(folder)

    def put(self, *contents: bytes) -> None:
        for it in contents:
            self.session.call("s3", "PutObject", Bucket=BUCKET, Key=self.key, Body=it)

    def delete(self) -> None:
        self.session.call("s3", "DeleteObject", Bucket=BUCKET, Key=self.key)

    @property
    def histories(self) -> StateHistories:
        return StateHistories(
            lambda environment, access: StateHistory(self.session, BUCKET),
            lambda environment, unit: self.key,
            self.memory,
            "1.11.4",
            lambda: datetime.now(UTC),
        )

    def states(self) -> dict[Unit, UnitState | None]:
        return {VPC: StateStore(self.session, BUCKET).read(self.key, VPC)}

    def trouble(self) -> str:
        states = self.states()
        return went_back(states[VPC], self.histories.former(DEV, states).get(VPC))


@pytest.fixture
def kept(session: AwsSession, tmp_path: Path) -> Kept:
    return Kept(session, tmp_path)


def test_a_state_is_compared_with_the_last_good_version_before_it(kept: Kept) -> None:
    kept.put(state(5, "aws_vpc.this"))
    assert kept.trouble() == ""
    kept.put(b"", state(1, "aws_vpc.this", lineage="two"))
    assert "has another lineage (two) than before (one" in kept.trouble()
    kept.put(state(2, "aws_vpc.this", lineage="two"))
    assert kept.trouble() == ""


@pytest.mark.fault(29)
def test_a_deleted_state_is_missed_with_its_last_good_version(kept: Kept) -> None:
    assert kept.trouble() == ""
    kept.put(state(5, "aws_vpc.this"))
    kept.delete()
    assert "is gone, though it had serial 5 with 1 resources" in kept.trouble()
    (good,) = kept.histories.former(DEV, kept.states()).values()
    assert good is not None
    kept.histories.restore(DEV, VPC, good.version)
    assert kept.trouble() == ""
    versions = kept.histories.versions(DEV, VPC)
    assert versions[0].version.current
    # The two others may be of the same second, and S3 lists them apart.
    assert sorted((it.version.gone, it.raw is None) for it in versions[1:]) == [(False, False), (True, True)]


@pytest.mark.fault(30)
def test_an_old_state_that_was_worked_on_since_is_noticed_by_who_remembers_the_newer_one(kept: Kept) -> None:
    kept.put(state(9, "aws_vpc.this"))
    kept.histories.remember(DEV, kept.states())
    assert kept.histories.former(DEV, kept.states()) == {}
    kept.put(state(5, "aws_vpc.this"), state(6, "aws_vpc.this"))
    assert "went back to serial 6; before, it had serial 9" in kept.trouble()


def test_a_state_that_was_brought_back_is_believed_by_everybody_and_so_is_what_follows(kept: Kept) -> None:
    kept.put(state(5, "aws_vpc.this"), state(9, "aws_vpc.this"))
    kept.histories.remember(DEV, kept.states())
    first = kept.histories.versions(DEV, VPC)[-1].version.id
    kept.histories.restore(DEV, VPC, first)
    assert kept.trouble() == ""
    kept.put(state(6, "aws_vpc.this"))
    assert kept.trouble() == ""
    kept.memory = StateMemory(Path("/nowhere"))
    assert kept.trouble() == ""


def test_where_the_bucket_has_forgotten_the_checkout_remembers(kept: Kept) -> None:
    kept.put(state(5, "aws_vpc.this"))
    kept.histories.remember(DEV, kept.states())
    for it in kept.histories.versions(DEV, VPC):
        kept.session.call("s3", "DeleteObject", Bucket=BUCKET, Key=kept.key, VersionId=it.version.id)
    assert "is gone, though it had serial 5" in kept.trouble()


def test_a_restore_holds_terraforms_lock_and_respects_that_of_others(kept: Kept, session: AwsSession) -> None:
    kept.put(state(5, "aws_vpc.this"), b"")
    good = kept.histories.versions(DEV, VPC)[-1].version.id
    lock = f"{kept.key}.tflock"
    session.call("s3", "PutObject", Bucket=BUCKET, Key=lock, Body=json.dumps({"ID": "77aa"}).encode())
    with pytest.raises(LockHeld):
        kept.histories.restore(DEV, VPC, good)
    assert kept.histories.look(DEV, [VPC])[VPC].raw == b""
    session.call("s3", "DeleteObject", Bucket=BUCKET, Key=lock)
    kept.histories.restore(DEV, VPC, good)
    seen = kept.histories.look(DEV, [VPC])[VPC]
    assert (seen.raw, seen.accepted) == (state(5, "aws_vpc.this"), True)
    assert StateStore(session, BUCKET).locks(kept.key) == ()
