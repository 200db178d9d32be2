"""What is known of a unit's state file without starting terraform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LOCK_SUFFIX = ".tflock"
"""What terraform appends to the key of a state to get that of its lock."""


@dataclass(frozen=True)
class Output:
    """One output of a unit; `value` is any JSON value."""

    value: Any
    sensitive: bool = False


@dataclass(frozen=True)
class UnitState:
    """One version of a unit's state: its serial and lineage, how many managed resource instances, and its outputs.

    `types` are those of all its resources and data sources. `terraform` wrote it; `sha256` is the hash of its bytes.
    `accepted` says that an operator put it there by `flowops recover`, whatever stood before. `values` are type and
    values of each managed resource, secrets among them: they are shown nowhere.
    """

    serial: int
    lineage: str
    resources: int
    outputs: Mapping[str, Output] = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    terraform: str = ""
    sha256: str = ""
    accepted: bool = False
    values: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class Lock:
    """Somebody's lock on a unit's state: terraform's lock info; `id` is empty where its object says nothing.

    `etag` is S3's name for what the object held when it was looked at.
    """

    key: str
    id: str
    who: str
    operation: str
    created: str
    etag: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return what to say behind `locked by`."""
        if not self.id:
            return "somebody unknown: its lock is empty or damaged"
        return f"{self.who} since {self.created} ({self.operation}, lock {self.id})"
