"""What is known of a unit's state file without starting terraform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Output:
    """One output of a unit; `value` is any JSON value."""

    value: Any
    sensitive: bool = False


@dataclass(frozen=True)
class UnitState:
    """One version of a unit's state: its serial and lineage, how many managed resource instances, and its outputs.

    `types` are those of all its resources and data sources.
    """

    serial: int
    lineage: str
    resources: int
    outputs: Mapping[str, Output] = field(default_factory=dict)
    types: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lock:
    """Somebody's lock on a unit's state: terraform's lock info."""

    key: str
    id: str
    who: str
    operation: str
    created: str
