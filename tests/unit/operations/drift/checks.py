"""Drift checks over fakes in one line each: what drifts, what is looked at, and what came of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flowops.errors import FlowopsError
from flowops.model.changes import ResourceDrift
from flowops.model.deployment import Environment, Unit
from flowops.model.drift.finding import Finding, Trace
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Status
from flowops.model.drift.rules import DriftRules
from flowops.operations.drift import DriftPorts, check
from tests.fakes import tree
from tests.fakes.run import World
from tests.unit.operations.runs import NOW

VPC, EKS, EFS = (tree.unit(f"foundation/{it}") for it in ("vpc", "eks", "efs"))
DEV = DriftRequest("dev", "foundation")
MOVED = ResourceDrift(
    "aws_vpc.this", "aws_vpc", gone=False, before={"id": "vpc-1", "size": 1}, after={"id": "vpc-1", "size": 2}
)


@dataclass
class FakeTrail:
    known: dict[str, Sequence[Trace]] = field(default_factory=dict)
    asked: list[Sequence[str]] = field(default_factory=list)
    trouble: FlowopsError | None = None

    def traces(self, environment: Environment, ids: Sequence[str], since: datetime, type_: str = "") -> Sequence[Trace]:
        self.asked.append(ids)
        if self.trouble:
            raise self.trouble
        return self.known.get(ids[0], ())


@dataclass
class FakeOther:
    """Finds what it is told, in these environments."""

    found: dict[str, Sequence[Finding]] = field(default_factory=dict)
    trouble: FlowopsError | None = None
    asked: list[str] = field(default_factory=list)
    name: str = "cloudformation"
    breaks_off: FlowopsError | None = None

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        where = environment.name if environment else "security"
        self.asked.append(where)
        if self.trouble:
            raise self.trouble
        yield from self.found.get(where, ())
        if self.breaks_off:
            raise self.breaks_off


@dataclass
class Kept:
    results: list[DriftResult] = field(default_factory=list)

    def keep(self, result: DriftResult) -> None:
        self.results.append(result)


@dataclass
class Checks:
    """Drift checks of one project."""

    world: World
    rules: DriftRules = field(default_factory=DriftRules)
    trail: FakeTrail = field(default_factory=FakeTrail)
    other: FakeOther = field(default_factory=FakeOther)
    others: Sequence[FakeOther] = ()
    shared: FakeOther = field(default_factory=FakeOther)
    kept: Kept = field(default_factory=Kept)
    seconds: Iterator[int] = field(default_factory=itertools.count)

    def __call__(self, request: DriftRequest = DEV) -> DriftResult:
        ports = DriftPorts(
            self.world.ports,
            self.rules,
            self.trail,
            self.kept,
            self.others or (self.other,),
            (self.shared,),
            {},
            has_inputs=lambda _: False,
            clock=lambda: NOW + timedelta(seconds=next(self.seconds)),
            project="flowable",
            version="0.1",
        )
        return check(request, ports)

    def drifting(self, unit: Unit, *drift: ResourceDrift) -> Checks:
        self.world.engine.drifted[unit] = drift
        return self


def dev(result: DriftResult) -> EnvironmentDrift:
    return next(it for it in result.environments if it.environment == "dev")


def statuses(result: DriftResult) -> dict[str, str]:
    return {it.name.rpartition("/")[2]: it.status.value for it in dev(result).checked}


def failed(result: DriftResult) -> dict[str, str]:
    return {it.name.rpartition("/")[2]: it.reason for it in dev(result).checked if it.status is Status.FAILED}
