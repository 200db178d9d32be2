"""The security account's people in memory, with seeds and a terminal; every change is told in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.identity import MfaDevice
from flowops.errors import Declined, UsageError
from flowops.model import totp
from flowops.model.config import Config
from flowops.model.drift.people import PATH, known_groups
from flowops.model.users import AccessKey, Kind, NewKey, Piece, User
from flowops.operations.ports.users import UsersPorts
from tests.fakes.aws import SECURITY, config
from tests.fakes.aws_files import FakeFiles

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECRET = "canary-secret-of-a-key"

_HELD = {
    Kind.CERTIFICATE: "certificates",
    Kind.SSH_KEY: "ssh_keys",
    Kind.SERVICE_CREDENTIAL: "service_credentials",
    Kind.ATTACHED: "attached",
    Kind.INLINE: "inline",
    Kind.GROUP: "groups",
}


def failed(operation: str, code: str = "ServiceFailure") -> AwsFailed:
    """Return what AWS's error becomes."""
    return AwsFailed(f"AWS answered {code} to iam {operation}", code=code, message="", not_done="")


def gone(what: str) -> AwsFailed:
    return failed(what, "NoSuchEntity")


@dataclass
class FakeIam:
    """Users by name; `changes` tells each change, `failing` what AWS answers to one that begins so."""

    people: dict[str, User] = field(default_factory=dict)
    known: frozenset[str] = field(default_factory=lambda: known_groups(("dev", "prod")))
    changes: list[str] = field(default_factory=list)
    failing: dict[str, BaseException] = field(default_factory=dict)
    policies: dict[tuple[str, str], str] = field(default_factory=dict)
    now: datetime = NOON
    account: str = SECURITY
    partition: str = "aws"

    def _do(self, change: str) -> None:
        for beginning, error in self.failing.items():
            if change.startswith(beginning):
                raise error
        self.changes.append(change)

    def _at(self, name: str) -> User:
        if name not in self.people:
            raise gone(f"user {name}")
        return self.people[name]

    def _put(self, name: str, **changed: Any) -> None:
        self.people[name] = replace(self._at(name), **changed)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.people))

    def everybody(self) -> tuple[User, ...]:
        return tuple(self.people[it] for it in self.names())

    def user(self, name: str) -> User | None:
        return self.people.get(name)

    def groups(self) -> frozenset[str]:
        return self.known

    def members(self, group: str) -> tuple[str, ...]:
        return tuple(it.name for it in self.everybody() if group in it.groups)

    def create(self, name: str) -> User:
        self._do(f"create {name}")
        self.people[name] = User(name, f"arn:aws:iam::{SECURITY}:user{PATH}{name}", PATH, self.now)
        return self.people[name]

    def move(self, name: str) -> None:
        self._at(name)
        self._do(f"move {name}")
        self._put(name, path=PATH, arn=f"arn:aws:iam::{SECURITY}:user{PATH}{name}")

    def join(self, name: str, group: str) -> None:
        self._do(f"join {group}")
        self._put(name, groups=tuple(dict.fromkeys((*self._at(name).groups, group))))

    def create_key(self, name: str) -> NewKey:
        keys = self._at(name).keys
        if len(keys) == 2:
            raise failed("CreateAccessKey", "LimitExceeded")
        made = f"AKIA{len(self.changes):016d}"
        self._do(f"key {made}")
        self._put(name, keys=(*keys, AccessKey(made, True, self.now)))
        return NewKey(made, SECRET)

    def activate_key(self, name: str, key: str, *, active: bool) -> None:
        self._do(f"{'activate' if active else 'deactivate'} {key}")
        self._put(name, keys=tuple(replace(it, active=active) if it.id == key else it for it in self._at(name).keys))

    def create_device(self, name: str) -> MfaDevice:
        self._at(name)
        self._do(f"device {name}")
        serial = f"arn:aws:iam::{SECURITY}:mfa{PATH}{name}"
        self._put(name, spares=(serial,))
        return MfaDevice(serial, SEED)

    def enable_device(self, name: str, serial: str, first: str, second: str) -> bool:
        self._do(f"enable {serial}")
        if not totp.accepts_two(SEED, first, second, self.now.timestamp()):
            return False
        self._put(name, devices=(serial,), spares=())
        return True

    def discard_device(self, serial: str) -> None:
        name = serial.rpartition("/")[2]
        self._do(f"discard {serial}")
        if name in self.people:
            if serial in self.people[name].devices:
                raise failed("DeleteVirtualMFADevice", "DeleteConflict")
            self._put(name, spares=())

    def policy(self, name: str, policy: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.policies.get((name, policy), "{}"))
        return found

    def put_policy(self, name: str, policy: str, document: str) -> None:
        self._do(f"policy {policy}")
        self.policies[name, policy] = document
        self._put(name, inline=tuple(dict.fromkeys((*self._at(name).inline, policy))))

    def take(self, name: str, piece: Piece) -> None:
        user = self._at(name)
        self._do(f"take {piece}")
        match piece.kind:
            case Kind.KEY:
                self._put(name, keys=tuple(it for it in user.keys if it.id != piece.id))
            case Kind.PASSWORD:
                self._put(name, password=False)
            case Kind.DEVICE:
                self._put(name, **{it: _but(getattr(user, it), piece.id) for it in ("devices", "spares")})
            case _:
                held = _HELD[piece.kind]
                self._put(name, **{held: _but(getattr(user, held), piece.id)})

    def delete(self, name: str) -> None:
        self._do(f"delete {name}")
        self.people.pop(name, None)


