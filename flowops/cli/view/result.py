"""One renderer, two forms: a result is shown as a table or as one versioned envelope (JSON or YAML) on stdout."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import yaml
from rich.console import Group, RenderableType

from flowops.cli.stdout import reader_may_leave
from flowops.cli.view.tables import run_table, writer
from flowops.errors import Exit
from flowops.model.changes import Plan
from flowops.model.run import Run, UnitRun

VERSION = 1
"""Version of the envelope: it grows by new keys; a key's meaning changes only with this number."""


@dataclass(frozen=True)
class Result:
    """What a command found: `data` as JSON values, `text` for people."""

    command: str
    data: Any
    text: RenderableType
    exit_code: Exit = Exit.FINE
    errors: tuple[str, ...] = ()


def show(result: Result, output: str) -> int:
    """Write the result to stdout in the form asked for and return its exit code."""
    with reader_may_leave():
        if output == "table":
            writer(sys.stdout).print(result.text)
        elif output == "json":
            sys.stdout.write(json.dumps(envelope(result), indent=2) + "\n")
        else:
            sys.stdout.write(yaml.safe_dump(envelope(result), sort_keys=False, allow_unicode=True))
    return int(result.exit_code)


def envelope(result: Result) -> dict[str, Any]:
    """Return the machine-readable form."""
    return {
        "flowops_result_version": VERSION,
        "command": result.command,
        "status": result.exit_code.name.lower().replace("_", "-"),
        "exit_code": int(result.exit_code),
        "data": result.data,
        "errors": [{"happened": text} for text in result.errors],
    }


def run_result(run: Run, folder: str) -> Result:
    """Return a finished run: its units, what each plan holds, and where the record lies."""
    data = {
        "run": run.id,
        "folder": folder,
        "target": run.request.target,
        "started": run.started.isoformat(),
        "units": [_unit_data(it) for it in run.units],
        "notes": list(run.notes),
    }
    closing = f"{len(run.units)} units, exit {int(run.exit_code)} ({_meaning(run)}). Record: {folder}"
    parts: list[RenderableType] = [run_table(run), *run.notes, closing, *_following(run)]
    return Result(run.request.verb.value, data, Group(*parts), run.exit_code, run.notes)


def _following(run: Run) -> list[str]:
    """Return where to look and what to type after a run that is not done."""
    if run.exit_code in (Exit.FINE, Exit.CHANGES):
        return []
    logs = [f"Log of {it.unit.id}: {it.log}" for it in run.units if it.log and not it.outcome.done]
    return [*logs, f"Next: flowops status {run.request.environment}, then flowops {run.request.verb.value} again"]


def _meaning(run: Run) -> str:
    return run.exit_code.name.lower().replace("_", " ")


def _unit_data(it: UnitRun) -> dict[str, Any]:
    return {
        "unit": it.unit.id,
        "outcome": it.outcome.value,
        "reason": it.reason,
        "seconds": round(it.seconds, 3),
        "touched": it.touched,
        "log": it.log,
        "plan": _plan_data(it.plan) if it.plan else None,
    }


def _plan_data(plan: Plan) -> dict[str, Any]:
    return {
        "exact": plan.exact,
        "provisional_because": plan.provisional_because,
        "changed_outputs": list(plan.changed_outputs),
        "changes": [
            {"address": plan.address(it), "action": it.action.value, "stateful": it.stateful, "reason": it.reason}
            for it in plan.resource_changes
        ],
    }
