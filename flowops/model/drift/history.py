"""Since when each finding stands, and how each environment went from check to check. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from flowops.model.drift.finding import Finding, Verdict
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Status
from flowops.model.drift.shards import whole
from flowops.model.drift.words import counts, moment, place_of

TOLERANCE = timedelta(minutes=5)
"""Clocks that differ by less are not worth a word."""


@dataclass(frozen=True)
class Standing:
    """One finding that stands as far as anybody knows, as it was `last_seen`; `checks` found it `since` it came."""

    finding: Finding
    since: datetime
    last_seen: datetime
    checks: int = 1


@dataclass(frozen=True)
class Point:
    """One check of an environment: how it stood, how much was checked, and how many findings of each kind it had."""

    result: str
    started: datetime
    status: Status
    checked: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Trend:
    """The checks of one environment, oldest first."""

    environment: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class DriftHistory:
    """What stands, the oldest first, and the trend of each environment; `notes` are what to know about the results."""

    standing: tuple[Standing, ...] = ()
    trends: tuple[Trend, ...] = ()
    notes: tuple[str, ...] = ()


def history(results: Sequence[DriftResult], now: datetime) -> DriftHistory:
    """Return the history of one project's results, given in the order in which they were kept.

    A finding ends with a check that looked where it was and did not find it, or found it to be only noise. Where
    nobody could look, because it was busy, failed, or was not asked for, it stands. Parts of a divided check are left
    out: the merged result has what they found. Results are taken by when they began; clocks that are wrong are noted.
    """
    entire = [it for it in results if whole(it.shards)]
    ordered = sorted(entire, key=lambda it: (it.started, it.id))
    standing: dict[str, Standing] = {}
    points: dict[str, list[Point]] = {}
    for result in ordered:
        for environment in result.environments:
            _go_on(standing, environment, result.started)
            points.setdefault(environment.environment, []).append(_point(result, environment))
    return DriftHistory(
        tuple(sorted(standing.values(), key=lambda it: (it.since, it.finding.environment, it.finding.address))),
        tuple(Trend(name, tuple(points[name])) for name in sorted(points)),
        tuple(_notes(results, entire, now)),
    )


def of_environment(found: DriftHistory, environment: str) -> DriftHistory:
    """Return what a history says of one environment."""
    return replace(
        found,
        standing=tuple(it for it in found.standing if it.finding.environment == environment),
        trends=tuple(it for it in found.trends if it.environment == environment),
    )


def _go_on(standing: dict[str, Standing], environment: EnvironmentDrift, started: datetime) -> None:
    """Take one check of an environment into what stands."""
    present = {it.fingerprint: it for it in environment.findings if it.verdict is not Verdict.NOISE}
    looked = {it.name for it in environment.checked if it.status in (Status.CLEAN, Status.DRIFTED)}
    for fingerprint, it in list(standing.items()):
        here = it.finding.environment == environment.environment
        if here and fingerprint not in present and place_of(it.finding) in looked:
            del standing[fingerprint]
    for fingerprint, finding in present.items():
        earlier = standing.get(fingerprint)
        standing[fingerprint] = (
            Standing(finding, earlier.since, started, earlier.checks + 1)
            if earlier
            else Standing(finding, started, started)
        )


def _point(result: DriftResult, environment: EnvironmentDrift) -> Point:
    numbers = counts(environment.findings)
    return Point(result.id, result.started, environment.status, len(environment.checked), numbers)


def _notes(results: Sequence[DriftResult], entire: Sequence[DriftResult], now: datetime) -> Iterator[str]:
    if parts := len(results) - len(entire):
        yield f"{parts} results are parts of divided checks, and left out; flowops report merge makes one of them."
    for it in entire:
        if it.started > now + TOLERANCE:
            yield f"{it.id} began in the future, on {moment(it.started)}: the clock of its machine is wrong."
    for earlier, later in pairwise(entire):
        if _ended(later) < earlier.started - TOLERANCE:
            yield (
                f"{later.id} was kept after {earlier.id}, and ended before that began, on {moment(_ended(later))}: "
                "either a clock is wrong, or it was merged late. It is taken by when it began."
            )


def _ended(result: DriftResult) -> datetime:
    return result.started + timedelta(seconds=result.seconds)