def _but(values: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(it for it in values if it != gone)


@dataclass
class FakeSeeds:
    """New files by path; those of `standing` are there already."""

    standing: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)

    def reserve(self, path: str) -> None:
        if path in self.standing or path in self.files:
            raise UsageError(f"{path} is there already")
        self.files[path] = ""

    def fill(self, path: str, seed: str) -> None:
        assert path in self.files
        self.files[path] = seed

    def give_up(self, path: str) -> None:
        self.files.pop(path, None)


Answer = str | Callable[[], str] | BaseException


@dataclass
class FakePerson:
    """Somebody with these answers, or nobody; `said` is all that was shown, to more than them where not `private`."""

    answers: list[Answer] = field(default_factory=list)
    interactive: bool = False
    private: bool = True
    said: list[str] = field(default_factory=list)
    uris: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.said.append(text)

    def block(self, text: str) -> None:
        self.said.append(text)

    def device(self, uri: str) -> None:
        self.uris.append(uri)

    def ask(self, question: str) -> str:
        self.said.append(question)
        if not self.answers:
            raise Declined("nobody answers")
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, str) else answer()


@dataclass
class Desk:
    """All that an operation on users is given, at hand for a test."""

    iam: FakeIam = field(default_factory=FakeIam)
    files: FakeFiles = field(default_factory=FakeFiles)
    person: FakePerson = field(default_factory=FakePerson)
    seeds: FakeSeeds = field(default_factory=FakeSeeds)
    config: Config = field(default_factory=config)
    now: datetime = NOON
    entered: int = 0

    @property
    def ports(self) -> UsersPorts:
        return UsersPorts(self.config, self._enter, self.files, self.person, self.seeds, lambda: self.now)

    def _enter(self) -> FakeIam:
        self.entered += 1
        self.iam.now = self.now
        return self.iam

    def codes(self) -> list[Answer]:
        """Return the two codes that an app with the device's seed shows, one after the other."""
        return list(totp.two_codes_at(SEED, self.now.timestamp()))

    def user(self, name: str, **held: Any) -> User:
        """Put a user below /flowable/, or where `held` says."""
        path = held.pop("path", PATH)
        arn = f"arn:aws:iam::{SECURITY}:user{path}{name}"
        self.iam.people[name] = User(name, arn, path, NOON - timedelta(days=400), **held)
        return self.iam.people[name]


def key(name: str, *, days: float = 1, used: float | None = None, active: bool = True) -> AccessKey:
    """Return a key made so many days ago, and used so many days ago."""
    last = NOON - timedelta(days=used) if used is not None else None
    return AccessKey(name, active, NOON - timedelta(days=days), last, "sts" if last else "")
