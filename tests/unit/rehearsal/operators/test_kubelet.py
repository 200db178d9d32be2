"""What becomes of pods whose Secrets are missing, as their status tells it, and of those that kwok forgets."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest

from flowops.rehearsal.kubernetes.api import Api, ApiError
from flowops.rehearsal.operators.kubelet import ANNOTATION, Kubelet, is_waiting, status_of
from flowops.rehearsal.operators.look import Look
from flowops.rehearsal.operators.references import Problem
from tests.unit.rehearsal.operators.fakes import CORE, FakeApi

SCHEDULED = {"type": "PodScheduled", "status": "True"}
SPEC = {
    "nodeName": "node",
    "containers": [{"name": "web", "image": "web:1"}, {"name": "side", "image": "side:1"}],
    "imagePullSecrets": [{"name": "registry"}],
}


def pod(**parts: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "namespace": "a"}, "spec": SPEC, "status": {"conditions": [SCHEDULED]}, **parts}


def test_a_pod_waits_for_us_from_its_node_on_until_it_was_let_start() -> None:
    assert is_waiting(pod())
    assert not is_waiting(pod(spec={**SPEC, "nodeName": "node", "imagePullSecrets": None}))
    assert not is_waiting(pod(spec={name: it for name, it in SPEC.items() if name != "nodeName"}))
    assert not is_waiting(pod(status={"podIP": "10.244.0.1"}))
    assert not is_waiting(pod(metadata={"name": "web", "annotations": {ANNOTATION: "there"}}))
    assert not is_waiting(pod(metadata={"name": "web", "deletionTimestamp": "2026-01-01T00:00:00Z"}))


def test_the_status_names_the_container_that_cannot_start_and_keeps_what_the_scheduler_said() -> None:
    told = status_of(pod(), (Problem("CreateContainerConfigError", "no db", "web"),), "2026-01-01T00:00:00Z")
    assert told["phase"] == "Pending"
    assert told["conditions"][0] == SCHEDULED
    assert {it["type"]: it["status"] for it in told["conditions"][1:]} == {"Ready": "False", "ContainersReady": "False"}
    assert [it["state"]["waiting"] for it in told["containerStatuses"]] == [
        {"reason": "CreateContainerConfigError", "message": "no db"},
        {"reason": "ContainerCreating"},
    ]


def test_what_concerns_the_pod_is_said_of_all_its_containers() -> None:
    told = status_of(pod(), (Problem("ImagePullBackOff", "no registry"),), "2026-01-01T00:00:00Z")
    assert {it["state"]["waiting"]["reason"] for it in told["containerStatuses"]} == {"ImagePullBackOff"}
    assert not any(it["ready"] for it in told["containerStatuses"])


def test_a_condition_that_was_false_before_keeps_its_time() -> None:
    problem = (Problem("ImagePullBackOff", "no registry"),)
    before = status_of(pod(), problem, "2026-01-01T00:00:00Z")
    assert status_of(pod(status=before), problem, "2026-01-02T00:00:00Z")["conditions"] == before["conditions"]


class Cluster:
    """Pods of one cluster, a kubelet for them, and the time as it tells it."""

    def __init__(self, *pods: dict[str, Any]) -> None:
        self.api = FakeApi(*pods)
        self.time = 0.0
        self.kubelet = Kubelet(lambda: self.time)

    def look(self, after: float = 0.0) -> bool:
        self.time += after
        return self.look_as(self.now())

    def look_as(self, look: Look) -> bool:
        return self.kubelet(cast(Api, self.api), look)

    def now(self) -> Look:
        """Return what can be seen now; there is never a Secret."""
        return Look(tuple(self.api.get(f"{CORE}/pods")["items"]), (), {})

    def pod(self, name: str) -> dict[str, Any]:
        return self.api.things[path(name)]


def path(name: str) -> str:
    return f"{CORE}/namespaces/a/pods/{name}"


def placed(name: str = "web", spec: dict[str, Any] = SPEC) -> dict[str, Any]:
    """Return a pod that has just been given its node."""
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "a"},
        "spec": spec,
        "status": {"phase": "Pending"},
    }


PLAIN = {name: it for name, it in SPEC.items() if name != "imagePullSecrets"}


def annotations(pod: dict[str, Any]) -> dict[str, str]:
    return dict(pod["metadata"].get("annotations", {}))


def test_a_pod_that_kwok_forgot_is_shown_to_it_again_and_again() -> None:
    cluster = Cluster(placed(spec=PLAIN))
    assert not cluster.look()
    assert not cluster.look(after=19)
    assert cluster.look(after=1)
    assert "rehearsal/shown-again" in annotations(cluster.pod("web"))
    cluster.api.changes.clear()
    assert not cluster.look(after=19)
    assert cluster.look(after=1)
    assert cluster.api.changes == [f"PATCH {path('web')}"]


def test_one_that_was_let_start_is_counted_from_then_on() -> None:
    cluster = Cluster(placed(spec={**SPEC, "imagePullSecrets": [{}]}))
    assert cluster.look()
    assert annotations(cluster.pod("web")) == {ANNOTATION: "there"}
    assert not cluster.look(after=100)
    assert cluster.look(after=20)


@pytest.mark.parametrize(
    "status", [{"phase": "Running", "podIP": "10.244.0.1"}, {"phase": "Failed"}], ids=["runs", "failed"]
)
def test_a_pod_that_got_on_is_left_alone(status: dict[str, Any]) -> None:
    cluster = Cluster(placed(spec=PLAIN))
    cluster.look()
    cluster.api.things[path("web")]["status"] = status
    assert not cluster.look(after=100)


def test_a_pod_that_waits_for_a_secret_is_not_shown_again() -> None:
    cluster = Cluster(placed())
    assert cluster.look()
    assert not cluster.look(after=100)


def test_a_successor_of_the_same_name_gets_its_own_time() -> None:
    cluster = Cluster(placed(spec=PLAIN))
    cluster.look()
    cluster.api.delete(path("web"))
    cluster.look(after=10)
    cluster.api.things[path("web")] = Cluster(placed(spec=PLAIN)).pod("web")
    assert not cluster.look(after=15)


def test_a_look_that_is_stale_takes_nothing_back() -> None:
    cluster = Cluster(placed())
    before = cluster.now()
    cluster.api.merge(f"{path('web')}/status", {"status": {"phase": "Running", "podIP": "10.244.0.1"}})
    assert not cluster.look_as(before)
    assert cluster.pod("web")["status"]["phase"] == "Running"


def test_a_pod_that_cannot_be_changed_stops_no_other_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cluster = Cluster(placed("broken"), placed("web"))
    cluster.api.refusals[f"PATCH {path('broken')}"] = ApiError(422, "invalid: s3cret")
    assert cluster.look()
    assert cluster.pod("web")["status"]["containerStatuses"]
    assert not cluster.look()
    (said,) = caplog.messages
    assert said == "pod a/broken: the API server answered 422"
