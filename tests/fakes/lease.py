"""The object of a lease in memory, which keeps S3's conditions; a network that fails; and a clock that a test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flowops.adapters.aws.lease import FoundLease
from flowops.errors import FlowopsError, OperationFailed
from flowops.model.lease import Holder, Lease

START = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
HOLDER = Holder("run-1", "arn:ann", "ann@laptop", 4711, 99, "machine", "apply", "dev foundation", "0.1.0")


@dataclass
class Clock:
    """Stands still until it is told to go."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class MemoryLease:
    """One object; `down` is what its network says. A `late` write arrives, but its answer gets lost."""

    lease: Lease | None = None
    etag: str = ""
    writes: list[Lease] = field(default_factory=list)
    down: FlowopsError | None = None
    late: bool = False
    before_write: Callable[[], object] = lambda: None

    def read(self) -> FoundLease:
        if self.down:
            raise self.down
        return FoundLease(self.lease, self.etag)

    def write(self, lease: Lease, etag: str) -> str | None:
        self.before_write()
        if self.down:
            raise self.down
        if etag != self.etag:
            return None
        self.put(lease)
        if self.late:
            self.late = False
            raise OperationFailed("the answer got lost")
        return self.etag

    def put(self, lease: Lease | None) -> None:
        """Write past everybody's back; None is an object that says nothing."""
        self.lease = lease
        self.etag = f"etag-{len(self.writes) + 1}"
        self.writes += [lease] if lease else []
        if lease is None:
            self.etag += "-unreadable"

    def remove(self) -> None:
        self.lease, self.etag = None, ""
