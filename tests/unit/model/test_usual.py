"""How long a unit usually takes, from journals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowops.model.changes import Action, Plan
from flowops.model.job import Job, Step
from flowops.model.record import RecordedRun, request_data
from flowops.model.run import RunRequest, Verb
from flowops.model.usual import kind_of, usual_seconds, usual_span
from tests.fakes import tree
from tests.fakes.recorded import APPLY, finished, recorded
from tests.fakes.run import change

VPC, EKS = "dev/foundation/vpc", "dev/foundation/eks"


def ended(unit: str, seconds: float | None, code: int = 0) -> dict[str, Any]:
    return {"event": "unit-ended", "time": "", "unit": unit, "command": "x", "exit_code": code, "seconds": seconds}


def run(verb: Verb, *events: dict[str, Any]) -> RecordedRun:
    first = {"event": "started", "time": "", "request": request_data(RunRequest(verb, "dev"))}
    return RecordedRun("run", (first, *events))


def step(it: Step) -> dict[str, Any]:
    return {"event": "step", "time": "", "step": it.value}


RUNS = (
    run(Verb.APPLY, step(Step.PLAN), ended(VPC, 3.0), step(Step.APPLY_SAVED), ended(VPC, 60.0), ended(EKS, 600.0)),
    run(Verb.APPLY, step(Step.PLAN), ended(VPC, 5.0), step(Step.APPLY), ended(VPC, 80.0), ended(EKS, 5.0, code=1)),
    run(Verb.APPLY, step(Step.APPLY), ended(VPC, 1000.0), ended(EKS, None)),
    run(Verb.DESTROY, step(Step.PLAN_DESTROY), ended(VPC, 2.0), step(Step.APPLY_SAVED), ended(VPC, 30.0)),
)


@pytest.mark.parametrize(
    ("kind", "usual"),
    [
        ("apply", {VPC: 80.0, EKS: 600.0}),
        ("plan", {VPC: 4.0}),
        ("plan -destroy", {VPC: 2.0}),
        ("destroy", {VPC: 30.0}),
    ],
)
def test_it_is_the_middle_of_what_ended_well_for_the_same_kind_of_work(kind: str, usual: dict[str, float]) -> None:
    assert usual_seconds(RUNS, kind) == usual


@pytest.mark.parametrize(
    ("asked", "actions", "kind"),
    [
        (Step.PLAN, (), "plan"),
        (Step.PLAN_DESTROY, (), "plan -destroy"),
        (Step.APPLY, (), "apply"),
        (Step.APPLY_SAVED, (Action.CREATE, Action.DELETE), "apply"),
        (Step.APPLY_SAVED, (Action.DELETE,), "destroy"),
    ],
)
def test_saved_plans_that_only_delete_are_a_destroy(asked: Step, actions: tuple[Action, ...], kind: str) -> None:
    environment = tree.environment()
    saved = (Plan(environment.units[0], tuple(map(change, actions))),)
    job = Job(asked, environment, environment.units, Path("x"), Path("drain"), None, saved)
    assert kind_of(job) == kind


def took(seconds: int, code: int = 0, request: RunRequest = APPLY) -> RecordedRun:
    """Return a run that wrote something every second."""
    return recorded(*(step(Step.PLAN) for _ in range(seconds - 2)), finished(code), request=request)


def test_the_time_of_a_command_is_the_middle_of_its_last_five_good_runs() -> None:
    others = (
        took(500, code=3),
        took(500, request=replace(APPLY, layer="app")),
        took(500, request=replace(APPLY, verb=Verb.DESTROY)),
        took(500, request=replace(APPLY, resumes="another")),
    )
    runs = (*others, took(9), took(40), took(11), took(10), took(30), took(1000), took(1000))
    assert usual_span(runs, APPLY) == timedelta(seconds=11)
    assert usual_span(others, APPLY) is None
