"""The leases of environments in memory, as a run asks for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowops.errors import FlowopsError, LockHeld
from flowops.model.deployment import Environment
from flowops.model.lease import Lease
from flowops.model.run import RunRequest
from flowops.operations.ports.run import Alarm
from tests.fakes.cloud import FakeKept


@dataclass
class FakeLeases:
    """Gives every lease, but for those that somebody holds already; `takers` are who asked."""

    lease: FakeKept = field(default_factory=FakeKept)
    holders: dict[str, Lease] = field(default_factory=dict)
    takers: list[str] = field(default_factory=list)
    unreadable: FlowopsError | None = None

    def take(self, request: RunRequest, environment: Environment, run: str, caller: str, alarm: Alarm) -> FakeKept:
        self.takers.append(caller)
        if environment.name in self.holders:
            raise LockHeld(f"{environment.name} is being changed.")
        return self.lease

    def held(self, environment: Environment) -> Lease | None:
        if self.unreadable:
            raise self.unreadable
        return self.holders.get(environment.name)

    def give_up(self, environment: Environment, run: str) -> bool:
        lease = self.held(environment)
        return lease is not None and lease.holder.run == run and self.holders.pop(environment.name) is lease
