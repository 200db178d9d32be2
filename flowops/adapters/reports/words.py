"""What reports for people say in the same words."""

from __future__ import annotations

from flowops.model.changes import Action
from flowops.model.report import RunReport, UnitReport

COUNTED = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
HOLDS_DATA = "HOLDS DATA"


def heading(run: RunReport) -> str:
    """Return what was asked: verb and target."""
    return f"{run.verb.capitalize()} {run.target}".strip()


def ending(run: RunReport) -> str:
    """Return how the run ended, in one line."""
    record = f", record {run.run}" if run.run else ""
    started = f"{run.started:%Y-%m-%d %H:%M:%S %Z}".strip()
    return f"exit {int(run.exit_code)} ({run.status.replace('-', ' ')}), {run.seconds:.1f} s from {started}{record}"


def why(unit: UnitReport) -> str:
    """Return why a unit came to its outcome, and that a failed one changed something all the same."""
    return " ".join(it for it in (unit.reason, "(it had already changed something)" if unit.touched else "") if it)


def remarks(unit: UnitReport) -> list[str]:
    """Return what there is to know of a unit's plan beside its resources."""
    provisional = [f"provisional: {unit.provisional_because}"] if unit.provisional_because else []
    return provisional + ([f"outputs that change: {', '.join(unit.changed_outputs)}"] if unit.changed_outputs else [])
