"""The texts in a drift result, made fit for who reads them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from flowops.model.discretion import Discretion
from flowops.model.drift.result import DriftResult, EnvironmentDrift

_Value = TypeVar("_Value")


def cleaned(value: _Value) -> _Value:
    """Return a result, or a part of one, whose texts are fit for every eye: no control characters, no known secrets."""
    changed: Any = value
    if isinstance(value, str):
        changed = Discretion().line(value)
    elif isinstance(value, tuple):
        changed = tuple(map(cleaned, value))
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(value, **{it.name: cleaned(getattr(value, it.name)) for it in fields(value)})
    return changed  # type: ignore[no-any-return]


def led(result: DriftResult, pointed: Callable[[str], str]) -> DriftResult:
    """Return the result with its commands as `pointed` leads them: those of the ways out, of reasons and of notes."""
    return replace(result, environments=tuple(_led(it, pointed) for it in result.environments))


def _led(environment: EnvironmentDrift, pointed: Callable[[str], str]) -> EnvironmentDrift:
    return replace(
        environment,
        reason=pointed(environment.reason),
        notes=tuple(map(pointed, environment.notes)),
        checked=tuple(replace(it, reason=pointed(it.reason)) for it in environment.checked),
        findings=tuple(
            replace(it, ways=tuple(replace(way, text=pointed(way.text)) for way in it.ways))
            for it in environment.findings
        ),
    )
