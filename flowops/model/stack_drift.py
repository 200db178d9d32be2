"""How a stack's resources differ from what the stack made of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PropertyDrift:
    """One property that is otherwise than the template says; `path` is a JSON pointer."""

    path: str
    expected: str
    actual: str


@dataclass(frozen=True)
class DriftedResource:
    """One resource that was changed outside its stack, or deleted: then it has no properties left to compare.

    `physical_id` is what its service calls it.
    """

    logical_id: str
    type: str
    properties: tuple[PropertyDrift, ...] = ()
    deleted: bool = False
    physical_id: str = ""


@dataclass(frozen=True)
class StackDrift:
    """What detection found; `trouble` says why it may not be all there is, and empty means that it is."""

    resources: tuple[DriftedResource, ...] = ()
    trouble: str = ""
