"""What tables and reports say of drift in the same words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flowops.model.attribute_words import before_and_after
from flowops.model.drift.finding import Finding, Trace, Verdict
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, RuleTrouble, Status
from flowops.model.drift.shards import whole

IGNORED = "ignored"

MEANING: Mapping[Verdict, str] = {
    Verdict.MISSING: "it is gone from AWS",
    Verdict.BOTH: "AWS was changed past the code, and the code wants something else again",
    Verdict.OUT_OF_BAND: "AWS was changed past the code",
    Verdict.UNAPPLIED: "the code says otherwise, and nobody has applied it",
    Verdict.UNMANAGED: "it stands in AWS, and no state or stack knows it",
    Verdict.NOISE: "it is only written otherwise, or moved without anybody's doing",
}
"""What each verdict says of a resource."""

_GRAVITY = {it: at for at, it in enumerate(Verdict)}


@dataclass(frozen=True)
class Place:
    """What was checked, or what findings are about: a unit, or another source such as `cloudformation`."""

    name: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()

    @property
    def counting(self) -> tuple[Finding, ...]:
        """Return the findings that are drift."""
        return tuple(it for it in self.findings if it.counts)


@dataclass(frozen=True)
class Side:
    """What moved in the cloud, or in the code: each attribute's path, before and after; `more` are not kept."""

    name: str
    attributes: tuple[tuple[str, str, str], ...]
    more: int


def place_of(finding: Finding) -> str:
    """Return the name of what was checked when this was found."""
    return finding.unit or finding.source.value


def places(environment: EnvironmentDrift) -> tuple[Place, ...]:
    """Return everything that was checked in an environment, by name, each with its findings, the gravest first."""
    checked = {it.name: it for it in environment.checked}
    found: dict[str, list[Finding]] = {}
    for it in by_gravity(environment.findings):
        found.setdefault(place_of(it), []).append(it)
    names = sorted(checked.keys() | found.keys())
    return tuple(_place(checked.get(it, Checked(it, Status.CLEAN)), tuple(found.get(it, ()))) for it in names)


def _place(checked: Checked, findings: tuple[Finding, ...]) -> Place:
    status = checked.status
    if status in (Status.CLEAN, Status.DRIFTED):
        # A result from elsewhere may say otherwise than its findings.
        status = Status.DRIFTED if any(it.counts for it in findings) else Status.CLEAN
    return Place(checked.name, status, checked.reason, checked.seconds, findings)


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with the gravest verdict first, those that count before the others, then by address."""
    return sorted(findings, key=lambda it: (not it.counts, _GRAVITY[it.verdict], it.address, it.source.value))


def kind(finding: Finding) -> str:
    """Return the word by which a finding is counted and filtered: its verdict, or that it is ignored."""
    return IGNORED if finding.ignored is not None else finding.verdict.value


def counts(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Return how many there are of each kind, the gravest first; kinds without any are left out."""
    found = Counter(map(kind, findings))
    return {it: found[it] for it in (*(verdict.value for verdict in Verdict), IGNORED) if found[it]}


def spelled(numbers: Mapping[str, int]) -> str:
    """Return numbers as `2 missing, 1 both`."""
    return ", ".join(f"{number} {name}" for name, number in numbers.items())


def checked_words(environment: EnvironmentDrift) -> str:
    """Return how much was checked, and how it stands: `40 checked: 38 clean, 2 drifted`."""
    found = places(environment)
    if not found:
        return "nothing was checked"
    numbers = Counter(it.status.value for it in found)
    stands = spelled({it.value: numbers[it.value] for it in Status if numbers[it.value]})
    return f"{len(found)} checked: {stands}"


def heading(result: DriftResult) -> str:
    """Return what it is in one line."""
    part = "" if whole(result.shards) else f", only shard {', '.join(map(str, result.shards))}"
    return f"Drift of {result.project}{part}"


def ending(result: DriftResult) -> str:
    """Return what was found, the exit code, and when, in one line."""
    drift = spelled(counts(it for it in result.findings if it.counts)) or "no drift found"
    code = result.exit_code
    started = f"{result.started.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{drift}; exit {int(code)} ({code.words}), {result.seconds:.1f} s from {started}, result {result.id}"


def traced(finding: Finding) -> list[str]:
    """Return who changed it and when, a line each; why nobody knows, where somebody asked."""
    if finding.traces:
        return [_call(it) for it in finding.traces]
    return [f"by whom is not known: {finding.untraced}"] if finding.untraced else []


def _call(it: Trace) -> str:
    source = f" from {it.address}" if it.address else ""
    return f"by {it.principal}, {moment(it.time)}: {it.event}{source}"


def moment(time: datetime) -> str:
    """Return a time as people read it, to the minute, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def sides(finding: Finding) -> Iterator[Side]:
    """Yield each side that moved."""
    for name, changes in (("in the cloud", finding.cloud), ("in the code", finding.code)):
        if changes.shown or changes.more:
            yield Side(name, tuple((it.path, *before_and_after(it)) for it in changes.shown), changes.more)


def not_counting(finding: Finding) -> str:
    """Return why a finding does not count; empty for drift."""
    if (ignored := finding.ignored) is not None:
        return f"ignored until {ignored.expires} by {ignored.owner}: {ignored.reason} ({ignored.where})"
    return "" if finding.counts or finding.summary else MEANING[Verdict.NOISE]


def rule_words(it: RuleTrouble) -> str:
    """Return what is wrong with an ignore rule."""
    return f"{it.where}: the rule for {it.address} ({it.owner}) does nothing: {it.trouble}"
