"""Lets a pod start once its Secrets are there, and says of the others what a kubelet would.

kwok, which plays the kubelets, reads no Secrets: its stages (`pods.yaml`) leave a pod that refers to some waiting until
it has the annotation that is set here. And it starts a pod once: where the API server fails meanwhile, it forgets the
pod until that changes.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from flowops.rehearsal.kubernetes.api import CONFLICT, MISSING, Api, ApiError
from flowops.rehearsal.operators.look import Look, Thing, name_of, path_of
from flowops.rehearsal.operators.references import Keys, Problem, may_wait, problems

ANNOTATION, THERE = "rehearsal/secrets", "there"
SHOWN_AGAIN = "rehearsal/shown-again"
CREATING = "ContainerCreating"
PATIENCE = 20.0
"""Seconds that kwok has to start a pod before it is shown to it again; mostly it takes less than one."""

_CORE = "/api/v1"
_EVENTS = {CREATING: "FailedMount", "ImagePullBackOff": "FailedToRetrieveImagePullSecret"}

log = logging.getLogger(__name__)


class Kubelet:
    """Plays its part in one cluster; since when a pod may start is known as long as this lives."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._said: dict[str, int] = {}

    def __call__(self, api: Api, look: Look) -> bool:
        """Look after every pod that is on a node and does not run; say whether something changed."""
        pods = [pod for pod in look.pods if _is_to_run(pod)]
        self._forget_others({_uid(pod) for pod in pods})
        there = _keys_of(look) if pods else {}
        return any([self._tend(api, pod, there) for pod in pods])

    def _tend(self, api: Api, pod: Thing, there: Mapping[str, Keys]) -> bool:
        """Look after one pod; one that cannot be changed stops no other."""
        try:
            if not is_waiting(pod):
                return self._show_again(api, pod)
            found = problems(pod["spec"], there.get(name_of(pod)[0], {}))
            return _refuse(api, pod, found) if found else _let_start(api, pod)
        except ApiError as refused:
            if refused.status not in (MISSING, CONFLICT):  # deleted or changed since we looked
                self._say(pod, refused.status)
            return False

    def _show_again(self, api: Api, pod: Thing) -> bool:
        """Change a pod that may start and has not for a while: kwok looks anew at whatever changes."""
        uid, now = _uid(pod), self._clock()
        if pod.get("status", {}).get("phase") != "Pending" or now - self._since.setdefault(uid, now) < PATIENCE:
            return False
        api.merge(path_of(_CORE, "pods", name_of(pod)), {"metadata": {"annotations": {SHOWN_AGAIN: _now()}}})
        self._since[uid] = now
        return True

    def _forget_others(self, uids: Collection[str]) -> None:
        self._since = {uid: since for uid, since in self._since.items() if uid in uids}
        self._said = {uid: status for uid, status in self._said.items() if uid in uids}

    def _say(self, pod: Thing, status: int) -> None:
        """Log what the API server answered, once; never its words, which may quote what was sent."""
        if self._said.get(_uid(pod)) != status:
            self._said[_uid(pod)] = status
            log.info("pod %s: the API server answered %d", "/".join(name_of(pod)), status)


def is_waiting(pod: Thing) -> bool:
    """Say whether a pod is on a node and waits for us."""
    known = pod["metadata"].get("annotations") or {}
    return _is_to_run(pod) and may_wait(pod["spec"]) and known.get(ANNOTATION) != THERE


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


def _is_to_run(pod: Thing) -> bool:
    """Say whether a pod is on a node, to stay, and was not started yet."""
    started, ends = "podIP" in pod.get("status", {}), pod["metadata"].get("deletionTimestamp")
    return "nodeName" in pod["spec"] and not started and not ends


def _uid(pod: Thing) -> str:
    return str(pod["metadata"]["uid"])


def _keys_of(look: Look) -> Mapping[str, Keys]:
    """Return the Secrets of each namespace with their keys."""
    there: dict[str, dict[str, Collection[str]]] = defaultdict(dict)
    for (namespace, name), secret in look.secrets.items():
        there[namespace][name] = secret.get("data") or {}
    return there


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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


def _let_start(api: Api, pod: Thing) -> bool:
    api.merge(path_of(_CORE, "pods", name_of(pod)), {"metadata": {"annotations": {ANNOTATION: THERE}}})
    return True


def _refuse(api: Api, pod: Thing, found: tuple[Problem, ...]) -> bool:
    now = _now()
    wanted, before = status_of(pod, found, now), pod.get("status", {})
    if _states(wanted) == _states(before):
        return False
    # Only where the pod is still the one that we saw: somebody may have let it start meanwhile.
    seen = {"resourceVersion": pod["metadata"]["resourceVersion"]}
    api.merge(f"{path_of(_CORE, 'pods', name_of(pod))}/status", {"metadata": seen, "status": wanted})
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
