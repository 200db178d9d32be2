"""Recorded runs and their audit as tables, lines and JSON values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Group, RenderableType

from flowops.cli.view.result import Pointed, Result
from flowops.cli.view.tables import rows_table
from flowops.model.plaintext import printable
from flowops.model.record import ENDS, OUTPUT, Event, RecordedRun, resuming
from flowops.operations.audit import Audited, exit_code
from flowops.operations.runs import Seen

_LISTED = ("run", "verb", "target", "who", "started", "took", "units", "exit", "status")


def list_result(found: Sequence[Seen]) -> Result:
    """Return every run in one line each."""
    text: RenderableType = rows_table("Runs", _LISTED, map(_cells, found)) if found else "Nothing has run here yet."
    return Result("runs list", [_summary(it) for it in found], text)


def show_result(found: Seen, pointed: Pointed) -> Result:
    """Return one run with its units; `pointed` leads the commands in it."""
    run = found.run
    rows = [
        (
            it.id,
            it.outcome.value if it.outcome else "",
            f"{it.seconds:.1f}" if it.seconds else "",
            _counted(it.changes),
            it.reason,
        )
        for it in run.units
    ]
    facts = rows_table(run.id, ("what", "value"), _facts(found))
    parts: list[RenderableType] = [facts, rows_table("Units", ("unit", "outcome", "seconds", "changes", "why"), rows)]
    parts += [f"Log of {name}: {path}" for name, path in found.logs.items()]
    if run.error:
        parts.append(pointed(run.error))
    if (run.end is None and not found.work.flowops) or (run.end is not None and run.left):
        parts.append(pointed(f"Next: {resuming(run.request, run.id)}"))
    units = [
        {
            "unit": it.id,
            "outcome": it.outcome.value if it.outcome else None,
            "reason": it.reason,
            "seconds": it.seconds,
            "changes": list(it.changes),
            "log": found.logs.get(it.id),
        }
        for it in run.units
    ]
    return Result("runs show", _summary(found) | {"error": pointed(run.error), "units": units}, Group(*parts))


def nothing_left(run_id: str) -> Result:
    """Return that a run left nothing."""
    return Result("runs resume", {"run": run_id, "left": []}, f"Nothing is left of {run_id}: every unit is done.")


def audit_result(verdicts: Sequence[Audited]) -> Result:
    """Return what is wrong with each journal, `run: line N: what` or `run: FILE: what`; else how many were checked."""
    wrong = tuple(f"{it.run_id}: {flaw}" for it in verdicts for flaw in it.flaws)
    remarks = [f"{it.run_id}: {remark}" for it in verdicts for remark in it.remarks]
    good = sum(not it.flaws for it in verdicts)
    data = [
        {
            "run": it.run_id,
            "flaws": [{"file": flaw.file, "line": flaw.line or None, "what": flaw.what} for flaw in it.flaws],
            "remarks": list(it.remarks),
        }
        for it in verdicts
    ]
    lines = [*wrong, *remarks, f"{good} of {len(verdicts)} journals are as they were written."]
    return Result("audit verify", data, "\n".join(lines), exit_code(verdicts), wrong)


def event_line(event: Event) -> str:
    """Return one event as a line for people."""
    if event["event"] == OUTPUT:
        return f"          {event['unit']}: {event['line']}"
    return printable(f"{event['time'][11:19]}  {_told(event)}")


def _told(event: Event) -> str:
    kind = str(event["event"])
    if kind in ENDS:
        return f"{kind}, exit {event['exit_code']}"
    return _TOLD[kind](event) if kind in _TOLD else kind


_TOLD: Mapping[str, Callable[[Event], str]] = {
    "started": lambda it: f"run {it['run']} started (pid {it['pid']})",
    "caller": lambda it: f"as {it['arn']}",
    "agreed": lambda it: f"agreed to: {it['by']}",
    "step": lambda it: f"{it['step']} of {', '.join(it['units'])}",
    "unit-started": lambda it: f"{it['unit']}: {it['command']} started",
    "unit-ended": lambda it: f"{it['unit']}: {it['command']} ended with {it['exit_code']}",
    "plan": lambda it: f"{it['unit']}: planned, {_counted([one['action'] for one in it['changes']]) or 'no changes'}",
    "unit": lambda it: ", ".join(filter(None, (f"{it['unit']}: {it['outcome']}", it["reason"]))),
    "unit-slow": lambda it: f"{it['unit']}: {it['command']} takes unusually long: {it['last'] or 'no word yet'}",
    "unit-interrupted": lambda it: f"{it['unit']}: {it['command']} interrupted by its timeout",
    "signal": lambda it: f"a signal: {it['answer']}",
}


def _facts(found: Seen) -> list[tuple[str, object]]:
    summary = _summary(found)
    names = ("verb", "target", "who", "host", "started", "took", "status", "exit_code", "commit", "resumes")
    rows = [(name.replace("_", " "), summary[name]) for name in names]
    return [*rows, ("resumed by", ", ".join(found.resumed_by))]


def _summary(found: Seen) -> dict[str, Any]:
    run = found.run
    git = run.events[0].get("git")
    dirty = " with changes" if git and git["dirty"] else ""
    return {
        "run": run.id,
        "verb": run.request.verb.value,
        "target": run.request.target,
        "who": run.who,
        "host": run.host,
        "started": run.started.isoformat(timespec="seconds"),
        "took": _took(run),
        "outcomes": dict(run.counts),
        "exit_code": run.exit_code,
        "status": found.status,
        "commit": f"{git['commit']}{dirty}" if git else None,
        "resumes": run.request.resumes or None,
        "resumed_by": list(found.resumed_by),
    }


def _cells(found: Seen) -> tuple[object, ...]:
    it = _summary(found)
    who = str(it["who"]).rpartition("/")[2]
    outcomes = _words(it["outcomes"])
    return it["run"], it["verb"], it["target"], who, it["started"], it["took"], outcomes, it["exit_code"], it["status"]


def _took(run: RecordedRun) -> str | None:
    """Return how long a run took; of a killed one nobody knows."""
    if run.end is None or run.killed:
        return None
    return str(timedelta(seconds=round((run.last_seen - run.started).total_seconds())))


def _counted(changes: Sequence[str]) -> str:
    return _words(Counter(it.partition(" ")[0] for it in changes))


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
