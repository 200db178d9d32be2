"""One renderer, two forms: a result is shown as a table or as one versioned envelope (JSON or YAML) on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from rich.console import Group, RenderableType

from flowops.cli.stdout import reader_may_leave
from flowops.cli.view.tables import rows_table, run_table, writer
from flowops.errors import Exit, FlowopsError
from flowops.model.changes import Plan
from flowops.model.record import resuming
from flowops.model.run import Run, UnitRun
from flowops.model.runs import Ended, Runs
from flowops.operations.approval import command_of

Pointed = Callable[[str], str]
"""Leads the commands in a text to where this one was led: `Invocation.pointed`."""

WELL = (Exit.FINE, Exit.CHANGES)
"""How a run ends in which nothing went wrong."""

Error = str | FlowopsError | Mapping[str, str]
"""What happened, an error, or an entry of the envelope."""

VERSION = 1
"""Version of the envelope: it grows by new keys; a key's meaning changes only with this number."""


@dataclass(frozen=True)
class Result:
    """What a command found: `data` as JSON values, `text` for people.

    `lost` is what to say where the result cannot be shown, for one that holds what nobody can ask for again.
    """

    command: str
    data: Any
    text: RenderableType
    exit_code: Exit = Exit.FINE
    errors: tuple[Error, ...] = ()
    lost: FlowopsError | None = None


def show(result: Result, output: str) -> int:
    """Write the result to stdout in the form asked for and return its exit code."""
    with reader_may_leave(result.lost):
        if output != "table":
            write(envelope(result), output)
        elif isinstance(result.text, str):
            # What a shell or a file takes is not to be laid out: a tab stays one.
            sys.stdout.write(f"{result.text}\n")
        else:
            writer(sys.stdout).print(result.text)
    return int(result.exit_code)


def write(enveloped: dict[str, Any], output: str) -> None:
    """Write an envelope to stdout as `json` or `yaml`."""
    if output == "json":
        sys.stdout.write(json.dumps(enveloped, indent=2) + "\n")
    else:
        plain = (sys.stdout.encoding or "").lower().startswith("utf")
        sys.stdout.write(yaml.safe_dump(enveloped, sort_keys=False, allow_unicode=plain))


def envelope(result: Result) -> dict[str, Any]:
    """Return the machine-readable form."""
    return {
        "flowops_result_version": VERSION,
        "command": result.command,
        "status": result.exit_code.word,
        "exit_code": int(result.exit_code),
        "data": result.data,
        "errors": [_entry(it) for it in result.errors],
    }


def _entry(error: Error) -> dict[str, str]:
    match error:
        case str():
            return {"happened": error}
        case FlowopsError():
            return described(error)
        case _:
            return dict(error)


def described(error: FlowopsError, pointed: Pointed = str) -> dict[str, str]:
    """Return the entry of an error in `errors`; `pointed` leads its command."""
    return {"happened": error.happened, "not_done": error.not_done, "next": pointed(error.next_step)}


def run_result(run: Run, folder: str, pointed: Pointed) -> Result:
    """Return a finished run: its units, what each plan holds, where the record lies; `pointed` leads its commands."""
    notes = tuple(map(pointed, run.notes))
    data = {
        "run": run.id,
        "folder": folder,
        "target": run.request.target,
        "started": run.started.isoformat(),
        "units": [_unit_data(it) for it in run.units],
        "notes": list(notes),
        "warnings": list(run.warnings),
    }
    closing = f"{len(run.units)} units, exit {int(run.exit_code)} ({run.exit_code.words}). Record: {folder}"
    parts: list[RenderableType] = [run_table(run), *notes, closing, *map(pointed, _following(run))]
    return Result(run.request.verb.value, data, Group(*parts), run.exit_code, tuple(_errors(run, notes, pointed)))


def runs_result(verb: str, runs: Runs, folder: Callable[[str], str], pointed: Pointed) -> Result:
    """Return how every environment's turn ended."""
    turns = [(it, run_result(it.run, folder(it.run.id), pointed) if it.run is not None else None) for it in runs.ended]
    data = {
        "environments": [
            {
                "environment": it.environment,
                "exit_code": int(it.exit_code),
                "begun": it.run is not None or it.error is not None,
                "error": pointed(str(it.error)) if it.error is not None else "",
                "run": result.data if result is not None else None,
            }
            for it, result in turns
        ]
    }
    said = tuple(f"{it.environment}: {it.error.happened}" for it in runs.ended if it.error is not None)
    rows = [(it.environment, _turned(it), int(it.exit_code)) for it in runs.ended]
    parts = [result.text for _, result in turns if result is not None]
    table = rows_table(f"{verb.capitalize()} all environments", ("environment", "ended", "code"), rows)
    errors = tuple(error for it, result in turns for error in _errors_of_turn(it, result, pointed))
    return Result(verb, data, Group(*parts, table, *said), runs.exit_code, errors)


def _errors_of_turn(it: Ended, result: Result | None, pointed: Pointed) -> Iterable[Error]:
    if it.error is None:
        return result.errors if result else ()
    return ({**described(it.error, pointed), "happened": f"{it.environment}: {it.error.happened}"},)


def _turned(ended: Ended) -> str:
    if ended.run is None and ended.error is None:
        return "not begun"
    return ended.exit_code.words


def _errors(run: Run, notes: Iterable[str], pointed: Pointed) -> Iterator[Mapping[str, str]]:
    """Yield why each unit of a run is not done, then what the run notes; nothing for one that ended well."""
    if run.exit_code in WELL:
        return
    units = [f"{it.unit.id}: {it.reason or it.outcome.value}" for it in run.units if not it.outcome.done]
    for happened in [*units, *notes] or [f"The run ended with {int(run.exit_code)} ({run.exit_code.words})."]:
        yield {"happened": happened, "next": pointed(_next(run))}


def _following(run: Run) -> list[str]:
    """Return where to look and what to type after a run that is not done."""
    if run.exit_code in WELL:
        return []
    logs = [f"Log of {it.unit.id}: {it.log}" for it in run.units if it.log and not it.outcome.done]
    return [*logs, f"Next: {_next(run)}"]


def _next(run: Run) -> str:
    plans = run.request.verb.reads
    following = f"{command_of(run.request)} again" if plans else resuming(run.request, run.id)
    return f"flowops status {run.request.environment}, then {following}"


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
