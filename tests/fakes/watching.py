"""What watches an account, in memory: CloudTrail's history, what stands, and who is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flowops.model.config import SECURITY
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Finding, Trace
from flowops.model.drift.managed import Managed
from flowops.model.drift.people import Group, Person, Strangers, known_groups
from flowops.model.drift.unmanaged import Resource, unmanaged

_MOST = 5


@dataclass
class FakeTrail:
    """Remembers which calls wrote to which names."""

    events: list[tuple[str, Trace]] = field(default_factory=list)

    def traces(
        self, environment: Environment, ids: Sequence[str], since: datetime, type_: str = ""
    ) -> tuple[Trace, ...]:
        for name in ids:
            found = [it for known, it in self.events if known == name and it.time >= since]
            if found:
                return tuple(sorted(found, key=lambda it: it.time, reverse=True)[:_MOST])
        return ()


@dataclass
class FakeInventory:
    """Knows what stands and what of it is managed."""

    resources: list[Resource] = field(default_factory=list)
    managed: set[str] = field(default_factory=set)
    name: str = "unmanaged"

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        if environment is not None:
            yield from unmanaged(environment.name, self.resources, Managed(frozenset(self.managed)))


@dataclass
class FakePeople:
    """Knows users and groups; those of `environments` are known ones."""

    environments: Iterable[str]
    people: list[Person] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    name: str = "iam"

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        where = environment.name if environment else SECURITY
        yield from Strangers(where, known_groups(self.environments), "flw-security").findings(self.people, self.groups)
