"""States and locks read from a bucket of the emulated AWS, also damaged ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.state import StateStore
from flowops.errors import FlowopsError, OperationFailed
from flowops.model.state import Lock, Output
from tests.fakes import tree
from tests.integration.organization import REGION, SECURITY, Home, organization

BUCKET = "states"
VPC = tree.unit("foundation/vpc")
KEY = "222222222222/aws/non-prod/eu-central-1/dev/foundation/vpc/terraform.tfstate"
STATE: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 7,
    "lineage": "0d1c7f2e",
    "outputs": {
        "vpc_id": {"value": "vpc-1", "type": "string"},
        "token": {"value": {"a": [1]}, "type": "string", "sensitive": True},
    },
    "resources": [
        {"mode": "managed", "type": "aws_vpc", "name": "this", "instances": [{}]},
        {"mode": "managed", "type": "aws_subnet", "name": "this", "instances": [{}, {}, {}]},
        {"mode": "data", "type": "aws_region", "name": "this", "instances": [{}]},
    ],
}
LOCK = {"ID": "77aa", "Operation": "OperationTypeApply", "Who": "ann@host\x1b[2J", "Created": "2026-11-23T02:15:00Z"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with organization(tmp_path_factory.mktemp("home")) as home:
        location = {"LocationConstraint": REGION}
        home.into(SECURITY).call("s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration=location)
        yield home


@pytest.fixture(scope="module")
def session(home: Home) -> AwsSession:
    return home.into(SECURITY)


@pytest.fixture
def store(session: AwsSession) -> StateStore:
    return StateStore(session, BUCKET)


def put(session: AwsSession, key: str, content: bytes) -> None:
    session.call("s3", "PutObject", Bucket=BUCKET, Key=key, Body=content)


def test_a_state_tells_its_resources_and_outputs(session: AwsSession, store: StateStore) -> None:
    put(session, KEY, json.dumps(STATE).encode())
    state = store.read(KEY, VPC)
    assert state is not None
    assert (state.serial, state.lineage, state.resources) == (7, "0d1c7f2e", 4)
    assert state.outputs == {"vpc_id": Output("vpc-1"), "token": Output({"a": [1]}, sensitive=True)}


def test_a_unit_that_was_never_applied_has_no_state(store: StateStore) -> None:
    assert store.read("222222222222/nothing/terraform.tfstate", VPC) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"{", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"null", "cannot be read"),
        (json.dumps({**STATE, "version": 5}).encode(), "version 5, but this flowops reads version 4"),
        (json.dumps({**STATE, "resources": [{}]}).encode(), "cannot be read"),
    ],
)
def test_a_damaged_state_is_never_taken_for_none(
    session: AwsSession, store: StateStore, content: bytes, told: str
) -> None:
    put(session, "damaged", content)
    with pytest.raises(OperationFailed, match=told) as damaged:
        store.read("damaged", VPC)
    assert f"s3://{BUCKET}/damaged" in damaged.value.happened
    assert damaged.value.next_step.startswith("flowops recover dev foundation vpc --list, ")


def test_a_bucket_that_is_not_there_is_an_error(session: AwsSession) -> None:
    with pytest.raises(FlowopsError, match="NoSuchBucket"):
        StateStore(session, "no-such-bucket").read(KEY, VPC)


def test_locks_name_their_holders_and_cannot_steer_a_terminal(session: AwsSession, store: StateStore) -> None:
    put(session, f"{KEY}.tflock", json.dumps(LOCK).encode())
    put(session, "222222222222/other/terraform.tfstate.tflock", b"rubbish")
    put(session, "333333333333/other/terraform.tfstate.tflock", json.dumps(LOCK).encode())
    held = Lock(f"{KEY}.tflock", "77aa", "ann@host", "OperationTypeApply", "2026-11-23T02:15:00Z")
    assert store.locks("222222222222/") == (
        held,
        Lock("222222222222/other/terraform.tfstate.tflock", "", "unknown", "unknown", ""),
    )
