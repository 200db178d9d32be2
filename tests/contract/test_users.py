"""The port of users: one suite for those in memory and for IAM on the emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from flowops.adapters.aws.identity import Users
from flowops.errors import OperationFailed
from flowops.model import totp
from flowops.model.users import DISABLED, Kind, Piece, User, hanging
from flowops.operations.ports.users import IamUsers
from tests.fakes.users import FakeIam
from tests.integration.organization import SECURITY, Home, organization

GROUPS = ("dev_dev_ops_admin", "dev_flowable_user")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with organization(tmp_path_factory.mktemp("home")) as home:
        session = home.into(SECURITY)
        for name in GROUPS:
            session.call("iam", "CreateGroup", GroupName=name, Path="/flowable/")
        yield home


@dataclass(frozen=True)
class Subject:
    """Users, and a name that nobody has yet."""

    iam: IamUsers
    name: str

    def look(self) -> User:
        found = self.iam.user(self.name)
        assert found is not None
        return found


@pytest.fixture(params=["fake", "emulated"])
def subject(request: pytest.FixtureRequest) -> Subject:
    name = f"u{uuid4().hex[:8]}"
    if request.param == "fake":
        return Subject(FakeIam(known=frozenset(GROUPS), now=datetime.now(UTC)), name)
    session = request.getfixturevalue("home").into(SECURITY)
    return Subject(Users(session), name)


def codes(seed: str) -> tuple[str, str]:
    return totp.two_codes_at(seed, datetime.now(UTC).timestamp() - totp.STEP_SECONDS)


def test_where_we_are_is_said(subject: Subject) -> None:
    assert (subject.iam.account, subject.iam.partition) == (SECURITY, "aws")
    assert set(GROUPS) <= subject.iam.groups()


def test_a_new_user_stands_below_flowable_with_nothing(subject: Subject) -> None:
    assert subject.iam.user(subject.name) is None
    made = subject.iam.create(subject.name)
    assert (made.name, made.path) == (subject.name, "/flowable/")
    assert made.arn == f"arn:aws:iam::{SECURITY}:user/flowable/{subject.name}"
    assert made.made.tzinfo is not None
    assert hanging(subject.look()) == ()
    assert subject.look() in subject.iam.everybody()
    assert subject.name in subject.iam.names()


def test_a_group_is_joined_once_and_left(subject: Subject) -> None:
    subject.iam.create(subject.name)
    for _ in range(2):
        subject.iam.join(subject.name, GROUPS[0])
    assert subject.look().groups == (GROUPS[0],)
    assert subject.name in subject.iam.members(GROUPS[0])
    for _ in range(2):
        subject.iam.take(subject.name, Piece(Kind.GROUP, GROUPS[0]))
    assert subject.look().groups == ()


def test_a_user_has_two_keys_at_most_and_each_can_rest(subject: Subject) -> None:
    subject.iam.create(subject.name)
    one, two = (subject.iam.create_key(subject.name) for _ in range(2))
    assert one.access_key != two.access_key
    assert one.secret_key
    assert one.secret_key not in repr(one)
    with pytest.raises(OperationFailed, match="LimitExceeded"):
        subject.iam.create_key(subject.name)
    subject.iam.activate_key(subject.name, one.access_key, active=False)
    states = {it.id: (it.active, it.used) for it in subject.look().keys}
    assert states == {one.access_key: (False, None), two.access_key: (True, None)}
    subject.iam.activate_key(subject.name, one.access_key, active=True)
    assert all(it.active for it in subject.look().keys)
    for _ in range(2):
        subject.iam.take(subject.name, Piece(Kind.KEY, one.access_key))
    assert [it.id for it in subject.look().keys] == [two.access_key]


def test_a_device_takes_two_codes_in_a_row(subject: Subject) -> None:
    subject.iam.create(subject.name)
    device = subject.iam.create_device(subject.name)
    assert device.serial == f"arn:aws:iam::{SECURITY}:mfa/flowable/{subject.name}"
    assert subject.look().spares == (device.serial,)
    first, second = codes(device.seed)
    assert not subject.iam.enable_device(subject.name, device.serial, second, first)
    assert subject.iam.enable_device(subject.name, device.serial, first, second)
    assert (subject.look().devices, subject.look().spares) == ((device.serial,), ())
    with pytest.raises(OperationFailed, match="DeleteConflict"):
        subject.iam.discard_device(device.serial)
    for _ in range(2):
        subject.iam.take(subject.name, Piece(Kind.DEVICE, device.serial))
    assert (subject.look().devices, subject.look().spares) == ((), ())


def test_a_device_that_was_never_enabled_gives_way(subject: Subject) -> None:
    subject.iam.create(subject.name)
    subject.iam.create_device(subject.name)
    again = subject.iam.create_device(subject.name)
    assert subject.iam.enable_device(subject.name, again.serial, *codes(again.seed))


def test_a_device_can_be_discarded_twice(subject: Subject) -> None:
    subject.iam.create(subject.name)
    device = subject.iam.create_device(subject.name)
    for _ in range(2):
        subject.iam.discard_device(device.serial)
    assert subject.look().spares == ()


def test_an_inline_policy_is_put_read_and_taken(subject: Subject) -> None:
    subject.iam.create(subject.name)
    assert subject.iam.policy(subject.name, DISABLED) == {}
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    subject.iam.put_policy(subject.name, DISABLED, json.dumps(document))
    assert subject.iam.policy(subject.name, DISABLED) == document
    assert subject.look().disabled
    for _ in range(2):
        subject.iam.take(subject.name, Piece(Kind.INLINE, DISABLED))
    assert not subject.look().disabled


def test_a_user_is_deleted_with_nothing_left_and_twice(subject: Subject) -> None:
    subject.iam.create(subject.name)
    subject.iam.join(subject.name, GROUPS[0])
    subject.iam.create_key(subject.name)
    device = subject.iam.create_device(subject.name)
    subject.iam.enable_device(subject.name, device.serial, *codes(device.seed))
    for piece in hanging(subject.look()):
        subject.iam.take(subject.name, piece)
    for _ in range(2):
        subject.iam.delete(subject.name)
    assert subject.iam.user(subject.name) is None


def test_who_is_elsewhere_is_moved_with_keys_and_device(home: Home) -> None:
    session = home.into(SECURITY)
    name = f"u{uuid4().hex[:8]}"
    fake = FakeIam(people={name: User(name, f"arn:aws:iam::{SECURITY}:user/{name}", "/", datetime.now(UTC))})
    session.call("iam", "CreateUser", UserName=name)
    for iam in (fake, Users(session)):
        key = iam.create_key(name)
        iam.move(name)
        moved = iam.user(name)
        assert moved is not None
        assert (moved.path, moved.arn) == ("/flowable/", f"arn:aws:iam::{SECURITY}:user/flowable/{name}")
        assert [it.id for it in moved.keys] == [key.access_key]
