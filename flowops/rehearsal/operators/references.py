"""Which Secrets a pod refers to, and what a kubelet says of those that are not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Spec = Mapping[str, Any]
Keys = Mapping[str, Collection[str]]
"""The Secrets of a namespace that are there, by name, each with its keys."""


class Use(Enum):
    """What a pod wants a Secret for, in the order in which a kubelet needs it."""

    VOLUME = "volume"
    PULL = "image pull"
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Reference:
    """One mention of a Secret; `place` is the volume or the container, `keys` those that have to be in it."""

    use: Use
    secret: str
    place: str = ""
    keys: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Problem:
    """Why a pod cannot start, in a kubelet's words; `container` is empty where it concerns all of them."""

    reason: str
    message: str
    container: str = ""


_REASONS = {
    Use.VOLUME: "ContainerCreating",
    Use.PULL: "ImagePullBackOff",
    Use.ENVIRONMENT: "CreateContainerConfigError",
}


def may_wait(spec: Spec) -> bool:
    """Say whether kwok leaves it to us when a pod starts; `pods.yaml` asks the same of it."""
    names = ("secretKeyRef", "secretRef", "secret", "imagePullSecrets")
    return any(thing.get(name) is not None for thing in _mappings(spec) for name in names)


def references(spec: Spec) -> tuple[Reference, ...]:
    """Return every mention of a Secret in the spec of a pod."""
    pulls = (Reference(Use.PULL, it["name"]) for it in spec.get("imagePullSecrets") or () if it.get("name"))
    return (*_of_volumes(spec), *pulls, *_of_containers(spec))


def problems(spec: Spec, there: Keys) -> tuple[Problem, ...]:
    """Return what a kubelet stops at first: missing volumes, then credentials of the registry, then variables."""
    missing = [(it, message) for it in references(spec) if (message := _missing(it, there))]
    for use in Use:
        if found := [(it, message) for it, message in missing if it.use is use]:
            return tuple(_problem(it, message) for it, message in found)
    return ()


def _problem(reference: Reference, message: str) -> Problem:
    match reference.use:
        case Use.VOLUME:
            message = f'MountVolume.SetUp failed for volume "{reference.place}" : {message}'
        case Use.PULL:
            message = f"Unable to retrieve some image pull secrets: {message}"
    container = reference.place if reference.use is Use.ENVIRONMENT else ""
    return Problem(_REASONS[reference.use], message, container)


def _missing(reference: Reference, there: Keys) -> str:
    """Return what is missing, or nothing."""
    if reference.optional:
        return ""
    if reference.secret not in there:
        return f'secret "{reference.secret}" not found'
    absent = [key for key in reference.keys if key not in there[reference.secret]]
    return f'secret "{reference.secret}" has no key {absent[0]}' if absent else ""


def _of_volumes(spec: Spec) -> Iterator[Reference]:
    for volume in spec.get("volumes") or ():
        if source := volume.get("secret"):
            yield _of_source(volume["name"], source, source.get("secretName", ""))
        for source in (volume.get("projected") or {}).get("sources") or ():
            if inner := source.get("secret"):
                yield _of_source(volume["name"], inner, inner.get("name", ""))


def _of_source(volume: str, source: Spec, name: str) -> Reference:
    keys = tuple(item["key"] for item in source.get("items") or ())
    return Reference(Use.VOLUME, name, volume, keys, bool(source.get("optional")))


def _of_containers(spec: Spec) -> Iterator[Reference]:
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for source in container.get("envFrom") or ():
            if reference := source.get("secretRef"):
                yield _of_environment(container["name"], reference, ())
        for variable in container.get("env") or ():
            if reference := (variable.get("valueFrom") or {}).get("secretKeyRef"):
                yield _of_environment(container["name"], reference, (reference["key"],))


def _of_environment(container: str, reference: Spec, keys: tuple[str, ...]) -> Reference:
    return Reference(Use.ENVIRONMENT, reference.get("name", ""), container, keys, bool(reference.get("optional")))


def _mappings(thing: object) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping in a document, however deep."""
    if isinstance(thing, Mapping):
        yield thing
        inner: Iterable[object] = thing.values()
    else:
        inner = thing if isinstance(thing, list) else ()
    for item in inner:
        yield from _mappings(item)
