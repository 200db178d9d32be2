"""The change report: what runs did and would do, fit to be shown to anybody. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from flowops.errors import Exit, FlowopsError
from flowops.model.attributes import AttributeChange
from flowops.model.changes import Action, Plan
from flowops.model.discretion import Discretion
from flowops.model.report_format import ReportFormat as ReportFormat
from flowops.model.run import Run, RunRequest, UnitRun

NOT_REACHED = "not reached"
"""The outcome of a unit whose plan was shown, in a run that an error ended."""


@dataclass(frozen=True)
class ResourceReport:
    """One resource that a plan changes; `more` attributes change beyond those that are kept.

    `stateful` says that data is lost with it.
    """

    address: str
    type: str
    action: Action
    reason: str = ""
    stateful: bool = False
    attributes: tuple[AttributeChange, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class UnitReport:
    """One unit: what became of it, and what its last plan holds; `planned` is False where it has none."""

    unit: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0
    touched: bool = False
    planned: bool = False
    provisional_because: str = ""
    changed_outputs: tuple[str, ...] = ()
    resources: tuple[ResourceReport, ...] = ()

    def count(self, action: Action) -> int:
        """Return how many resources `action` happens to."""
        return sum(it.action is action for it in self.resources)


@dataclass(frozen=True)
class RunReport:
    """One run, also one that an error ended; `run` is empty where it did not come to a record of its own."""

    run: str
    verb: str
    target: str
    started: datetime
    seconds: float
    exit_code: Exit
    units: tuple[UnitReport, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""

    @property
    def status(self) -> str:
        """Return what the exit code means, in one word."""
        return self.exit_code.word


@dataclass(frozen=True)
class Report:
    """Everything one command line ran: a run, or one for each environment."""

    runs: tuple[RunReport, ...] = field(default=())


def of_run(run: Run, ended: datetime) -> RunReport:
    """Return the report of a run that came to its end."""
    return RunReport(
        run.id,
        run.request.verb.value,
        run.request.target,
        run.started,
        _between(run.started, ended),
        run.exit_code,
        tuple(_unit(it) for it in sorted(run.units, key=lambda it: it.unit)),
        tuple(map(_clean, run.notes)),
        tuple(map(_clean, run.warnings)),
    )


def of_error(
    request: RunRequest, started: datetime, ended: datetime, run: str, plans: Iterable[Plan], error: BaseException
) -> RunReport:
    """Return the report of a run that an error ended, with the `plans` that it had shown until then."""
    code = error.exit_code if isinstance(error, FlowopsError) else Exit.FAILED
    said = str(error) if isinstance(error, FlowopsError) else f"{type(error).__name__}: {error}"
    units = tuple(replace(_plan(it), outcome=NOT_REACHED) for it in sorted(plans, key=lambda it: it.unit))
    return RunReport(
        run,
        request.verb.value,
        request.target,
        started,
        _between(started, ended),
        code,
        units,
        error=_clean(said),
    )


def _between(started: datetime, ended: datetime) -> float:
    return round(max(0.0, (ended - started).total_seconds()), 3)


def _unit(it: UnitRun) -> UnitReport:
    found = _plan(it.plan) if it.plan is not None else UnitReport(it.unit.id, "")
    return replace(
        found,
        outcome=it.outcome.value,
        reason=_clean(it.reason),
        seconds=round(it.seconds, 3),
        touched=it.touched,
    )


def _plan(plan: Plan) -> UnitReport:
    return UnitReport(
        plan.unit.id,
        "",
        planned=True,
        provisional_because=plan.provisional_because,
        changed_outputs=plan.changed_outputs,
        resources=tuple(
            ResourceReport(
                _clean(plan.address(it)),
                it.type,
                it.action,
                it.reason,
                it.stateful,
                it.attributes.shown,
                it.attributes.more,
            )
            for it in plan.resource_changes
        ),
    )


def _clean(text: str) -> str:
    return Discretion().line(text)
