"""A lease in our hands: renewed while a run works, given back when it ends, and its loss noticed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from flowops.adapters.aws.lease import FoundLease
from flowops.adapters.periodic import Periodic
from flowops.errors import Exit, FlowopsError
from flowops.model.lease import LIFETIME, Lease, Standing, described, released, renewed, standing
from flowops.model.upkeep import Trouble


class LeaseObject(Protocol):
    """The one object that all who want the lease write to."""

    def read(self) -> FoundLease:
        """Return what stands there now."""

    def write(self, lease: Lease, etag: str) -> str | None:
        """Write the lease over the object with this etag, "" for none; return its etag, None where we came too late."""


@dataclass(frozen=True)
class LeaseTerms:
    """How long a lease lasts, and how long before its end a holder that cannot renew it starts nothing new."""

    lifetime: timedelta = LIFETIME
    margin: timedelta = LIFETIME / 4

    @property
    def pause(self) -> float:
        """Seconds between two renewals: there is time for two that fail."""
        return self.lifetime.total_seconds() / 3

    @property
    def retry(self) -> float:
        """Seconds until a renewal that failed is tried again."""
        return self.lifetime.total_seconds() / 12


class HeldLease:
    """One lease that we took. `alarm` hears, once, why nothing new may start any more."""

    def __init__(
        self,
        store: LeaseObject,
        lease: Lease,
        etag: str,
        *,
        clock: Callable[[], datetime],
        terms: LeaseTerms,
        alarm: Callable[[str], None],
    ) -> None:
        self.lease = lease
        self.trouble: Trouble | None = None
        self._store, self._etag = store, etag
        self._clock, self._terms, self._alarm = clock, terms, alarm
        self._ours = True
        self._renewal = Periodic("lease", terms.pause, self.renew, self.broken)

    def keep(self) -> HeldLease:
        """Renew it from now on in a thread of its own."""
        self._renewal.start()
        return self

    def assure(self) -> None:
        """Renew it now if it ends soon by the clock: on a machine that slept, the thread has renewed nothing."""
        while self.trouble is None and self._ends_soon and self._renewal.once() == 0.0:
            pass

    def end(self) -> str:
        """Give it back, and return what went wrong with that, "" for nothing; a loss is trouble, as at any time."""
        self._renewal.stop()
        return self.release()

    def renew(self) -> float | None:
        """Renew it and return the seconds until the next time; None when it is ours no more."""
        try:
            if self._write(renewed(self.lease, self._clock(), self._terms.lifetime)):
                return self._terms.pause
            # A write of ours may have arrived after we gave it up: then it is still ours, under another etag.
            return 0.0 if self._still_ours() else None
        except FlowopsError as error:
            return self._unreachable(error)

    def release(self) -> str:
        """Give it back, if it is ours; return what went wrong, "" for nothing."""
        try:
            while self._ours and not self._write(released(self.lease, self._clock())):
                self._still_ours()
        except FlowopsError as error:
            return f"the lease could not be given back and ends at {self.lease.expires:%H:%M:%SZ}: {error.happened}"
        return ""

    def broken(self, error: Exception) -> None:
        """Take note that nobody renews it any more."""
        self._tell(f"the lease is not renewed any more: {type(error).__name__}: {error}")

    def _write(self, lease: Lease) -> bool:
        etag = self._store.write(lease, self._etag)
        if etag is None:
            return False
        self.lease, self._etag = lease, etag
        return True

    def _still_ours(self) -> bool:
        found = self._store.read()
        self._ours = standing(found.lease, self._clock(), mine=self.lease.id) is Standing.HELD
        if self._ours and found.lease is not None:
            self.lease, self._etag = found.lease, found.etag
        else:
            self._tell(self._lost(found))
        return self._ours

    def _lost(self, found: FoundLease) -> str:
        now = self._clock()
        if found.unreadable:
            what = "its object was overwritten with something else"
        elif found.lease is None:
            what = "its object was removed"
        elif found.lease.id == self.lease.id:
            what = "somebody released it"
        elif found.lease.released:
            what = f"it was taken and given back meanwhile: {described(found.lease, now)}"
        else:
            what = f"it was taken: {described(found.lease, now)}"
        return (
            f"the lease was lost while this run worked ({what}); others may have changed the same units, "
            "so their states may be clobbered: plan before anything else"
        )

    @property
    def _ends_soon(self) -> bool:
        return self.lease.expires - self._clock() <= self._terms.margin

    def _unreachable(self, error: FlowopsError) -> float:
        if self._ends_soon:
            self._tell(f"the lease could not be renewed in time, so others may take it over: {error.happened}")
        return self._terms.retry

    def _tell(self, text: str) -> None:
        if self.trouble is None:
            self.trouble = Trouble(Exit.LOCKED, text)
            self._alarm(text)
