"""A change report as one page that needs nothing else: no network, no other file, and no script but its own."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from flowops.adapters.reports.page import Filter, attribute, page
from flowops.adapters.reports.words import HOLDS_DATA, ending, heading, remarks, why
from flowops.model.attribute_words import before_and_after
from flowops.model.report import Report, ResourceReport, RunReport, UnitReport


def html(report: Report) -> str:
    """Return the page; it can be filtered by unit and action, and by its fragment."""
    units = dict.fromkeys(unit.unit for run in report.runs for unit in run.units)
    actions = dict.fromkeys(it.action.value for run in report.runs for unit in run.units for it in unit.resources)
    return page(
        "; ".join(map(heading, report.runs)) or "flowops",
        (Filter("unit", tuple(units)), Filter("action", tuple(actions))),
        (line for run in report.runs for line in _run(run)),
        counted="resources",
    )


def _run(run: RunReport) -> Iterator[str]:
    yield f"<h1>{escape(heading(run))}</h1>"
    yield f"<p>{escape(ending(run))}</p>"
    if run.error:
        yield f'<p class="error">{escape(run.error)}</p>'
    for label, lines in (("Warning", run.warnings), ("Note", run.notes)):
        yield from (f"<p>{label}: {escape(it)}</p>" for it in lines)
    for unit in run.units:
        yield from _unit(unit)


def _unit(unit: UnitReport) -> Iterator[str]:
    yield f'<section class="unit" data-unit="{escape(unit.unit)}">'
    yield f"<h2>{escape(unit.unit)}: {escape(unit.outcome)}</h2>"
    said = why(unit)
    yield f"<p>{unit.seconds:.1f} s{'. ' + escape(said) if said else ''}</p>"
    yield from (f"<p>{escape(it)}</p>" for it in remarks(unit))
    for resource in unit.resources:
        yield from _resource(resource)
    yield "</section>"


def _resource(resource: ResourceReport) -> Iterator[str]:
    reason = f" ({escape(resource.reason)})" if resource.reason else ""
    data = f" {HOLDS_DATA}" if resource.stateful else ""
    stateful = " stateful" if resource.stateful else ""
    action = escape(resource.action.value)
    yield f'<details class="resource{stateful}" data-action="{action}">'
    yield f'<summary><span class="action">{action}</span> {escape(resource.address)}{reason}{data}</summary>'
    yield "<dl>"
    for it in resource.attributes:
        yield attribute(it.path, *before_and_after(it))
    yield "</dl>"
    if resource.more:
        yield f"<p>and {resource.more} more attributes</p>"
    yield "</details>"
