"""What keeps pods and the secrets they need from being ready, read from Kubernetes' own JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Items = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Rollout:
    """One look into a cluster: how much there is, and a sentence for each thing that is not as it should be."""

    pods: int
    secrets: int
    namespaces: tuple[str, ...]
    troubles: tuple[str, ...]

    @classmethod
    def of(cls, pods: Items, external_secrets: Items) -> Rollout:
        """Return what the JSON of pods and of ExternalSecrets says."""
        troubles = (*unsynced_secrets(external_secrets), *unready_pods(pods))
        return cls(len(pods), len(external_secrets), namespaces(pods), troubles)


def unready_pods(pods: Items) -> tuple[str, ...]:
    """Return a sentence for each pod that is neither Ready nor done: its name, and what its containers wait for."""
    return tuple(f"pod {_name(pod)} is not Ready{_why(pod)}" for pod in pods if not _is_ready(pod))


def unsynced_secrets(external_secrets: Items) -> tuple[str, ...]:
    """Return a sentence for each ExternalSecret without its Secret: its name, and what stands in the way."""
    found = ((_name(it), _condition(it, "Ready")) for it in external_secrets)
    return tuple(
        f"secret {name} is not there: {condition.get('message') or 'nobody has looked after it yet'}"
        for name, condition in found
        if condition.get("status") != "True"
    )


def namespaces(pods: Items) -> tuple[str, ...]:
    """Return the namespaces that have pods, sorted."""
    return tuple(sorted({pod["metadata"]["namespace"] for pod in pods}))


def _name(item: Mapping[str, Any]) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _is_ready(pod: Mapping[str, Any]) -> bool:
    return pod.get("status", {}).get("phase") == "Succeeded" or _condition(pod, "Ready").get("status") == "True"


def _condition(item: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    conditions = item.get("status", {}).get("conditions") or ()
    return next((it for it in conditions if it["type"] == kind), {})


def _why(pod: Mapping[str, Any]) -> str:
    reasons = dict.fromkeys(_reasons(pod))
    return f": {'; '.join(reasons)}" if reasons else ""


def _reasons(pod: Mapping[str, Any]) -> Iterator[str]:
    status = pod.get("status", {})
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason"):
            yield ": ".join(it for it in (waiting["reason"], waiting.get("message", "")) if it)
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield str(scheduled.get("message") or scheduled.get("reason") or "no node takes it")
