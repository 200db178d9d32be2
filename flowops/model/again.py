"""Which units are done a second time because warm providers failed them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from flowops.model import evidence as proof
from flowops.model.deployment import Unit
from flowops.model.evidence import Evidence, Reported
from flowops.model.job import Job
from flowops.model.run import Outcome

_UNFORESEEN = re.compile(r"^Invalid (resource type|data source|ephemeral resource)\b|\bno schema available\b")
"""What terraform says, before it does anything, of a type that is not in the schema it was given."""

_FAILED_WARM = {True: "it failed with warm ones", False: "another one failed with warm ones"}
"""Why a unit is planned again, by whether it had lanes."""

_NOT_PLANNED = (Outcome.FAILED, Outcome.BLOCKED, Outcome.NOT_RUN)
_IN_THE_WAY = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.STATE_UNSAVED)
"""Of a unit: what was blocked may have waited for it."""


def to_do_again(
    job: Job, found: Sequence[Evidence], troubles: Mapping[Unit, str], may_have_written: Callable[[Unit], bool]
) -> dict[Unit, str]:
    """Return the units that are to be done again with ordinary providers, each with the reason.

    `troubles` has every unit that had lanes, and what went wrong in them, "" for nothing.

    A plan that failed is made again whatever the error was: so every error that is reported is terraform's own. What
    writes is only done again where its warm provider failed it, or did not know a type, and no resource had been
    touched; and what waited for a failed unit only if all that failed is done again. What ran out of its time never is.
    """
    if job.step.plans:
        return _to_plan_again(found, troubles)
    reasons = {it.unit: "" if _out_of_time(it) else troubles.get(it.unit) or _unforeseen(it) for it in found}
    ended = {it.unit: proof.applied(it, Outcome.APPLIED)[0] for it in found}
    failed_units = {unit for unit, outcome in ended.items() if outcome is Outcome.FAILED}
    safe = {unit: reasons[unit] for unit in failed_units if reasons[unit] and not may_have_written(unit)}
    if not safe or set(safe) != {unit for unit, outcome in ended.items() if outcome in _IN_THE_WAY}:
        return safe
    waiting = {unit: "it waited for another" for unit, outcome in ended.items() if outcome is Outcome.BLOCKED}
    return safe | waiting


def _to_plan_again(found: Sequence[Evidence], troubles: Mapping[Unit, str]) -> dict[Unit, str]:
    """Return every unit without a plan, where one that had lanes failed; without it nobody would fare better."""
    mattering = (it for it in found if not it.drained and it.reported is not Reported.EXCLUDED and not _out_of_time(it))
    ended = {it.unit: proof.planned(it)[0] for it in mattering}
    if not any(outcome is Outcome.FAILED and unit in troubles for unit, outcome in ended.items()):
        return {}
    without = [unit for unit, outcome in ended.items() if outcome in _NOT_PLANNED]
    return {unit: troubles.get(unit) or _FAILED_WARM[unit in troubles] for unit in without}


def _out_of_time(evidence: Evidence) -> bool:
    return evidence.call is not None and bool(evidence.call.interrupted)


def _unforeseen(evidence: Evidence) -> str:
    said = evidence.call.error if evidence.call is not None else ""
    return "a type was not foreseen" if _UNFORESEEN.search(said) else ""
