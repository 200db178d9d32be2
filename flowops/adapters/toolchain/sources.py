"""What is not here yet may come from several sources, of which the first that works out is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Source

Fetch = TypeVar("Fetch")


def take_first(
    sources: Iterable[tuple[Source, Fetch]],
    take: Callable[[Source, Fetch], None],
    *,
    title: str,
    known: Iterable[str],
    machine: Machine,
    unusable: Callable[[str], ToolUnusable],
) -> None:
    """Take what is wanted from the first source that has it; `unusable` makes the error where none does.

    It is given the reasons, a line each: first those that were `known` before, then why each source did not work out.
    """
    reasons = list(known)
    for source, fetch in sources:
        try:
            return take(source, fetch)
        except (Unavailable, OSError) as reason:  # OSError: a full disk, for one
            reasons.append(f"{source.value}: {reason}")
            machine.progress(f"{title}: no {source.value}: {reason}")
    raise unusable("".join(f"\n  - {reason}" for reason in reasons))
