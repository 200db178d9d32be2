"""A run: what was asked, what became of each unit, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from flowops.errors import Exit, worst
from flowops.model.changes import Plan
from flowops.model.deployment import Unit


class Verb(Enum):
    """What a run does."""

    PLAN = "plan"
    APPLY = "apply"
    DESTROY = "destroy"
    RECOVER = "recover"
    DRIFT = "drift"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, neither in AWS nor in a state."""
        return self in (Verb.PLAN, Verb.DRIFT)


class WarmProviders(Enum):
    """Who shares provider processes: everything but applies in CI, everything, or nothing."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class RunRequest:
    """Everything the command line says about a run; a `parallelism` of None leaves it to the machine.

    `without_safeguards` are the names of those that it goes without. `units` are the ids that a run is restricted to,
    all of the target where it is empty; `resumes` is the id of the run whose rest it does. A unit's terraform is
    interrupted after `unit_timeout` seconds; None lets it take its time.
    """

    verb: Verb
    environment: str
    layer: str | None = None
    unit: str | None = None
    yes: bool = False
    confirm: str = ""
    allow_replace: tuple[str, ...] = ()
    allow_destroy: tuple[str, ...] = ()
    with_dependents: bool = False
    parallelism: int | None = None
    warm_providers: WarmProviders = WarmProviders.AUTO
    without_safeguards: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    resumes: str = ""
    unit_timeout: float | None = None

    @property
    def target(self) -> str:
        """Return `ENV [LAYER [UNIT]]` as it was typed."""
        return " ".join(word for word in (self.environment, self.layer, self.unit) if word)


class Outcome(Enum):
    """What became of one unit."""

    PLANNED = "planned"
    APPLIED = "applied"
    DESTROYED = "destroyed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    BLOCKED = "blocked"
    DRAINED = "drained"
    NOT_RUN = "not-run"
    UNKNOWN = "unknown"
    STATE_UNSAVED = "state-unsaved"
    RECOVERED = "recovered"

    @property
    def done(self) -> bool:
        """Whether the unit is where the request wanted it."""
        return self in (Outcome.PLANNED, Outcome.APPLIED, Outcome.DESTROYED, Outcome.UNCHANGED, Outcome.RECOVERED)

    @property
    def changed(self) -> bool:
        """Whether something in AWS may be different now."""
        return self in _CHANGED


_CHANGED = (Outcome.APPLIED, Outcome.DESTROYED, Outcome.UNKNOWN, Outcome.STATE_UNSAVED, Outcome.RECOVERED)


@dataclass(frozen=True)
class UnitRun:
    """One unit of a run: its outcome, why, its plan, and how long terraform took in seconds.

    `touched` says that a failed unit had already changed something.
    """

    unit: Unit
    outcome: Outcome
    reason: str = ""
    plan: Plan | None = None
    seconds: float = 0.0
    touched: bool = False
    log: str = ""


@dataclass(frozen=True)
class Run:
    """A finished run; `halted` is the code of whatever ended it early (a guard, a signal), or FINE.

    `warnings` are what the project's own rules, or flowops, say of its plans.
    """

    id: str
    request: RunRequest
    started: datetime
    units: tuple[UnitRun, ...] = ()
    halted: Exit = Exit.FINE
    notes: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """Return the code of design rule: 3 if anything changed and something is not done, 1 if nothing changed."""
        return exit_code(self.request.verb, self.units, self.halted)


def exit_code(verb: Verb, units: Iterable[UnitRun], halted: Exit = Exit.FINE) -> Exit:
    """Return the one exit code of a run with these units."""
    runs = tuple(units)
    codes = {halted}
    if not all(it.outcome.done for it in runs):
        changed = any(it.outcome.changed or it.touched for it in runs)
        codes.add(Exit.PARTLY_DONE if changed else Exit.FAILED)
    elif halted is Exit.FINE and verb.reads and any(it.plan and not it.plan.empty for it in runs):
        codes.add(Exit.CHANGES)
    return worst(codes)
