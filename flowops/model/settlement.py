"""What a run came to whose flowops was killed, told from its journal and from what terraform left behind. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowops.errors import Exit
from flowops.model import evidence as proof
from flowops.model.deployment import Unit
from flowops.model.evidence import Evidence, Reported
from flowops.model.record import RecordedRun
from flowops.model.run import Outcome, UnitRun, Verb, exit_code

KILLED = "not started: flowops was killed"
_SUCCESS = {Verb.APPLY: Outcome.APPLIED, Verb.DESTROY: Outcome.DESTROYED}


@dataclass(frozen=True)
class Settlement:
    """Every unit's outcome, and the ids of those whose terraform ended when flowops was gone already."""

    units: tuple[UnitRun, ...]
    afterwards: tuple[str, ...]
    exit_code: Exit


_RECOVERED = ("saved", "restored", "untainted")
"""Events of a recovery that is through with a unit: each is written after what stands was read back."""


def settle(run: RecordedRun, units: Mapping[str, Unit], evidence: Mapping[str, Evidence]) -> Settlement:
    """Return what became of each unit; `evidence` is that of the last step that worked on it with the run's own verb.

    A unit whose outcome stands in the journal keeps it.
    """
    known = {it.id: it for it in run.units}
    meant = {*known, *(name for step in run.of_kind("step") for name in step["units"]), *evidence} & units.keys()
    recorded = {name: it for name, it in known.items() if it.outcome is not None}
    found = [
        UnitRun(
            units[name],
            recorded[name].outcome or Outcome.UNKNOWN,
            recorded[name].reason,
            seconds=recorded[name].seconds,
        )
        if name in recorded
        else _unit_run(run, units[name], evidence.get(name))
        for name in sorted(meant)
    ]
    command = "plan" if run.request.verb.reads else "apply"
    ended = {str(it["unit"]) for it in run.of_kind("unit-ended") if it["command"] == command}
    late = tuple(name for name in sorted(evidence) if evidence[name].call and name not in ended | recorded.keys())
    # Killed before it knew its units, it changed nothing and did nothing.
    return Settlement(tuple(found), late, exit_code(run.request.verb, found) if found else Exit.FAILED)


def _unit_run(run: RecordedRun, unit: Unit, evidence: Evidence | None) -> UnitRun:
    verb = run.request.verb
    if verb is Verb.RECOVER:
        return _recovered(run, unit)
    if evidence is None:
        return _not_reached(run, unit)
    if verb.reads:
        outcome, reason = proof.planned(evidence)
    else:
        outcome, reason = proof.applied(_believed(evidence), _SUCCESS[verb])
    call = evidence.call
    if call is None and outcome is Outcome.NOT_RUN:
        reason = KILLED
    touched = not verb.reads and call is not None and call.command == "apply" and not outcome.done
    return UnitRun(
        unit, outcome, reason, evidence.plan, call.seconds if call else 0.0, touched, call.log if call else ""
    )


def _recovered(run: RecordedRun, unit: Unit) -> UnitRun:
    if any(it["unit"] == unit.id for kind in _RECOVERED for it in run.of_kind(kind)):
        return UnitRun(unit, Outcome.RECOVERED)
    if run.of_kind("agreed"):
        return UnitRun(unit, Outcome.UNKNOWN, "flowops was killed and may have written the state")
    return UnitRun(unit, Outcome.NOT_RUN, KILLED)


def _believed(evidence: Evidence) -> Evidence:
    """Return the evidence where terraform's own 0 counts: a terragrunt that was killed, too, has reported nothing."""
    succeeded = evidence.call is not None and evidence.call.command == "apply" and evidence.call.code == 0
    return replace(evidence, reported=Reported.SUCCEEDED) if succeeded else evidence


def _not_reached(run: RecordedRun, unit: Unit) -> UnitRun:
    plans = [it for it in run.of_kind("plan") if it["unit"] == unit.id]
    if plans and not plans[-1]["changes"] and not plans[-1]["outputs"] and not plans[-1]["provisional"]:
        return UnitRun(unit, Outcome.UNCHANGED)
    planned = {name for step in run.of_kind("step") for name in step["units"]}
    if run.request.verb is Verb.DESTROY and planned and unit.id not in planned:
        return UnitRun(unit, Outcome.UNCHANGED, "nothing to destroy")
    return UnitRun(unit, Outcome.NOT_RUN, KILLED)
