"""Drift detection: what the services hold now against what the stack made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from flowops.rehearsal.cloudformation.engine import Engine, masked
from flowops.rehearsal.cloudformation.parameters import as_text
from flowops.rehearsal.cloudformation.stack import Detection, Resource, ResourceDrift, Stack
from flowops.rehearsal.cloudformation.work import reason_of

IN_SYNC, MODIFIED, DELETED = "IN_SYNC", "MODIFIED", "DELETED"
_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


def detect(engine: Engine, stack: Stack, detection: Detection) -> None:
    """Compare every resource and finish the detection; one that cannot be read fails it, and the others are kept."""
    drifts, failed = [], []
    for resource in stack.resources.values():
        try:
            drifts.append(drift_of(engine, stack, resource))
        except (ClientError, BotoCoreError) as error:
            failed.append(f"{resource.logical_id}: {reason_of(error)}")
    drifted = sum(drift.status != IN_SYNC for drift in drifts)
    status = "DRIFTED" if drifted else IN_SYNC
    with engine.lock:
        engine.change(stack, drifts=tuple(drifts), drift_status=status, drift_checked=engine.now())
        finished = replace(detection, status="DETECTION_COMPLETE", drift_status=status, drifted=drifted)
        if failed:
            reason = f"Failed to detect drift on resources [{'; '.join(failed)}]"
            finished = replace(detection, status="DETECTION_FAILED", reason=reason)
        engine.keep_detection(finished)


def actual_resources(engine: Engine, stack: Stack) -> dict[str, Resource]:
    """Return the resources of a stack as the services hold them now, without those that are gone."""
    found = ((name, drift_of(engine, stack, it)) for name, it in stack.resources.items())
    return {
        name: replace(drift.resource, properties=drift.actual) if drift.status == MODIFIED else drift.resource
        for name, drift in found
        if drift.status != DELETED
    }


def drift_of(engine: Engine, stack: Stack, resource: Resource) -> ResourceDrift:
    """Compare one resource; properties that its type cannot read count as equal."""
    handler = engine.types[resource.type]
    try:
        live = handler.read(engine.connect(stack.scope), resource.physical_id, resource.properties)
    except ClientError as error:
        if not handler.is_missing(error):
            raise
        return ResourceDrift(resource, DELETED, time=engine.now())
    others = [other for other in stack.resources.values() if other is not resource]
    live = handler.without_others(live, resource.physical_id, others)
    found = tuple(
        difference
        for name, expected in resource.properties.items()
        if name in live
        for difference in differences(f"/{name}", expected, live[name])
    )
    actual = {**resource.properties, **{name: live[name] for name in live if name in resource.properties}}
    shown = tuple({key: masked(value, stack.secrets) for key, value in one.items()} for one in found)
    return ResourceDrift(resource, MODIFIED if found else IN_SYNC, actual, shown, engine.now())


def differences(path: str, expected: Any, actual: Any) -> Iterator[dict[str, str]]:
    """Yield each place where two values differ; the order of a list counts only for objects that differ."""
    if _same(expected, actual):
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(expected.keys() | actual.keys()):
            yield from differences(f"{path}/{name}", expected.get(name), actual.get(name))
        return
    if _ordered_objects(expected, actual):
        for index, (left, right) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(f"{path}/{index}", left, right)
        return
    kind = "ADD" if expected in _EMPTY else "REMOVE" if actual in _EMPTY else "NOT_EQUAL"
    yield {
        "PropertyPath": path,
        "ExpectedValue": _text(expected),
        "ActualValue": _text(actual),
        "DifferenceType": kind,
    }


def _ordered_objects(expected: Any, actual: Any) -> bool:
    if not (isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual)):
        return False
    return all(isinstance(item, dict) for item in [*expected, *actual])


def _same(expected: Any, actual: Any) -> bool:
    if expected in _EMPTY and actual in _EMPTY:
        return True
    return bool(_normal(expected) == _normal(actual))


def _normal(value: Any) -> Any:
    """Return a value so that equal meanings compare equal: order and the type of scalars do not count."""
    match value:
        case list():
            return sorted((_normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        case Mapping():
            return {name: _normal(item) for name, item in value.items() if item not in _EMPTY}
        case None:
            return None
        case _:
            return as_text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
