"""Who changed what drifted, and when: asked of CloudTrail for everything that moved past the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from flowops.errors import FlowopsError
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Finding
from flowops.operations.ports.drift import Trail

KEPT = timedelta(days=90)
"""CloudTrail's event history goes back so far. CloudTrail User Guide, "Working with CloudTrail event history"."""

MOST = 50
"""Findings of one environment that are asked about: AWS answers two questions a second."""

NOTHING = "CloudTrail has no event of the last 90 days; one of the last 15 minutes may not be there yet"


def traced(environment: Environment, findings: Iterable[Finding], trail: Trail, now: datetime) -> tuple[Finding, ...]:
    """Return the findings, each that moved in the cloud with who did it, or with why that is not known."""
    return tuple(_traced(environment, findings, trail, now - KEPT))


def _traced(environment: Environment, findings: Iterable[Finding], trail: Trail, since: datetime) -> Iterator[Finding]:
    asked, trouble = 0, ""
    for finding in findings:
        if not (finding.counts and finding.verdict.in_cloud and finding.ids):
            yield finding
            continue
        if not trouble and asked == MOST:
            trouble = f"not asked: {MOST} others were"
        if trouble:
            yield replace(finding, untraced=trouble)
            continue
        asked += 1
        try:
            found = tuple(trail.traces(environment, finding.ids, since, finding.type))
        except FlowopsError as error:
            # It will not be readable for the next one either.
            trouble = f"CloudTrail cannot be read: {error.happened}"
            yield replace(finding, untraced=trouble)
            continue
        yield replace(finding, traces=found, untraced="" if found else NOTHING)
