"""What became of a unit, decided from all that can be known: terragrunt's report, the plan, and terraform's own exit.

No single source is believed: terragrunt exits with 0 after a signal, reports success for a terraform that was killed,
and leaves a plan file behind for a failed plan.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import Enum

from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.run import Outcome, UnitRun

UNSAVED_FILE = "errored.tfstate"
LOCK_STUCK = "done and saved, but its lock could not be given back"
KILLED = "terraform was killed"
UNSAVED = "terraform could not save the state, which is kept as"


class Reported(Enum):
    """A unit's result in terragrunt's report (schema v4)."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EARLY_EXIT = "early exit"
    EXCLUDED = "excluded"
    ABSENT = "absent"


@dataclass(frozen=True)
class Call:
    """The decisive terraform process of a unit; `code` is None while it runs or when its end was not recorded.

    `unsaved` is the path of the state that terraform could not write, empty where it could. With a `lock_stuck` all was
    done and saved, but the lock could not be given back.
    `interrupted` is why flowops ended it before its time; `killed` says that it could save nothing, whoever did it.
    """

    command: str
    code: int | None
    alive: bool
    seconds: float = 0.0
    error: str = ""
    unsaved: str = ""
    log: str = ""
    lock_stuck: bool = False
    interrupted: str = ""
    killed: bool = False


@dataclass(frozen=True)
class Evidence:
    """All that is known of one unit after a terragrunt run; `trouble` is the last error terragrunt logged for it.

    `again_because` says why its warm providers were given up and it was done again the ordinary way, "" for not.
    """

    unit: Unit
    reported: Reported
    call: Call | None = None
    plan: Plan | None = None
    trouble: str = ""
    drained: bool = False
    again_because: str = ""


def recover_command(unit: Unit, *words: str) -> str:
    """Return the command that mends something of one unit."""
    return shlex.join(("flowops", "recover", unit.environment, unit.layer, unit.name, *words))


def was_killed(run: UnitRun) -> bool:
    """Say whether a unit's terraform was killed and so is surely not at work any more."""
    return run.outcome is Outcome.UNKNOWN and run.reason.startswith(KILLED)


def planned(evidence: Evidence) -> tuple[Outcome, str]:
    """Return PLANNED, or what stood in the way and why: the report, the exit code and a readable plan must agree."""
    outcome, reason = _ended(evidence, Outcome.PLANNED, "plan")
    if outcome is Outcome.UNKNOWN:
        # A plan changes nothing, whatever became of it.
        return Outcome.FAILED, reason
    if outcome is not Outcome.PLANNED and not _without_plan(evidence):
        return outcome, reason
    if evidence.plan is None:
        return Outcome.FAILED, "terraform says the plan succeeded, but there is no readable plan"
    if evidence.plan.errored:
        return Outcome.FAILED, "the plan is marked as errored"
    if evidence.plan.flaw:
        return Outcome.FAILED, evidence.plan.flaw
    return Outcome.PLANNED, ""


def _without_plan(evidence: Evidence) -> bool:
    """Say whether a plan that terraform calls good cannot be read, as on a full disk, and nobody says why."""
    call = evidence.call
    succeeded = call is not None and call.command == "plan" and call.code in (0, 2)
    return succeeded and evidence.plan is None and not evidence.trouble


def applied(evidence: Evidence, success: Outcome) -> tuple[Outcome, str]:
    """Return `success`, or what stood in the way and why."""
    if evidence.call is not None and evidence.call.unsaved:
        return (
            Outcome.STATE_UNSAVED,
            f"{UNSAVED} {evidence.call.unsaved}; save it: {recover_command(evidence.unit)}",
        )
    if evidence.call is not None and evidence.call.lock_stuck and evidence.call.command == "apply":
        return success, LOCK_STUCK
    return _ended(evidence, success, "apply")


def _ended(evidence: Evidence, success: Outcome, command: str) -> tuple[Outcome, str]:
    call = evidence.call
    if call is None:
        return _never_started(evidence)
    if call.killed and call.command == "apply":
        return (
            Outcome.UNKNOWN,
            f"{KILLED}, and what it did since it last saved is not known: plan before the next apply",
        )
    if call.interrupted and call.code not in (0, 2):
        outcome = Outcome.UNKNOWN if call.code is None else Outcome.FAILED
        left = (
            "" if command == "plan" else "; what AWS was creating then may be left behind: plan before the next apply"
        )
        return outcome, call.interrupted + left
    if call.code is None:
        still = "terraform is still running" if call.alive else "terraform ended without a recorded exit code"
        return Outcome.UNKNOWN, f"{still}; plan before the next apply"
    if call.command != command:
        return Outcome.FAILED, call.error or evidence.trouble or f"terraform {call.command} ended with {call.code}"
    if call.code not in (0, 2) or (call.code == 2 and command != "plan"):
        return Outcome.FAILED, call.error or f"terraform {command} ended with {call.code}"
    if evidence.reported is not Reported.SUCCEEDED:
        return Outcome.FAILED, evidence.trouble or f"terragrunt reports {evidence.reported.value!r}"
    return success, ""


def _never_started(evidence: Evidence) -> tuple[Outcome, str]:
    match evidence.reported:
        case Reported.SUCCEEDED:
            return Outcome.UNKNOWN, "terragrunt reports success, but terraform was not started"
        case _ if evidence.drained:
            return Outcome.DRAINED, "not started: the run was interrupted"
        case Reported.EARLY_EXIT:
            return Outcome.BLOCKED, evidence.trouble or "a dependency failed"
        case Reported.EXCLUDED:
            return Outcome.NOT_RUN, "excluded by its configuration"
        case Reported.FAILED:
            return Outcome.FAILED, evidence.trouble or "terragrunt failed before it started terraform"
        case _:
            return Outcome.NOT_RUN, evidence.trouble or "terragrunt did not reach this unit"
