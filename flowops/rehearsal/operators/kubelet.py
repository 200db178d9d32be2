"""Lets a pod start once its Secrets are there, and says of the others what a kubelet would.

kwok, which plays the kubelets, reads no Secrets: its stages (`pods.yaml`) leave a pod that refers to some waiting until
it has the annotation that is set here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from flowops.rehearsal.kubernetes.api import MISSING, Api, ApiError
from flowops.rehearsal.operators.look import Look, Thing, name_of, path_of
from flowops.rehearsal.operators.references import Problem, may_wait, problems

ANNOTATION, THERE = "rehearsal/secrets", "there"
CREATING = "ContainerCreating"
_CORE = "/api/v1"
_EVENTS = {CREATING: "FailedMount", "ImagePullBackOff": "FailedToRetrieveImagePullSecret"}


def tend(api: Api, look: Look) -> bool:
    """Look after every pod that waits on a node; say whether something changed."""
    waiting = [pod for pod in look.pods if is_waiting(pod)]
    if not waiting:
        return False
    there: dict[str, dict[str, Any]] = defaultdict(dict)
    for (namespace, name), secret in look.secrets.items():
        there[namespace][name] = secret.get("data") or {}
    return any([_tend(api, pod, problems(pod["spec"], there[name_of(pod)[0]])) for pod in waiting])


def is_waiting(pod: Thing) -> bool:
    """Say whether a pod is on a node and waits for us."""
    metadata, status = pod["metadata"], pod.get("status", {})
    if "nodeName" not in pod["spec"] or "podIP" in status or metadata.get("deletionTimestamp"):
        return False
    return may_wait(pod["spec"]) and (metadata.get("annotations") or {}).get(ANNOTATION) != THERE


def status_of(pod: Thing, found: tuple[Problem, ...], now: str) -> dict[str, Any]:
    """Return what the status of a pod says that cannot start; unchanged parts are as they were."""
    before = pod.get("status", {})
    whole = next((it for it in found if not it.container), None)
    own = {it.container: it for it in found}
    containers = [_waiting(it, whole or own.get(it["name"])) for it in pod["spec"]["containers"]]
    first = [_waiting(it, whole or own.get(it["name"])) for it in pod["spec"].get("initContainers") or ()]
    names = [it["name"] for it in pod["spec"]["containers"]]
    conditions = {it["type"]: it for it in before.get("conditions", ())}
    for kind in ("Ready", "ContainersReady"):
        if conditions.get(kind, {}).get("status") != "False":
            message = f"containers with unready status: [{' '.join(names)}]"
            conditions[kind] = _condition(kind, "ContainersNotReady", message, now)
    told = {"phase": "Pending", "conditions": list(conditions.values()), "containerStatuses": containers}
    return {**told, "initContainerStatuses": first} if first else told


def _waiting(container: Thing, problem: Problem | None) -> dict[str, Any]:
    state = {"reason": problem.reason, "message": problem.message} if problem else {"reason": CREATING}
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 0,
        "state": {"waiting": state},
    }


def _condition(kind: str, reason: str, message: str, now: str) -> dict[str, str]:
    return {"type": kind, "status": "False", "reason": reason, "message": message, "lastTransitionTime": now}


def _tend(api: Api, pod: Thing, found: tuple[Problem, ...]) -> bool:
    try:
        return _refuse(api, pod, found) if found else _let_start(api, pod)
    except ApiError as refused:
        if refused.status == MISSING:  # deleted since we looked
            return False
        raise


def _let_start(api: Api, pod: Thing) -> bool:
    api.merge(path_of(_CORE, "pods", name_of(pod)), {"metadata": {"annotations": {ANNOTATION: THERE}}})
    return True


def _refuse(api: Api, pod: Thing, found: tuple[Problem, ...]) -> bool:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted, before = status_of(pod, found, now), pod.get("status", {})
    if _states(wanted) == _states(before):
        return False
    api.merge(f"{path_of(_CORE, 'pods', name_of(pod))}/status", {"status": wanted})
    for problem in found:
        _report(api, pod, problem, now)
    return True


def _states(status: Thing) -> list[Any]:
    every = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    return [it["state"] for it in every]


def _report(api: Api, pod: Thing, problem: Problem, now: str) -> None:
    """Write the event that `kubectl describe` shows; one for each thing that is said of a pod."""
    namespace, name = name_of(pod)
    digest = hashlib.sha256(f"{pod['metadata']['uid']} {problem.message}".encode()).hexdigest()
    event = {
        "metadata": {"name": f"{name}.{digest[:16]}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": namespace,
            "name": name,
            "uid": pod["metadata"]["uid"],
        },
        "type": "Warning",
        "reason": _EVENTS.get(problem.reason, "Failed"),
        "message": problem.message,
        "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    api.create(f"{_CORE}/namespaces/{namespace}/events", event)
