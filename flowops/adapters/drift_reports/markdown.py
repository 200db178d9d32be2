"""A drift result for the summary of a CI job, and for a comment that is kept up to date: it begins with a mark."""

from __future__ import annotations

from collections.abc import Iterator

from flowops.adapters.reports.as_markdown import MOST_BYTES, escaped, fitting
from flowops.model.drift.finding import Finding
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Status
from flowops.model.drift.texts import cleaned
from flowops.model.drift.words import (
    by_gravity,
    checked_words,
    counts,
    ending,
    heading,
    places,
    rule_words,
    sides,
    spelled,
    traced,
)

MARK = "<!-- flowops drift -->"
"""What a comment is found by again."""

_DETAILS = _ALL, _ADDRESSES, _COUNTS = range(3)
_LEFT_OUT = {
    _ADDRESSES: "What moved, who moved it, and the ways out are too much for this page.",
    _COUNTS: "What was found is too much for this page.",
}


def markdown(result: DriftResult, most: int = MOST_BYTES) -> str:
    """Return the result as GitHub's Markdown, in as much detail as `most` bytes hold; a comment takes 65,536."""
    plain = cleaned(result)
    return fitting(lambda detail: _lines(plain, detail), _DETAILS, most)


def _lines(result: DriftResult, detail: int) -> Iterator[str]:
    yield from (MARK, f"## {escaped(heading(result))}", "", escaped(ending(result)), "")
    yield from ("| environment | stands | checked | drift | ignored, noise |", "|---|---|---|---|---|")
    yield from map(_row, result.environments)
    yield ""
    if detail in _LEFT_OUT:
        yield from (f"{_LEFT_OUT[detail]} The reports in JSON and HTML have it.", "")
    if detail == _COUNTS:
        return
    for environment in result.environments:
        yield from _environment(environment, detail)
    if result.rules:
        yield from (*(f"- {escaped(rule_words(it))}" for it in result.rules), "")


def _row(it: EnvironmentDrift) -> str:
    drift = spelled(counts(found for found in it.findings if found.counts))
    rest = spelled(counts(found for found in it.findings if not found.counts))
    cells = (it.environment, it.status.value, checked_words(it), drift or "-", rest or "-")
    return f"| {' | '.join(map(escaped, cells))} |"


def _environment(it: EnvironmentDrift, detail: int) -> Iterator[str]:
    name = escaped(it.environment)
    if it.reason:
        yield from (f"**{name} was not checked:** {escaped(it.reason)}", "")
    unchecked = [place for place in places(it) if place.status in (Status.FAILED, Status.BUSY)]
    if unchecked:
        yield f"**Not checked in {name}:**"
        yield from (f"- <code>{escaped(place.name)}</code>: {escaped(place.reason)}" for place in unchecked)
        yield ""
    if it.notes:
        yield from (*(f"- {name}: {escaped(note)}" for note in it.notes), "")
    drift = by_gravity(found for found in it.findings if found.counts)
    if drift:
        yield from ("<details>", f"<summary>{name}: {escaped(spelled(counts(drift)))}</summary>", "")
        for found in drift:
            yield from _finding(found, detail)
        yield from ("", "</details>", "")


def _finding(it: Finding, detail: int) -> Iterator[str]:
    summary = f" {escaped(it.summary)}" if it.summary else ""
    owner = f" ({escaped(it.owner)})" if it.owner else ""
    yield f"- **{it.verdict.value}** <code>{escaped(it.address)}</code>{summary}{owner}"
    if detail != _ALL:
        return
    for side in sides(it):
        for path, before, after in side.attributes:
            values = f"<code>{escaped(before)}</code> → <code>{escaped(after)}</code>"
            yield f"  - {side.name}, {escaped(path)}: {values}"
        if side.more:
            yield f"  - {side.name}, and {side.more} more attributes"
    yield from (f"  - {escaped(line)}" for line in traced(it))
    for way in it.ways:
        into = f" into {escaped(way.into)}" if way.into else ""
        yield f"  - {escaped(way.kind)}{into}: <pre>{escaped(way.text)}</pre>"
