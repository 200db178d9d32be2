"""The two ways in which moto is changed: an action is added, or a function is wrapped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


def add_actions(response: type, *actions: Function) -> None:
    """Make `actions` operations of a moto response class; each is named like its operation, in snake case."""
    for action in actions:
        setattr(response, action.__name__, action)


def around(owner: Any, name: str, replacement: Function) -> None:
    """Replace a function of `owner`; the replacement gets the original as its first argument."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:
        return replacement(original, *given, **named)

    setattr(owner, name, wrapped)


def state_of(backend: Any, name: str) -> dict[str, Any]:
    """Return a dictionary of ours in a moto backend, where the snapshot saves it."""
    kept: dict[str, Any] = backend.__dict__.setdefault(f"flowops_{name}", {})
    return kept
