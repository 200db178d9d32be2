"""A drift result as one page that needs nothing else, filtered by verdict, unit and owner, and by its fragment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

from flowops.adapters.reports.page import Filter, attribute, page
from flowops.model.drift.finding import Finding
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Status
from flowops.model.drift.texts import cleaned
from flowops.model.drift.words import (
    MEANING,
    Place,
    checked_words,
    counts,
    ending,
    heading,
    kind,
    not_counting,
    places,
    rule_words,
    sides,
    spelled,
    traced,
)

NOBODY = "(nobody)"
"""Stands in the filter for what has no owner."""


def html(result: DriftResult) -> str:
    """Return the page; noise and what is ignored show only when chosen as a verdict."""
    plain = cleaned(result)
    shown = {it.environment: _shown(it) for it in plain.environments}
    findings = [found for each in shown.values() for place in each for found in place.findings]
    filters = (
        Filter("verdict", tuple(counts(findings))),
        Filter("unit", tuple(place.name for each in shown.values() for place in each)),
        Filter("owner", tuple(sorted({it.owner or NOBODY for it in findings}))),
    )
    return page(heading(plain), filters, _body(plain, shown), counted="findings", aside="noise or ignored")


def _shown(environment: EnvironmentDrift) -> tuple[Place, ...]:
    """Return the places that there is something to say of, named so that no two environments share one."""
    return tuple(
        place
        if place.name.startswith(f"{environment.environment}/")
        else replace(place, name=f"{environment.environment}/{place.name}")
        for place in places(environment)
        if place.findings or place.status is not Status.CLEAN
    )


def _body(result: DriftResult, shown: dict[str, tuple[Place, ...]]) -> Iterator[str]:
    yield f"<h1>{escape(heading(result))}</h1>"
    yield f"<p>{escape(ending(result))}</p>"
    yield from (f'<p class="error">{escape(rule_words(it))}</p>' for it in result.rules)
    for environment in result.environments:
        yield from _environment(environment, shown[environment.environment])


def _environment(it: EnvironmentDrift, shown: Sequence[Place]) -> Iterator[str]:
    stands = f'<span class="stands" data-stands="{it.status.value}">{it.status.value}</span>'
    yield f'<h2 class="environment">{escape(it.environment)} {stands}</h2>'
    drift = spelled(counts(found for found in it.findings if found.counts))
    yield f"<p>{escape(checked_words(it))}{'. ' + escape(drift) if drift else ''}</p>"
    if it.reason:
        yield _reason(it.status, it.reason)
    yield from (f"<p>{escape(note)}</p>" for note in it.notes)
    for place in shown:
        yield from _place(place)


def _reason(status: Status, reason: str) -> str:
    name = "" if status is Status.BUSY else ' class="error"'
    return f"<p{name}>{escape(reason)}</p>"


def _place(it: Place) -> Iterator[str]:
    aside = "" if it.counting or it.status in (Status.FAILED, Status.BUSY) else ' data-aside="verdict"'
    yield f'<section class="unit" data-unit="{escape(it.name)}"{aside}>'
    yield f"<h3>{escape(it.name)}: {it.status.value}</h3>"
    if it.reason:
        yield _reason(it.status, it.reason)
    for finding in it.findings:
        yield from _finding(finding)
    yield "</section>"


def _finding(it: Finding) -> Iterator[str]:
    aside = "" if it.counts else ' data-aside="verdict"'
    owner = escape(it.owner or NOBODY)
    yield f'<details class="resource" data-verdict="{escape(kind(it))}" data-owner="{owner}"{aside}>'
    said = f' <span class="owner">{owner}</span>' if it.owner else ""
    yield f'<summary><span class="verdict">{escape(kind(it))}</span> {escape(it.address)}{said}</summary>'
    yield f"<p>{escape(not_counting(it) or MEANING[it.verdict])}{': ' + escape(it.summary) if it.summary else ''}</p>"
    if it.ids:
        yield f'<p class="ids">{escape(it.type)} {escape(", ".join(it.ids))}</p>'
    yield from (f"<p>{escape(line)}</p>" for line in traced(it))
    for side in sides(it):
        yield f"<h4>{side.name}</h4><dl>"
        yield from (attribute(*row) for row in side.attributes)
        yield "</dl>"
        if side.more:
            yield f"<p>and {side.more} more attributes</p>"
    for way in it.ways:
        into = f" into {escape(way.into)}" if way.into else ""
        yield f"<h4>{escape(way.kind)}{into}</h4><pre>{escape(way.text)}</pre>"
    yield "</details>"
