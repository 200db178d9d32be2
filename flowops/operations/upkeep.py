"""What a run keeps up while it works, and why it may start nothing new once that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from flowops.errors import FlowopsError
from flowops.model.access import Access, Acting
from flowops.model.deployment import Environment
from flowops.model.lease import described
from flowops.model.run import RunRequest
from flowops.model.upkeep import Trouble, needed, runway_line
from flowops.operations.ports.run import Kept, Record, RunPorts


@dataclass
class Upkeep:
    """The lease and the children's credentials of one run."""

    request: RunRequest
    ports: RunPorts
    environment: Environment
    record: Record
    kept: list[Kept] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Return why nothing new may start any more; nothing while all is well."""
        return tuple(it.trouble for it in self.kept if it.trouble is not None)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the report has to say of it."""
        return (*(it.text for it in self.troubles), *filter(None, self.ended))

    def prepare(self, now: datetime) -> None:
        """Say how long the credentials of a run that writes last, or who changes what is only read.

        Credentials that would end too soon are made anew first.
        """
        if self.request.verb.reads:
            note = _seen(self.ports, self.environment, now)
        else:
            usual = self.ports.journal.usual(self.request)
            note = runway_line(self.ports.cloud.runway(needed(usual)), usual, now)
        if note:
            self.ports.console.note(note)

    def begin(self, access: Access, acting: Acting) -> None:
        """Take the lease where the run writes, and keep it and the credentials up; LockHeld when another has it."""
        if not self.request.verb.reads:
            caller = acting.operator or acting.arn
            lease = self.ports.leases.take(self.request, self.environment, self.record.id, caller, self._alarm)
            self.kept.append(lease)
            self.record.event("lease", environment=self.environment.name)
        folder = self.record.folder / access.name.lower()
        self.kept.append(self.ports.cloud.keep(self.environment, access, folder, self._alarm))

    def assure(self) -> None:
        """See by the clock that nothing has run out unnoticed, as happens to a machine that slept."""
        for it in self.kept[len(self.ended) :]:
            it.assure()

    def end(self) -> None:
        """Give everything back; a second time changes nothing."""
        while len(self.ended) < len(self.kept):
            self.ended.append(self.kept[len(self.ended)].end())
            if self.ended[-1]:
                self.ports.console.note(self.ended[-1])

    def _alarm(self, because: str) -> None:
        self.ports.engine.drain(self.record.folder / "drain", because)


@contextmanager
def kept_up(request: RunRequest, ports: RunPorts, environment: Environment, record: Record) -> Iterator[Upkeep]:
    """Yield the upkeep of one run, which has ended when the block has, however that ends."""
    upkeep = Upkeep(request, ports, environment, record)
    try:
        yield upkeep
    finally:
        upkeep.end()


def _seen(ports: RunPorts, environment: Environment, now: datetime) -> str:
    try:
        lease = ports.leases.held(environment)
    except FlowopsError as error:
        return f"whether somebody changes {environment.name} just now is not known: {error.happened}"
    return f"{environment.name} is being changed, and so may this plan be: {described(lease, now)}" if lease else ""
