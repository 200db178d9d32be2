"""What cleaning needs of the outside world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from flowops.model.gc import Deletion, GcRequest, GcResult, Item


class Leftovers(Protocol):
    """What flowops and its engines left behind on this machine."""

    def look(self, request: GcRequest, now: datetime) -> Sequence[Item]:
        """Return everything that was found, with the reason of what stays; nothing is changed."""

    def delete(self, item: Item) -> Deletion:
        """Delete one item that was found, if it still is what it was, may go, and nobody uses it."""


class GcConsole(Protocol):
    """The operator, as cleaning sees them."""

    @property
    def interactive(self) -> bool:
        """Return whether anybody is there to answer."""

    def note(self, text: str) -> None:
        """Say one line of progress."""

    def leftovers(self, result: GcResult) -> None:
        """Show what would be deleted, and what stays."""

    def ask(self, question: str) -> str:
        """Return the operator's answer; Declined when nobody can give one."""
