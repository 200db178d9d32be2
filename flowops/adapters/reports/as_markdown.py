"""A change report for the summary of a CI job: a table of units, and what changes behind a fold for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from flowops.adapters.reports.words import COUNTED, HOLDS_DATA, ending, heading, remarks, why
from flowops.model.attribute_words import before_and_after
from flowops.model.report import Report, ResourceReport, RunReport, UnitReport

MOST_BYTES = 900_000
"""What is longer leaves out attributes, and then resources: GitHub takes a summary of 1 MiB, and nothing beyond."""

# As entities none of these begins anything in Markdown: no table cell, no code, no link, no mention, no heading.
_STEERING = {ord(it): f"&#{ord(it)};" for it in "\\`*_[]#.|~@:$&<>\"'"} | {ord("\n"): "<br>", ord("\r"): ""}
_DETAILS = _ALL, _ADDRESSES, _COUNTS = range(3)


def markdown(report: Report) -> str:
    """Return the report as GitHub's Markdown, as much of it as a job's summary holds."""
    return fitting(lambda detail: (line for run in report.runs for line in _run(run, detail)), _DETAILS)


def fitting(lines: Callable[[int], Iterable[str]], details: Sequence[int], most: int = MOST_BYTES) -> str:
    """Return the lines in as much of the `details`, the richest first, as `most` bytes hold."""
    text = ""
    for detail in details:
        text = "\n".join(lines(detail)) + "\n"
        if len(text.encode("utf-8", "replace")) <= most:
            break
    return text


def escaped(text: str) -> str:
    """Return foreign text so that it reads as it is, wherever it stands."""
    return text.translate(_STEERING)


def _run(run: RunReport, detail: int) -> Iterator[str]:
    yield from (f"## {escaped(heading(run))}", "", escaped(ending(run)), "")
    if run.error:
        yield from (f"**{escaped(run.error)}**", "")
    for label, lines in (("Warning", run.warnings), ("Note", run.notes)):
        yield from (f"- {label}: {escaped(it)}" for it in lines)
    yield ""
    if run.units:
        yield "| unit | outcome | add | change | replace | destroy | seconds | why |"
        yield "|---|---|--:|--:|--:|--:|--:|---|"
        yield from map(_row, run.units)
        yield ""
    if detail == _COUNTS:
        yield from ("What changes is too much for this page: the reports in JSON and HTML have it.", "")
        return
    if detail == _ADDRESSES:
        yield from ("The attributes are too much for this page: the reports in JSON and HTML have them.", "")
    for unit in run.units:
        if unit.resources or remarks(unit):
            yield from _unit(unit, detail)


def _row(unit: UnitReport) -> str:
    counts = (str(unit.count(it) or "-") for it in COUNTED) if unit.planned else ("?",) * len(COUNTED)
    cells = (escaped(unit.unit), escaped(unit.outcome), *counts, f"{unit.seconds:.1f}", escaped(why(unit)))
    return f"| {' | '.join(cells)} |"


def _unit(unit: UnitReport, detail: int) -> Iterator[str]:
    yield from ("<details>", f"<summary>{escaped(unit.unit)}: {len(unit.resources)} resources</summary>", "")
    yield from (f"- {escaped(it)}" for it in remarks(unit))
    for resource in unit.resources:
        yield from _resource(resource, detail)
    yield from ("", "</details>", "")


def _resource(resource: ResourceReport, detail: int) -> Iterator[str]:
    reason = f" ({escaped(resource.reason)})" if resource.reason else ""
    data = f" **{HOLDS_DATA}**" if resource.stateful else ""
    yield f"- **{resource.action.value}** <code>{escaped(resource.address)}</code>{reason}{data}"
    if detail != _ALL:
        return
    for it in resource.attributes:
        before, after = map(escaped, before_and_after(it))
        yield f"  - {escaped(it.path)}: <code>{before}</code> → <code>{after}</code>"
    if resource.more:
        yield f"  - and {resource.more} more attributes"
