"""What a finding says to people, line by line; for the forms that are only lines."""

from __future__ import annotations

from collections.abc import Iterator

from flowops.model.drift.finding import Finding
from flowops.model.drift.words import MEANING, not_counting, sides, traced


def sentence(finding: Finding) -> str:
    """Return what is the matter with a resource."""
    summary = f" ({finding.summary})" if finding.summary else ""
    return f"{finding.address}: {finding.verdict.value}, {MEANING[finding.verdict]}{summary}"


def lines(finding: Finding) -> Iterator[str]:
    """Yield everything about a finding, plain: what moved, who moved it, and the ways out."""
    yield sentence(finding)
    if why := not_counting(finding):
        yield f"  {why}"
    for side in sides(finding):
        for path, before, after in side.attributes:
            yield f"  {side.name}: {path}: {before} -> {after}"
        if side.more:
            yield f"  {side.name}: and {side.more} more attributes"
    yield from (f"  {it}" for it in traced(finding))
    for way in finding.ways:
        yield f"  {way.kind}{f', into {way.into}' if way.into else ''}:"
        yield from (f"    {line}" for line in way.text.splitlines())
