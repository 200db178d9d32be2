"""What became of the units of a run whose flowops was killed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import Exit
from flowops.model.changes import Plan
from flowops.model.evidence import Call, Evidence, Reported
from flowops.model.record import RecordedRun
from flowops.model.run import Outcome, RunRequest, Verb
from flowops.model.settlement import Settlement, settle
from tests.fakes import tree
from tests.fakes.recorded import APPLY, FOUNDATION, ended, planned, recorded, step

UNITS = {unit.id: unit for unit in tree.environment().units}
VPC, EKS, EFS = "dev/foundation/vpc", "dev/foundation/eks", "dev/foundation/efs"
DONE = Call("apply", 0, False, seconds=4.0, log="/log")


def evidence(unit: str, reported: Reported = Reported.ABSENT, call: Call | None = None, **more: object) -> Evidence:
    return Evidence(UNITS[unit], reported, call, **more)  # type: ignore[arg-type]


def settled(run: RecordedRun, *found: Evidence) -> Settlement:
    return settle(run, UNITS, {it.unit.id: it for it in found})


def outcomes(found: Settlement) -> dict[str, str]:
    return {it.unit.name: it.outcome.value for it in found.units}


@pytest.mark.parametrize(
    ("reported", "call", "outcome"),
    [
        (Reported.SUCCEEDED, DONE, Outcome.APPLIED),
        (Reported.ABSENT, DONE, Outcome.APPLIED),
        (Reported.FAILED, Call("apply", 1, False, error="quota"), Outcome.FAILED),
        (Reported.ABSENT, Call("apply", 137, False), Outcome.FAILED),
        (Reported.ABSENT, Call("apply", None, False), Outcome.UNKNOWN),
        (Reported.ABSENT, Call("apply", 1, False, unsaved="/errored.tfstate"), Outcome.STATE_UNSAVED),
        (Reported.FAILED, Call("init", 1, False), Outcome.FAILED),
        (Reported.EARLY_EXIT, None, Outcome.BLOCKED),
        (Reported.ABSENT, None, Outcome.NOT_RUN),
        (Reported.SUCCEEDED, None, Outcome.UNKNOWN),
    ],
)
def test_terraforms_own_end_decides_whether_or_not_terragrunt_could_report(
    reported: Reported, call: Call | None, outcome: Outcome
) -> None:
    found = settled(recorded(step("apply", VPC)), evidence(VPC, reported, call))
    assert next(it.outcome for it in found.units if it.unit.id == VPC) is outcome


def test_what_stands_in_the_journal_already_stays() -> None:
    run = recorded(ended(VPC, "applied", "as shown"))
    found = settled(run, evidence(VPC, Reported.FAILED, Call("apply", 1, False)))
    assert outcomes(found)["vpc"] == "applied"


def test_a_unit_whose_exact_plan_was_empty_is_unchanged_and_a_provisional_one_is_not_run() -> None:
    run = recorded(planned(VPC), planned(EKS, provisional="output id of dev/foundation/vpc will change"))
    found = outcomes(settled(run))
    assert (found["vpc"], found["eks"], found["efs"]) == ("unchanged", "not-run", "not-run")


def test_a_destroy_left_out_what_it_had_no_need_to_plan() -> None:
    run = recorded(step("plan -destroy", VPC), request=RunRequest(Verb.DESTROY, "dev", "foundation"))
    found = outcomes(settled(run))
    assert (found["vpc"], found["eks"]) == ("not-run", "unchanged")


def test_a_destroy_counts_what_depends_on_the_selection_too() -> None:
    request = RunRequest(Verb.DESTROY, "dev", "foundation", with_dependents=True)
    run = recorded(step("plan -destroy", "dev/app/database", VPC), request=request)
    assert outcomes(settled(run))["database"] == "not-run"


def test_a_killed_plan_has_planned_what_has_a_plan() -> None:
    run = recorded(step("plan", VPC, EKS), request=RunRequest(Verb.PLAN, "dev", "foundation"))
    call = Call("plan", 0, False)
    found = settled(run, evidence(VPC, Reported.SUCCEEDED, call, plan=Plan(UNITS[VPC], ())), evidence(EKS))
    assert (outcomes(found)["vpc"], outcomes(found)["eks"]) == ("planned", "not-run")


def test_what_ended_when_nobody_looked_is_told_apart_from_what_flowops_saw() -> None:
    seen = {"event": "unit-ended", "unit": VPC, "command": "apply", "exit_code": 0}
    preview = {"event": "unit-ended", "unit": EKS, "command": "plan", "exit_code": 0}
    run = recorded(preview, step("apply", VPC, EKS), seen)
    found = settled(run, evidence(VPC, call=DONE), evidence(EKS, call=DONE), evidence(EFS))
    assert found.afterwards == (EKS,)


@pytest.mark.parametrize(
    ("calls", "code"),
    [
        (dict.fromkeys(FOUNDATION, DONE), Exit.FINE),
        ({VPC: DONE}, Exit.PARTLY_DONE),
        ({VPC: Call("apply", 1, False)}, Exit.PARTLY_DONE),
        ({}, Exit.FAILED),
    ],
)
def test_the_exit_code_is_that_of_an_ordinary_run_with_these_outcomes(calls: dict[str, Call], code: Exit) -> None:
    found = settled(recorded(step("apply", *FOUNDATION)), *(evidence(it, call=calls.get(it)) for it in FOUNDATION))
    assert found.exit_code is code


def test_a_run_that_was_killed_before_it_knew_its_units_is_not_fine() -> None:
    run = recorded()
    found = settled(RecordedRun(run.id, run.events[:1]))
    assert (found.units, found.exit_code) == ((), Exit.FAILED)


def test_a_unit_that_is_gone_from_the_tree_is_left_out() -> None:
    run = recorded(step("apply", "dev/foundation/gone"), request=APPLY)
    assert "gone" not in outcomes(settled(run))


def recovery(*events: dict[str, object]) -> RecordedRun:
    return recorded(*events, request=replace(APPLY, verb=Verb.RECOVER))


def test_a_killed_recovery_touched_nothing_before_somebody_agreed() -> None:
    assert set(outcomes(settled(recovery())).values()) == {"not-run"}


def test_what_a_killed_recovery_read_back_is_recovered_and_what_it_may_have_written_is_unknown() -> None:
    agreed = {"event": "agreed", "by": "command line"}
    for through in ("saved", "restored", "untainted"):
        found = outcomes(settled(recovery(agreed, {"event": through, "unit": VPC})))
        assert found.pop("vpc") == "recovered"
        assert set(found.values()) == {"unknown"}
