"""How long it still takes: the longest way through what is left, by what each unit usually takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median


def seconds_left(left: Mapping[str, float | None], needs: Mapping[str, Iterable[str]]) -> float | None:
    """Return the seconds of the longest chain of units that wait for each other; None where nothing is known.

    `left` are the seconds that each unit still takes, None where nobody knows: those count like the middle of the
    others. `needs` says what each unit waits for, directly or not; units that are not in `left` are done.
    """
    known = [seconds for seconds in left.values() if seconds is not None]
    if not known:
        return 0.0 if not left else None
    usual = median(known)
    ends: dict[str, float] = {}
    for unit in _in_order(left, needs):
        begins = max((ends[it] for it in needs.get(unit, ()) if it in ends), default=0.0)
        own = left[unit]
        ends[unit] = begins + (usual if own is None else own)
    return max(ends.values())


def _in_order(left: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the units, each behind those that it waits for."""
    order: list[str] = []
    waiting = dict.fromkeys(left)
    while ready := [unit for unit in waiting if not any(it in waiting for it in needs.get(unit, ()))]:
        order += ready
        for unit in ready:
            del waiting[unit]
    return order
