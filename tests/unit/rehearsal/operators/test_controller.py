"""What becomes of an ExternalSecret: its Secret, its status, and nothing at all while nothing changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from flowops.rehearsal.kubernetes.api import CONFLICT, MISSING, ApiError
from flowops.rehearsal.operators.external_secrets.controller import ExternalSecrets
from flowops.rehearsal.operators.external_secrets.errors import Gone, Unfulfilled
from flowops.rehearsal.operators.external_secrets.role import Pod
from flowops.rehearsal.operators.external_secrets.vault import Reading
from flowops.rehearsal.operators.look import Look, name_of
from tests.unit.rehearsal.operators.fakes import CORE, EXTERNAL, FakeApi

SECRET = f"{CORE}/namespaces/a/secrets/db"
EXTERNAL_SECRET = f"{EXTERNAL}/namespaces/a/externalsecrets/db"
STORE = {
    "kind": "SecretStore",
    "metadata": {"name": "manager", "namespace": "a"},
    "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "eu-central-1"}}},
}
OPERATOR = {
    "metadata": {
        "name": "external-secrets",
        "namespace": "o",
        "labels": {"app.kubernetes.io/name": "external-secrets"},
    },
    "spec": {"template": {"spec": {"serviceAccountName": "reader"}}},
    "status": {"readyReplicas": 1},
}
POD = {
    "metadata": {"name": "p", "namespace": "o", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"serviceAccountName": "reader"},
    "status": {"phase": "Running"},
}


@dataclass
class FakeVault:
    """Has one secret, or an error in its place."""

    value: bytes | Unfulfilled = b"one"
    asked: list[tuple[Pod, Reading]] = field(default_factory=list)

    def read(self, pod: Pod, reading: Reading) -> bytes:
        self.asked.append((pod, reading))
        if isinstance(self.value, Unfulfilled):
            raise self.value
        return self.value


@dataclass
class World:
    """A cluster with the operator and one ExternalSecret."""

    target: dict[str, Any] = field(default_factory=dict)
    vault: FakeVault = field(default_factory=FakeVault)
    changes: int = 0
    runs: bool = True

    def __post_init__(self) -> None:
        data = [{"secretKey": "password", "remoteRef": {"key": "db"}}]
        spec = {"secretStoreRef": {"name": "manager"}, "target": self.target, "data": data}
        wanted = {"kind": "ExternalSecret", "metadata": {"name": "db", "namespace": "a"}, "spec": spec}
        self.api = FakeApi(STORE, wanted)
        self.operator = ExternalSecrets(self.vault, lambda: self.changes)

    def look(self) -> bool:
        secrets = {name_of(it): it for at, it in self.api.things.items() if "/secrets/" in at}
        return self.operator(self.api, Look((POD,), (OPERATOR,) if self.runs else (), secrets))

    def settle(self) -> None:
        """Look until there is nothing left to do, which does not take long."""
        assert [self.look() for _ in range(4)][-1] is False
        self.api.changes.clear()
        self.vault.asked.clear()

    def set(self, value: bytes | Unfulfilled) -> None:
        self.vault.value = value
        self.changes += 1

    @property
    def ready(self) -> tuple[str, str, str]:
        (condition,) = self.api.things[EXTERNAL_SECRET]["status"]["conditions"]
        return condition["status"], condition["reason"], condition["message"]


@pytest.fixture
def world() -> World:
    return World()


def test_the_secret_is_written_and_both_say_that_they_are_ready(world: World) -> None:
    world.settle()
    assert world.api.things[SECRET]["data"] == {"password": "b25l"}
    assert world.ready == ("True", "SecretSynced", "secret synced")
    (condition,) = world.api.things[f"{EXTERNAL}/namespaces/a/secretstores/manager"]["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("True", "Valid")


def test_it_is_read_as_the_pod_of_the_operator_in_the_region_of_the_store(world: World) -> None:
    world.look()
    ((pod, reading),) = world.vault.asked
    assert (pod.namespace, pod.service_account, pod.name, pod.uid) == ("o", "reader", "p", "u")
    assert (reading.region, reading.key, reading.version) == ("eu-central-1", "db", "AWSCURRENT")


def test_nothing_is_read_or_written_while_nothing_changes(world: World) -> None:
    world.settle()
    assert not world.look()
    assert (world.api.changes, world.vault.asked) == ([], [])
    world.changes += 1
    world.look()
    assert (world.api.changes, len(world.vault.asked)) == ([], 1)


def test_a_changed_value_and_a_secret_that_somebody_touched_are_written_again(world: World) -> None:
    world.settle()
    world.set(b"two")
    world.look()
    assert world.api.things[SECRET]["data"] == {"password": "dHdv"}
    world.settle()
    for touch in (
        lambda: world.api.replace(SECRET, {**world.api.things[SECRET], "data": {}}),
        lambda: world.api.delete(SECRET),
    ):
        touch()
        world.look()
        assert world.api.things[SECRET]["data"] == {"password": "dHdv"}


def test_a_refusal_is_said_and_the_secret_stays_as_it_was(world: World) -> None:
    world.settle()
    world.set(Unfulfilled("denied by somebody"))
    world.settle()
    assert world.ready == (
        "False",
        "SecretSyncedError",
        "error processing spec.data[0] (key: db), err: denied by somebody",
    )
    assert world.api.things[SECRET]["data"] == {"password": "b25l"}
    world.set(Gone("no value"))
    world.settle()
    assert SECRET in world.api.things


def test_a_secret_goes_with_its_value_where_it_is_told_to() -> None:
    world = World({"deletionPolicy": "Delete"})
    world.settle()
    world.set(Gone("no value"))
    world.settle()
    assert SECRET not in world.api.things
    assert world.ready[:2] == ("True", "SecretDeleted")


def test_a_creation_policy_that_is_not_played_is_refused() -> None:
    world = World({"creationPolicy": "Merge"})
    world.settle()
    assert world.ready[0] == "False"
    assert "creationPolicy Merge" in world.ready[2]


def test_what_the_api_server_says_of_a_secret_is_not_repeated(world: World) -> None:
    world.api.refusals["POST"] = ApiError(422, "invalid: b25l")
    world.look()
    assert world.ready == ("False", "SecretSyncedError", "could not write the Secret: the API server answered 422")


def test_a_secret_that_a_busy_api_server_refused_is_written_once_it_accepts_it(world: World) -> None:
    world.api.refusals["POST"] = ApiError(504, "request timed out")
    world.look()
    del world.api.refusals["POST"]
    world.settle()
    assert world.api.things[SECRET]["data"] == {"password": "b25l"}
    assert world.ready[0] == "True"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_look_that_is_stale_is_no_failure(world: World, method: str) -> None:
    if method == "PUT":
        world.settle()
        world.set(b"two")
    told = world.api.things[EXTERNAL_SECRET].get("status")
    world.api.refusals[method] = ApiError(CONFLICT, "there, or changed since")
    assert world.look()
    assert world.api.things[EXTERNAL_SECRET].get("status") == told
    del world.api.refusals[method]
    world.settle()
    assert world.ready[0] == "True"


def test_a_secret_that_goes_right_after_it_was_written_is_written_again(world: World) -> None:
    world.look()
    world.api.delete(SECRET)
    world.look()
    assert SECRET in world.api.things


def test_without_the_operator_nothing_happens(world: World) -> None:
    world.runs = False
    assert not world.look()
    assert world.api.changes == []


def test_without_its_kinds_nothing_happens(world: World) -> None:
    world.api.refusals["GET"] = ApiError(MISSING, "the server could not find the requested resource")
    assert not world.look()
