"""A change report for programs; docs/reports.md says what each key means."""

from __future__ import annotations

import json
from typing import Any

from flowops.model.attributes import AttributeChange
from flowops.model.report import Report, ResourceReport, RunReport, UnitReport

VERSION = 1
"""Version of the form: it grows by new keys; a key's meaning changes only with this number."""


def as_json(report: Report) -> str:
    """Return the report as one JSON object."""
    data = {"flowops_report_version": VERSION, "runs": [_run(it) for it in report.runs]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _run(run: RunReport) -> dict[str, Any]:
    return {
        "run": run.run,
        "verb": run.verb,
        "target": run.target,
        "started": run.started.isoformat(),
        "seconds": run.seconds,
        "exit_code": int(run.exit_code),
        "status": run.status,
        "error": run.error,
        "notes": list(run.notes),
        "warnings": list(run.warnings),
        "units": [_unit(it) for it in run.units],
    }


def _unit(unit: UnitReport) -> dict[str, Any]:
    return {
        "unit": unit.unit,
        "outcome": unit.outcome,
        "reason": unit.reason,
        "seconds": unit.seconds,
        "touched": unit.touched,
        "planned": unit.planned,
        "provisional_because": unit.provisional_because,
        "changed_outputs": list(unit.changed_outputs),
        "resources": [_resource(it) for it in unit.resources],
    }


def _resource(resource: ResourceReport) -> dict[str, Any]:
    return {
        "address": resource.address,
        "type": resource.type,
        "action": resource.action.value,
        "reason": resource.reason,
        "stateful": resource.stateful,
        "attributes": [_attribute(it) for it in resource.attributes],
        "attributes_left_out": resource.more,
    }


def _attribute(it: AttributeChange) -> dict[str, Any]:
    return {
        "path": it.path,
        "before": it.before,
        "after": it.after,
        "sensitive": it.sensitive,
        "unknown_after": it.unknown,
    }
