"""Pods of a rehearsal start once the Secrets that they refer to are there, and not before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.child_processes import await_true
from tests.integration.emulated_kubernetes import Kube, Programs, cluster

WEB = {"name": "web", "image": "registry.example/web:1"}
PASSWORD = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}


@pytest.fixture(scope="module")
def kube(kubernetes_programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    with cluster(tmp_path_factory.mktemp("kubernetes"), kubernetes_programs) as kube:
        kube.add_nodes(1)
        yield kube


@pytest.fixture(scope="module")
def admin(kube: Kube) -> str:
    return kube.token(kube.admit("Admin", "AmazonEKSClusterAdminPolicy"))


@pytest.fixture
def space(kube: Kube, admin: str, request: pytest.FixtureRequest) -> str:
    """Return a namespace of the test's own."""
    name = f"s{abs(hash(request.node.name)) % 10**8}"
    kubectl(kube, admin, "create", "namespace", name)
    return name


def kubectl(kube: Kube, token: str, *argv: str) -> None:
    done = kube.kubectl(token, *argv)
    assert done.succeeded, done.stderr


def run(kube: Kube, token: str, space: str, spec: dict[str, Any], replicas: int = 1) -> None:
    """Run a Deployment `web` of pods like this."""
    labels = {"app": "web"}
    document = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": space},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    file = kube.folder / "web.json"
    file.write_text(json.dumps(document))
    kubectl(kube, token, "apply", "-f", str(file))


def pods(kube: Kube, token: str, space: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = kube.read(token, "pods", f"--namespace={space}")["items"]
    return found


def waits_with(kube: Kube, token: str, space: str, reason: str, message: str) -> bool:
    """Say whether there are pods, and all of them wait with these words."""
    found = pods(kube, token, space)
    states = [it["state"] for pod in found for it in pod["status"].get("containerStatuses", ())]
    told = [state.get("waiting", {}) for state in states]
    return bool(told) and all((it.get("reason"), it.get("message")) == (reason, message) for it in told)


def is_ready(kube: Kube, token: str, space: str, replicas: int = 1) -> bool:
    conditions = [it for pod in pods(kube, token, space) for it in pod["status"].get("conditions", ())]
    return [it["status"] for it in conditions if it["type"] == "Ready"] == ["True"] * replicas


def make_secret(kube: Kube, token: str, space: str, name: str, key: str, kind: str = "generic") -> None:
    kubectl(kube, token, "create", "secret", kind, name, f"--namespace={space}", f"--from-literal={key}=x")


def test_a_pod_without_a_secret_starts_by_itself(kube: Kube, admin: str, space: str) -> None:
    run(kube, admin, space, {"containers": [WEB]}, replicas=3)
    await_true(lambda: is_ready(kube, admin, space, replicas=3), "ready pods")
    assert all("annotations" not in it["metadata"] for it in pods(kube, admin, space))


def test_a_pod_whose_variable_is_missing_waits_as_on_a_node_and_then_starts(kube: Kube, admin: str, space: str) -> None:
    run(kube, admin, space, {"containers": [{**WEB, "env": [PASSWORD]}]})
    config = "CreateContainerConfigError"
    await_true(lambda: waits_with(kube, admin, space, config, 'secret "db" not found'), "the reason")
    assert pods(kube, admin, space)[0]["status"]["phase"] == "Pending"

    make_secret(kube, admin, space, "db", "username")
    await_true(lambda: waits_with(kube, admin, space, config, 'secret "db" has no key password'), "the reason")

    kubectl(kube, admin, "delete", "secret", "db", f"--namespace={space}")
    make_secret(kube, admin, space, "db", "password")
    await_true(lambda: is_ready(kube, admin, space), "a ready pod")
    kubectl(kube, admin, "rollout", "status", "deployment/web", f"--namespace={space}", "--timeout=240s")


def test_volumes_and_credentials_of_the_registry_hold_a_pod_back_too_and_events_say_so(
    kube: Kube, admin: str, space: str
) -> None:
    license_file = {"name": "license", "secret": {"secretName": "license", "items": [{"key": "file", "path": "file"}]}}
    run(
        kube, admin, space, {"containers": [WEB], "volumes": [license_file], "imagePullSecrets": [{"name": "registry"}]}
    )
    mount = 'MountVolume.SetUp failed for volume "license" : secret "license" not found'
    await_true(lambda: waits_with(kube, admin, space, "ContainerCreating", mount), "the missing volume")

    make_secret(kube, admin, space, "license", "file")
    pull = 'Unable to retrieve some image pull secrets: secret "registry" not found'
    await_true(lambda: waits_with(kube, admin, space, "ImagePullBackOff", pull), "the missing credentials")

    make_secret(kube, admin, space, "registry", "any")
    await_true(lambda: is_ready(kube, admin, space), "a ready pod")
    events = kube.read(admin, "events", f"--namespace={space}")["items"]
    assert {mount, pull} <= {it["message"] for it in events}


def test_a_pod_that_runs_goes_on_without_its_secret_and_its_successor_does_not_start(
    kube: Kube, admin: str, space: str
) -> None:
    make_secret(kube, admin, space, "db", "password")
    run(kube, admin, space, {"containers": [{**WEB, "env": [PASSWORD]}]})
    await_true(lambda: is_ready(kube, admin, space), "a ready pod")
    (first,) = pods(kube, admin, space)

    kubectl(kube, admin, "delete", "secret", "db", f"--namespace={space}")
    kubectl(kube, admin, "delete", "pod", first["metadata"]["name"], f"--namespace={space}")
    await_true(
        lambda: waits_with(kube, admin, space, "CreateContainerConfigError", 'secret "db" not found'), "the reason"
    )
    assert pods(kube, admin, space)[0]["metadata"]["uid"] != first["metadata"]["uid"]
