"""drift: what moved since the last apply, in one look that changes nothing and locks nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from flowops.errors import Exit, FlowopsError, LockHeld
from flowops.model.config import SECURITY
from flowops.model.deployment import UNIT_FILE, Environment, Unit, select
from flowops.model.drift.finding import Finding
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, Status
from flowops.model.drift.rules import DriftRules, IgnoreRule
from flowops.model.drift.shards import in_shard
from flowops.model.drift.spots import Spot, of_others, of_units, unseen
from flowops.model.drift.ways import Place, ways_of
from flowops.model.drift.words import place_of
from flowops.model.lease import described
from flowops.operations.drift_traces import traced
from flowops.operations.drift_units import Looked, look_at_units
from flowops.operations.every import having_units
from flowops.operations.ports.drift import Other, Results, Trail
from flowops.operations.ports.run import RunPorts

_NOT_LOOKED_AT = "not looked at: interrupted"


@dataclass(frozen=True)
class DriftPorts:
    """Everything a drift check is given.

    `others` are asked in each environment, `shared` once where all environments are looked at. `computed` are the
    attributes that only AWS sets, by resource type. `has_inputs` says whether a unit's own file sets inputs.
    """

    run: RunPorts
    rules: DriftRules
    trail: Trail
    results: Results
    others: Sequence[Other]
    shared: Sequence[Other]
    computed: Mapping[str, Collection[str]]
    has_inputs: Callable[[Unit], bool]
    clock: Callable[[], datetime]
    project: str
    version: str


def check(request: DriftRequest, ports: DriftPorts) -> DriftResult:
    """Look at everything the request names and return and keep what was found; no error ends it halfway.

    What could not be checked is in the result with its reason. UnknownTarget and UsageError before anything is started.
    """
    started = ports.clock()
    environments = _chosen(request, ports)
    looking = _Looking(request, ports, started)
    found = [looking.environment(it) for it in environments]
    if request.environment is None and request.leads:
        found.append(looking.shared())
    left = unseen(_spots(request, ports), found)
    troubles = ports.rules.troubles(looking.matched, looking.known, started.astimezone(UTC).date(), left)
    seconds = round((ports.clock() - started).total_seconds(), 3)
    shards = (request.shard,) if request.shard else ()
    name = _name(request, started)
    result = DriftResult(name, ports.project, started, seconds, tuple(found), troubles, shards, ports.version)
    ports.results.keep(result)
    return result


def _chosen(request: DriftRequest, ports: DriftPorts) -> list[Environment]:
    if request.environment is None:
        return having_units(ports.run.deployment)
    return [select(ports.run.deployment, request.environment, request.layer).environment]


def _spots(request: DriftRequest, ports: DriftPorts) -> Iterator[Spot]:
    """Yield where findings can be; of several shards each has its own, for what matches none in any is told merged."""
    environments = having_units(ports.run.deployment)
    units = {it.name: it for it in of_units(environments)}
    mine = units if request.shard is None else in_shard(units, request.shard, request.assigned)
    yield from (units[it] for it in mine)
    yield from of_others(environments) if request.leads else ()


def _name(request: DriftRequest, started: datetime) -> str:
    part = f"shard-{request.shard.index}-of-{request.shard.count}" if request.shard else ""
    words = (it for it in (request.environment, request.layer, part) if it)
    return "-".join((f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}", "drift", *words))


@dataclass
class _Looking:
    """One check under way: what rules matched so far, and the attributes of everything that was seen."""

    request: DriftRequest
    ports: DriftPorts
    started: datetime
    matched: set[IgnoreRule] = field(default_factory=set)
    known: dict[str, frozenset[str]] = field(default_factory=dict)

    def environment(self, environment: Environment) -> EnvironmentDrift:
        """Return what moved in one environment; a busy one is left alone."""
        name = environment.name
        if self._interrupted:
            return EnvironmentDrift(name, reason=_NOT_LOOKED_AT, code=self.ports.run.engine.interrupted)
        self.ports.run.console.note(f"drift {name}")
        try:
            if at_work := self._at_work(environment, "is busy"):
                return at_work
            looked = self._units(environment)
            if at_work := self._at_work(environment, "became busy while it was looked at"):
                return at_work
        except FlowopsError as error:
            return EnvironmentDrift(name, reason=_line(error), code=error.exit_code)
        checked, findings = self._others(environment, self.ports.others if self.request.leads else ())
        judged = self._judged((*looked.findings, *findings), environment.units)
        code = self.ports.run.engine.interrupted
        return EnvironmentDrift(
            name,
            _ruled((*looked.checked, *checked), judged),
            traced(environment, judged, self.ports.trail, self.started),
            reason=f"interrupted; next: {self._again}" if code is not Exit.FINE else "",
            code=code,
            run=looked.run,
            notes=looked.notes,
        )

    def shared(self) -> EnvironmentDrift:
        """Return what moved of that which all environments share."""
        if self._interrupted:
            return EnvironmentDrift(SECURITY, reason=_NOT_LOOKED_AT, code=self.ports.run.engine.interrupted)
        checked, findings = self._others(None, self.ports.shared)
        judged = self._judged(findings)
        return EnvironmentDrift(SECURITY, _ruled(checked, judged), judged)

    @property
    def _again(self) -> str:
        return " ".join(("flowops drift", *self.request.target.split()))

    @property
    def _interrupted(self) -> bool:
        return self.ports.run.engine.interrupted is not Exit.FINE

    def _at_work(self, environment: Environment, how: str) -> EnvironmentDrift | None:
        """Return the environment as busy while somebody has its lease, else None."""
        lease = self.ports.run.leases.held(environment)
        if lease is None:
            return None
        error = LockHeld(
            f"{environment.name} {how}: {described(lease, self.ports.clock())}.",
            not_done="It was not checked.",
            next_step=f"flowops drift {environment.name}, once that has ended",
        )
        return EnvironmentDrift(environment.name, reason=_line(error), code=error.exit_code, busy=True)

    def _units(self, environment: Environment) -> Looked:
        chosen = select(self.ports.run.deployment, environment.name, self.request.layer).units
        mine = {it.id for it in chosen}
        if self.request.shard is not None:
            mine = set(in_shard(mine, self.request.shard, self.request.assigned))
        if not mine:
            return Looked()
        looked = look_at_units(self.request, environment, mine, self.ports.run, self.ports.computed, self.started)
        self.known |= looked.known
        return looked

    def _others(
        self, environment: Environment | None, others: Iterable[Other]
    ) -> tuple[tuple[Checked, ...], tuple[Finding, ...]]:
        checked, findings = list[Checked](), list[Finding]()
        for other in others:
            begun = self.ports.clock()
            try:
                before = len(findings)
                findings.extend(other.look(environment))  # what is found before an error is kept
                status, reason = (Status.DRIFTED if len(findings) > before else Status.CLEAN), ""
            except FlowopsError as error:
                status, reason = Status.FAILED, _line(error)
            seconds = (self.ports.clock() - begun).total_seconds()
            checked.append(Checked(other.name, status, reason, round(seconds, 3)))
        return tuple(checked), tuple(findings)

    def _judged(self, findings: Iterable[Finding], units: Iterable[Unit] = ()) -> tuple[Finding, ...]:
        """Return the findings, by address, with what the project's rules say of them and the ways out."""
        known = {it.id: it for it in units}
        return tuple(sorted(self._judge(findings, known), key=lambda it: (it.address, it.source.value)))

    def _judge(self, findings: Iterable[Finding], units: Mapping[str, Unit]) -> Iterator[Finding]:
        today = self.started.astimezone(UTC).date()
        for finding in findings:
            ruled, matched = self.ports.rules.applied(finding, today)
            self.matched |= set(matched)
            place = self._place(units[ruled.unit]) if ruled.adoptable else None
            yield replace(ruled, ways=ways_of(ruled, today, place))

    def _place(self, unit: Unit) -> Place:
        return Place(f"deployments/{unit.path}/{UNIT_FILE}", self.ports.has_inputs(unit))


def _ruled(checked: Iterable[Checked], findings: Iterable[Finding]) -> tuple[Checked, ...]:
    """Return what was checked, clean where all that was found there does not count."""
    counting = {place_of(it) for it in findings if it.counts}
    drifted = Status.DRIFTED
    return tuple(
        replace(it, status=Status.CLEAN) if it.status is drifted and it.name not in counting else it for it in checked
    )


def _line(error: FlowopsError) -> str:
    return " ".join(str(error).split())
