"""How long runs and their units usually take, as the journals of earlier runs say. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import islice
from statistics import median

from flowops.model.changes import Action
from flowops.model.job import Job, Step
from flowops.model.record import RecordedRun
from flowops.model.run import RunRequest

_LAST = 5
_PLANS = frozenset(step.value for step in Step if step.plans)


def kind_of(job: Job) -> str:
    """Return what a job does to its units: plan, plan -destroy, apply or destroy."""
    if job.step.plans:
        return job.step.value
    changes = [change for plan in job.saved for change in plan.resource_changes]
    return "destroy" if changes and all(it.action is Action.DELETE for it in changes) else "apply"


def usual_span(runs: Iterable[RecordedRun], request: RunRequest) -> timedelta | None:
    """Return the middle of what the last good runs of this command took, newest first; None where there is none.

    A resumed one did only what another one had left.
    """
    good = (it for it in runs if it.exit_code == 0 and not it.request.resumes and _alike(it.request, request))
    seconds = [(it.last_seen - it.started).total_seconds() for it in islice(good, _LAST)]
    return timedelta(seconds=median(seconds)) if seconds else None


def _alike(one: RunRequest, other: RunRequest) -> bool:
    return (one.verb, one.target) == (other.verb, other.target)


def usual_seconds(runs: Iterable[RecordedRun], kind: str) -> Mapping[str, float]:
    """Return the middle of what terraform took in each unit, by id, where it did work of this kind and ended well."""
    took: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        step = ""
        for event in run.events:
            if event["event"] == "step":
                step = str(event.get("step", ""))
            elif event["event"] == "unit-ended" and kind == (step if step in _PLANS else run.request.verb.value):
                seconds = event.get("seconds")
                if event.get("exit_code") == 0 and isinstance(seconds, int | float):
                    took[str(event.get("unit", ""))].append(float(seconds))
    return {unit: median(seconds) for unit, seconds in took.items()}
