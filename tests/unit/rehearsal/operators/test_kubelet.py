"""What becomes of pods whose Secrets are missing, as their status tells it."""

from __future__ import annotations

from typing import Any

from flowops.rehearsal.operators.kubelet import ANNOTATION, is_waiting, status_of
from flowops.rehearsal.operators.references import Problem

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
