"""What flowops and its engines leave behind: each kind has a cleaner that finds it, and deletes it with care."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from flowops.model.gc import Deletion, GcRequest, Item, Kind, failed, kept

__all__ = ["Caches", "Cleaner"]


class Cleaner(Protocol):
    """Knows the things of some kinds."""

    kinds: frozenset[Kind]

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield what there is, with the reason of what stays."""

    def delete(self, item: Item) -> Deletion:
        """Delete one thing, if it still may go; OSError where that is not possible."""


class Caches:
    """All of them, each asked for what it knows."""

    def __init__(self, cleaners: Iterable[Cleaner]) -> None:
        self._cleaners = tuple(cleaners)

    def look(self, request: GcRequest, now: datetime) -> Sequence[Item]:
        """Return everything that was found; what cannot be looked at stays, and says so."""
        return tuple(it for cleaner in self._cleaners for it in cleaner.look(request, now))

    def delete(self, item: Item) -> Deletion:
        """Delete one item; what it cannot delete, it says why."""
        cleaner = next(it for it in self._cleaners if item.kind in it.kinds)
        try:
            return cleaner.delete(item)
        except FileNotFoundError:
            return kept("it is gone by now")
        except OSError as error:
            return failed(f"{error.strerror or error}")
