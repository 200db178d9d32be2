"""Recorded runs as people and scripts read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest

from flowops.cli.context import Invocation
from flowops.cli.view.result import Result, run_result, runs_result
from flowops.cli.view.runs import audit_result, event_line, list_result, nothing_left, show_result
from flowops.cli.view.tables import writer
from flowops.errors import Exit, OperationFailed
from flowops.model.chain import Flaw
from flowops.model.record import Event
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb
from flowops.model.runs import Ended, Runs
from flowops.model.work import Work
from flowops.operations.audit import Audited
from flowops.operations.runs import Seen
from tests.fakes.recorded import ended, finished, planned, recorded, step
from tests.fakes.tree import unit

VPC, EKS = "dev/foundation/vpc", "dev/foundation/eks"
DONE = recorded(
    planned(VPC, "foundation/vpc//aws_vpc.this"), ended(VPC, "applied"), ended(EKS, "failed", "in use"), finished(3)
)


def shown_run(seen: Seen, *, rehearsal: bool = False) -> Result:
    return show_result(seen, Invocation(rehearsal=rehearsal).pointed)


def text(result: Result) -> str:
    out = StringIO()
    writer(out).print(result.text)
    return out.getvalue()


def test_a_list_has_one_line_for_each_run() -> None:
    shown = text(list_result([Seen(DONE, Work()), Seen(recorded(run_id="second"), Work(flowops=4711))]))
    first = next(line for line in shown.splitlines() if DONE.id in line)
    for word in (
        "apply",
        "dev foundation",
        "ann",
        "2026-11-28T12:00:00",
        "0:00:05",
        "1 applied, 1 failed",
        "3",
        "ended",
    ):
        assert word in first
    assert "still running (pid 4711)" in shown
    assert text(list_result([])).strip() == "Nothing has run here yet."


def test_one_run_shows_outcomes_reasons_changes_and_logs() -> None:
    shown = text(shown_run(Seen(DONE, Work(), {VPC: "/runs/x/logs/foundation-vpc.log"}, ("later",))))
    for word in ("1 change", "in use", "Log of dev/foundation/vpc: /runs/x/logs/foundation-vpc.log", "c0ffee", "later"):
        assert word in shown
    assert f"Next: flowops runs resume {DONE.id}" in shown


def test_the_data_of_one_run_has_every_unit() -> None:
    data = shown_run(Seen(DONE, Work())).data
    units = {it["unit"]: it for it in data["units"]}
    assert units[VPC]["changes"] == ["change foundation/vpc//aws_vpc.this"]
    assert units[EKS] == {
        "unit": EKS,
        "outcome": "failed",
        "reason": "in use",
        "seconds": 1.5,
        "changes": [],
        "log": None,
    }
    assert (data["exit_code"], data["outcomes"]) == (3, {"applied": 1, "failed": 1})


@pytest.mark.parametrize(
    ("seen", "resumable"),
    [
        (Seen(recorded(finished(3)), Work()), True),
        (Seen(recorded(), Work()), True),
        (Seen(recorded(), Work(flowops=4711)), False),
    ],
)
def test_what_can_be_resumed_says_how(seen: Seen, resumable: bool) -> None:
    assert ("runs resume" in text(shown_run(seen))) is resumable


@pytest.mark.parametrize(("rehearsal", "command"), [(True, "flowops --rehearsal"), (False, "flowops")])
def test_what_to_type_next_leads_where_the_run_went(rehearsal: bool, command: str) -> None:
    pointed = Invocation(rehearsal=rehearsal).pointed
    vpc = UnitRun(unit("foundation/vpc"), Outcome.DRAINED)
    note = "The lease is kept: flowops locks list"
    drained = Run("x", RunRequest(Verb.APPLY, "dev"), datetime.now(UTC), (vpc,), Exit.INTERRUPTED, (note,))
    result = run_result(drained, "/runs/x", pointed)
    assert f"Next: {command} status dev, then {command} runs resume x" in text(result)
    assert f"The lease is kept: {command} locks list" in text(result)
    assert f"Next: {command} runs resume {DONE.id}" in text(shown_run(Seen(DONE, Work()), rehearsal=rehearsal))


def test_what_to_type_after_an_error_leads_where_the_run_went_in_data_too() -> None:
    pointed, error = Invocation(rehearsal=True).pointed, OperationFailed("No.", next_step="flowops status dev")
    told = "No.\nNothing was changed.\nNext: flowops --rehearsal status dev"
    recorded_run = recorded({"event": "failed", "exit_code": 1, "error": str(error)})
    assert shown_run(Seen(recorded_run, Work()), rehearsal=True).data["error"] == told
    turns = runs_result("plan", Runs((Ended("dev", error=error),)), str, pointed)
    assert turns.data["environments"][0]["error"] == told


def test_what_went_wrong_stands_in_errors_and_what_is_only_noted_does_not() -> None:
    pointed, note = Invocation(rehearsal=True).pointed, "left behind: a key"
    vpc = UnitRun(unit("foundation/vpc"), Outcome.APPLIED)
    eks = UnitRun(unit("foundation/eks"), Outcome.FAILED, "in use")
    well = Run("x", RunRequest(Verb.APPLY, "dev"), datetime.now(UTC), (vpc,), Exit.FINE, (note,))
    partly = replace(well, units=(vpc, eks))
    following = "flowops --rehearsal status dev, then flowops --rehearsal runs resume x"
    wrong = ({"happened": f"{EKS}: in use", "next": following}, {"happened": note, "next": following})
    assert (run_result(well, "", pointed).errors, run_result(well, "", pointed).data["notes"]) == ((), [note])
    assert run_result(partly, "", pointed).errors == wrong
    turns = (Ended("dev", partly), Ended("prod", error=OperationFailed("No.", next_step="flowops plan prod")))
    refused = {"happened": "prod: No.", "not_done": "Nothing was changed.", "next": "flowops --rehearsal plan prod"}
    assert runs_result("apply", Runs(turns), str, pointed).errors == (*wrong, refused)
    stopped = replace(well, halted=Exit.INTERRUPTED, notes=())
    (only,) = run_result(stopped, "", pointed).errors
    assert isinstance(only, dict)
    assert only["happened"] == "The run ended with 130 (interrupted)."


def test_how_long_a_killed_run_took_is_not_claimed() -> None:
    killed = recorded(ended(VPC, "applied"), {"event": "settled", "exit_code": 3})
    assert shown_run(Seen(killed, Work())).data["took"] is None


def test_nothing_left_is_fine() -> None:
    assert nothing_left("x").exit_code is Exit.FINE


def test_an_audit_names_run_line_and_flaw() -> None:
    flaws = (Flaw(3, "was changed"), Flaw(0, "is gone", "logs/x.log"))
    result = audit_result([Audited("a", flaws), Audited("b", (), ("not copied yet",))])
    assert text(result).splitlines() == [
        "a: line 3: was changed",
        "a: logs/x.log: is gone",
        "b: not copied yet",
        "1 of 2 journals are as they were written.",
    ]
    assert (result.exit_code, result.errors) == (Exit.FAILED, ("a: line 3: was changed", "a: logs/x.log: is gone"))
    assert [[it["file"], it["line"]] for it in result.data[0]["flaws"]] == [["events.jsonl", 3], ["logs/x.log", None]]


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"event": "output", "unit": VPC, "line": "Apply complete!"}, "          dev/foundation/vpc: Apply complete!"),
        ({**recorded().events[0]}, "12:00:00  run 20261128T120000Z-apply-dev-foundation started (pid 4711)"),
        ({**recorded().events[1]}, "12:00:01  as arn:aws:sts::2:assumed-role/DevOpsAdminRole/ann"),
        (step("plan", VPC, EKS), f"12:00:02  plan of {VPC}, {EKS}"),
        ({"event": "unit-started", "unit": VPC, "command": "apply"}, f"12:00:02  {VPC}: apply started"),
        (
            {"event": "unit-ended", "unit": VPC, "command": "apply", "exit_code": 1},
            f"12:00:02  {VPC}: apply ended with 1",
        ),
        (planned(VPC, "a", "b"), f"12:00:02  {VPC}: planned, 2 change"),
        (planned(VPC), f"12:00:02  {VPC}: planned, no changes"),
        (ended(VPC, "failed", "in \x1b[31muse"), f"12:00:02  {VPC}: failed, in use"),
        (ended(VPC, "applied"), f"12:00:02  {VPC}: applied"),
        ({"event": "agreed", "by": "command line"}, "12:00:02  agreed to: command line"),
        ({"event": "signal", "answer": "drain"}, "12:00:02  a signal: drain"),
        ({"event": "again"}, "12:00:02  again"),
        (finished(3), "12:00:02  finished, exit 3"),
    ],
)
def test_each_event_is_one_line(event: Event, shown: str) -> None:
    assert event_line({"time": "2026-11-28T12:00:02+00:00", **event}) == shown
