"""Why pods and secrets are not ready, in the words of Kubernetes' own conditions."""

from __future__ import annotations

from typing import Any

from flowops.model.pods import namespaces, unready_pods, unsynced_secrets


def item(name: str, **status: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "flowable", "name": name}, "status": status}


def condition(kind: str, status: str, message: str = "") -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, "message": message}]}


def waiting(reason: str, message: str = "") -> list[dict[str, Any]]:
    return [{"state": {"waiting": {"reason": reason, "message": message}}}]


def test_ready_pods_and_finished_ones_are_no_trouble() -> None:
    assert unready_pods([item("a", **condition("Ready", "True")), item("b", phase="Succeeded")]) == ()


def test_a_pod_says_what_its_containers_wait_for_once_each() -> None:
    reason = waiting("CreateContainerConfigError", 'secret "flowable-flowable-license" not found')
    pod = item("work", **condition("Ready", "False"), containerStatuses=[*reason, *reason])
    assert unready_pods([pod]) == (
        'pod flowable/work is not Ready: CreateContainerConfigError: secret "flowable-flowable-license" not found',
    )


def test_a_pod_without_a_node_says_what_the_scheduler_said() -> None:
    assert unready_pods([item("work", **condition("PodScheduled", "False", "0/2 nodes are available"))]) == (
        "pod flowable/work is not Ready: 0/2 nodes are available",
    )


def test_a_pod_that_nobody_has_looked_at_is_named_all_the_same() -> None:
    assert unready_pods([item("work")]) == ("pod flowable/work is not Ready",)


def test_a_secret_says_who_refused_it() -> None:
    refused = condition("Ready", "False", "AccessDenied: GetSecretValue of /flowable/dev/license")
    found = [item("license", **refused), item("regcred", **condition("Ready", "True")), item("work")]
    assert unsynced_secrets(found) == (
        "secret flowable/license is not there: AccessDenied: GetSecretValue of /flowable/dev/license",
        "secret flowable/work is not there: nobody has looked after it yet",
    )


def test_namespaces_are_named_once() -> None:
    assert namespaces([item("a"), item("b")]) == ("flowable",)
