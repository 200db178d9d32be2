"""Taking an environment's lease: when it is free, when it has expired, or when its holder died on this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flowops.adapters.at_work import RecordedRuns
from flowops.adapters.aws.lease import FoundLease
from flowops.adapters.held_lease import HeldLease, LeaseObject, LeaseTerms
from flowops.adapters.this_machine import ThisMachine
from flowops.errors import LockHeld
from flowops.model.access import Access
from flowops.model.deployment import Environment
from flowops.model.lease import Holder, Lease, Standing, described, released, standing, taken
from flowops.model.locks import Life, Sign, release_command
from flowops.model.run import RunRequest

Stores = Callable[[Environment, Access], LeaseObject]


class EnvironmentLeases:
    """The leases of a project's environments. `note` hears what the operator should know about a takeover."""

    def __init__(
        self,
        stores: Stores,
        here: ThisMachine,
        runs: RecordedRuns,
        *,
        version: str,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        note: Callable[[str], None],
        terms: LeaseTerms | None = None,
    ) -> None:
        self._stores, self._here, self._runs = stores, here, runs
        self._version, self._clock, self._new_id, self._note = version, clock, new_id, note
        self._terms = terms or LeaseTerms()

    def look(self, environment: Environment) -> FoundLease:
        """Return the environment's lease as the plan role sees it."""
        return self._stores(environment, Access.READ).read()

    def held(self, environment: Environment) -> Lease | None:
        """Return the lease that somebody holds just now."""
        found = self.look(environment).lease
        return found if standing(found, self._clock()) is Standing.HELD else None

    def give_up(self, environment: Environment, run: str) -> bool:
        """Give back the lease of a run whose flowops was killed, if it still stands there; say whether it did."""
        found = self.look(environment).lease
        if found is None or found.released or found.holder.run != run or self.sign(found).life is not Life.GONE:
            return False
        return self.free(environment, found)

    def take(
        self, request: RunRequest, environment: Environment, run: str, caller: str, alarm: Callable[[str], None]
    ) -> HeldLease:
        """Return the lease, taken and kept up until it is ended; LockHeld, and nothing written, when another has it.

        `alarm` is called from another thread when it is lost.
        """
        store = self._stores(environment, Access.WRITE)
        lease, etag = self._take(store, environment, self._holder(request.verb.value, request.target, run, caller))
        return HeldLease(store, lease, etag, clock=self._clock, terms=self._terms, alarm=alarm).keep()

    def free(self, environment: Environment, lease: Lease | None) -> bool:
        """Mark this lease as released if it still stands there (None: one that says nothing); say whether it did."""
        store = self._stores(environment, Access.WRITE)
        found = store.read()
        if lease is None:
            # Nobody knows whose it was, so the mark is ours.
            by_us = self._holder("locks", "release", "", "")
            mark = taken(self._new_id(), by_us, self._clock()) if found.unreadable else None
        else:
            mark = found.lease if found.lease and found.lease.id == lease.id and not found.lease.released else None
        return mark is not None and store.write(released(mark, self._clock()), found.etag) is not None

    def sign(self, lease: Lease) -> Sign:
        """Return whether the holder of a lease still works, as far as this machine can tell."""
        holder = lease.holder
        runs = self._here.runs(holder.machine, holder.pid, holder.ticks)
        if runs:
            return Sign(Life.LIVES, f"flowops, process {holder.pid} on this machine")
        if runs is None:
            return self._told_by_the_clock(lease)
        if not self._runs.knows(holder.run):
            return Sign(Life.UNKNOWN, "flowops is gone; what it started is recorded in another folder")
        if working := self._runs.at_work(holder.run):
            return Sign(Life.LIVES, f"flowops is gone, but {working}, still works")
        return Sign(Life.GONE, f"process {holder.pid} of this machine has ended, and all that it started")

    def _told_by_the_clock(self, lease: Lease) -> Sign:
        if standing(lease, self._clock()) is Standing.EXPIRED:
            return Sign(Life.GONE, "not renewed any more")
        return Sign(Life.UNKNOWN, "another machine")

    def _take(self, store: LeaseObject, environment: Environment, holder: Holder) -> tuple[Lease, str]:
        found = store.read()
        self._require_free(environment, found)
        lease = taken(self._new_id(), holder, self._clock(), self._terms.lifetime)
        etag = store.write(lease, found.etag)
        if etag is None:
            # Who came first holds it now, or has given it back already: either way it was not our turn.
            raise self._somebody_elses(environment, store.read())
        if found.lease is not None and not found.lease.released:
            self._note(f"took over the lease of {environment.name}, {described(found.lease, self._clock())}")
        return lease, etag

    def _require_free(self, environment: Environment, found: FoundLease) -> None:
        state = standing(found.lease, self._clock())
        if found.unreadable:
            raise self._somebody_elses(environment, found)
        if found.lease is None or state is Standing.FREE:
            return
        life = self.sign(found.lease).life
        if life is Life.LIVES or (state is Standing.HELD and life is not Life.GONE):
            raise self._somebody_elses(environment, found)

    def _somebody_elses(self, environment: Environment, found: FoundLease) -> LockHeld:
        not_done = "Nothing was changed, and no unit was started."
        if found.unreadable:
            return LockHeld(
                f"The lease of {environment.name} is empty or damaged, so nobody can tell who holds it.",
                not_done=not_done,
                next_step=release_command(environment, "", environment.name),
            )
        who = described(found.lease, self._clock()) if found.lease else "somebody was a moment faster"
        return LockHeld(
            f"{environment.name} is being changed: {who}.",
            not_done=not_done,
            next_step=f"flowops locks list {environment.name}",
        )

    def _holder(self, verb: str, target: str, run: str, caller: str) -> Holder:
        here = self._here
        return Holder(
            run=run,
            operator=caller,
            who=here.who,
            pid=here.pid,
            ticks=here.ticks,
            machine=here.machine,
            verb=verb,
            target=target,
            version=self._version,
        )
