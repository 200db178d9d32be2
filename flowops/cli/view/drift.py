"""Drift results and their history as lines that a narrow window can show, and as JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowops.cli.view.result import Result
from flowops.cli.view.tables import rows_table
from flowops.errors import Exit
from flowops.model.drift.finding import Finding, Verdict
from flowops.model.drift.history import DriftHistory, Standing, Trend
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Status
from flowops.model.drift.stored import to_data
from flowops.model.drift.texts import cleaned
from flowops.model.drift.words import (
    by_gravity,
    checked_words,
    counts,
    ending,
    heading,
    kind,
    moment,
    not_counting,
    places,
    rule_words,
    sides,
    spelled,
    traced,
)

_STATUS_STYLE = {
    Status.CLEAN: "green",
    Status.DRIFTED: "yellow",
    Status.FAILED: "bold red",
    Status.BUSY: "yellow",
}
_VERDICT_STYLE = {
    Verdict.MISSING: "bold red",
    Verdict.BOTH: "bold red",
    Verdict.OUT_OF_BAND: "magenta",
    Verdict.UNAPPLIED: "yellow",
    Verdict.UNMANAGED: "cyan",
    Verdict.NOISE: "dim",
}
_ATTRIBUTES = 12
_POINTS = 20


def drift_result_view(result: DriftResult, *, everything: bool, command: str = "drift") -> Result:
    """Return a drift result by environment: what was checked, and each finding with who moved it and the ways out.

    Noise, what is ignored, all attributes, and what is clean show only with `everything`.
    """
    plain = cleaned(result)
    lines: list[RenderableType] = [Text(heading(plain), style="bold")]
    for environment in plain.environments:
        lines += [Text(""), *_environment(environment, everything=everything)]
    lines += [Text(""), *(Text(rule_words(it), style="yellow") for it in plain.rules), Text(ending(plain))]
    return Result(command, to_data(result), Group(*lines), result.exit_code)


def _environment(it: EnvironmentDrift, *, everything: bool) -> Iterator[Text]:
    yield Text.assemble((f"{it.environment} ", "bold"), (it.status.value, _STATUS_STYLE[it.status]))
    yield Text(f"  {checked_words(it)}")
    if it.reason:
        yield Text(f"  {it.reason}", style=_STATUS_STYLE[it.status])
    yield from (Text(f"  {note}") for note in it.notes)
    for place in places(it):
        if place.status in (Status.FAILED, Status.BUSY) or everything:
            said = f": {place.reason}" if place.reason else ""
            yield Text(f"  {place.status.value} {place.name}{said}", style=_STATUS_STYLE[place.status])
    for finding in by_gravity(it.findings):
        if finding.counts or everything:
            yield from _finding(finding, everything=everything)
    rest = counts(found for found in it.findings if not found.counts)
    if rest and not everything:
        yield Text(f"  not shown: {spelled(rest)} (--all)", style="dim")


def _finding(it: Finding, *, everything: bool) -> Iterator[Text]:
    style = _VERDICT_STYLE[it.verdict] if it.counts else "dim"
    owner = f"  ({it.owner})" if it.owner else ""
    yield Text("")
    yield Text.assemble("  ", (kind(it).upper(), style), f" {it.address}{owner}")
    said = [it.summary, not_counting(it), *_attributes(it, everything=everything), *traced(it)]
    for line in filter(None, said):
        yield Text(f"    {line}")
    for way in it.ways:
        into = f" into {way.into}" if way.into else ""
        yield Text(f"    {way.kind}{into}:", style="bold")
        yield from (Text(f"      {line}") for line in way.text.splitlines())


def _attributes(it: Finding, *, everything: bool) -> Iterator[str]:
    for side in sides(it):
        shown = side.attributes if everything else side.attributes[:_ATTRIBUTES]
        yield from (f"{side.name}, {path}: {before} → {after}" for path, before, after in shown)
        if more := side.more + len(side.attributes) - len(shown):
            yield f"{side.name}, and {more} more attributes"


def history_result(found: DriftHistory, now: datetime) -> Result:
    """Return since when each finding stands, and how each environment went."""
    plain = cleaned(found)
    standing = [_standing(it, now) for it in plain.standing] or [Text("Nothing stands.")]
    lines: list[RenderableType] = [Text("What stands", style="bold"), *standing]
    lines += [_trend(it) for it in plain.trends]
    lines += [Text(note, style="yellow") for note in plain.notes]
    return Result("report history", _history_data(found), Group(*lines), Exit.FINE)


def _standing(it: Standing, now: datetime) -> Text:
    days = max((now - it.since).days, 0)
    finding = it.finding
    since = f"since {moment(it.since)} ({days} days, {it.checks} checks, last seen {moment(it.last_seen)})"
    verdict = (kind(finding).upper(), _VERDICT_STYLE[finding.verdict])
    owner = f"  ({finding.owner})" if finding.owner else ""
    return Text.assemble("  ", verdict, f" {finding.environment}: {finding.address}{owner}\n    {since}")


def _trend(it: Trend) -> RenderableType:
    rows = [
        (moment(point.started), point.status.value, point.checked, spelled(point.counts))
        for point in it.points[-_POINTS:]
    ]
    return rows_table(it.environment, ("check", "stood", "checked", "found"), rows)


def _history_data(found: DriftHistory) -> dict[str, Any]:
    return {
        "standing": [
            {
                "environment": it.finding.environment,
                "fingerprint": it.finding.fingerprint,
                "address": it.finding.address,
                "unit": it.finding.unit,
                "verdict": it.finding.verdict.value,
                "ignored": it.finding.ignored is not None,
                "owner": it.finding.owner,
                "since": it.since.isoformat(),
                "last_seen": it.last_seen.isoformat(),
                "checks": it.checks,
            }
            for it in found.standing
        ],
        "environments": [
            {
                "environment": it.environment,
                "checks": [
                    {
                        "result": point.result,
                        "started": point.started.isoformat(),
                        "status": point.status.value,
                        "checked": point.checked,
                        "counts": dict(point.counts),
                    }
                    for point in it.points
                ],
            }
            for it in found.trends
        ],
        "notes": list(found.notes),
    }
