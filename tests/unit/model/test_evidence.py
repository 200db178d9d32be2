"""What becomes of a unit whose plan terraform calls good."""

from __future__ import annotations

from dataclasses import replace

from flowops.model.changes import Plan
from flowops.model.evidence import Call, Evidence, Reported, applied, planned
from flowops.model.run import Outcome
from tests.fakes import tree

UNIT = tree.unit("app/database")
GOOD = Evidence(UNIT, Reported.SUCCEEDED, Call("plan", 0, False), Plan(UNIT, ()))


def test_a_good_plan_is_planned() -> None:
    assert planned(GOOD) == (Outcome.PLANNED, "")


def test_a_plan_with_a_flaw_is_failed_and_says_which() -> None:
    flawed = replace(GOOD, plan=Plan(UNIT, (), flaw="key 'work' stands here twice"))
    assert planned(flawed) == (Outcome.FAILED, "key 'work' stands here twice")


def test_an_errored_plan_is_failed() -> None:
    assert planned(replace(GOOD, plan=Plan(UNIT, (), errored=True)))[0] is Outcome.FAILED


def test_a_plan_that_nobody_can_read_is_failed() -> None:
    assert planned(replace(GOOD, plan=None))[0] is Outcome.FAILED


def test_an_apply_that_ran_out_of_time_says_so_and_that_something_may_be_left() -> None:
    call = Call(
        "apply", 1, False, error="Error: execution halted", interrupted="interrupted after 45 min (unit timeout)"
    )
    assert applied(replace(GOOD, call=call), Outcome.APPLIED) == (
        Outcome.FAILED,
        "interrupted after 45 min (unit timeout); what AWS was creating then may be left behind: "
        "plan before the next apply",
    )
    assert applied(replace(GOOD, call=replace(call, code=None)), Outcome.APPLIED)[0] is Outcome.UNKNOWN


def test_an_apply_whose_terraform_was_killed_is_unknown_whoever_killed_it() -> None:
    call = Call("apply", 137, False, killed=True)
    told = "terraform was killed, and what it did since it last saved is not known: plan before the next apply"
    for it in (call, replace(call, interrupted="interrupted after 45 min (unit timeout)")):
        assert applied(replace(GOOD, call=it), Outcome.APPLIED) == (Outcome.UNKNOWN, told)


def test_a_plan_or_an_init_whose_terraform_was_killed_changed_nothing() -> None:
    for command in ("plan", "init"):
        killed = replace(GOOD, call=Call(command, 137, False, killed=True), plan=None)
        assert planned(killed)[0] is Outcome.FAILED
    assert applied(killed, Outcome.APPLIED)[0] is Outcome.FAILED


def test_an_init_that_ran_out_of_time_says_so() -> None:
    call = Call("init", 1, False, interrupted="interrupted after 45 min (unit timeout)")
    assert planned(replace(GOOD, call=call)) == (Outcome.FAILED, "interrupted after 45 min (unit timeout)")


def test_what_was_done_in_spite_of_the_interrupt_is_done() -> None:
    call = Call("apply", 0, False, interrupted="interrupted after 45 min (unit timeout)")
    assert applied(replace(GOOD, call=call), Outcome.APPLIED) == (Outcome.APPLIED, "")


def test_a_plan_that_terragrunt_cannot_read_either_says_so() -> None:
    damaged = replace(GOOD, reported=Reported.FAILED, plan=None)
    assert planned(damaged) == (
        Outcome.FAILED,
        "terraform says the plan succeeded, but there is no readable plan",
    )
    assert planned(replace(damaged, trouble="the hook failed")) == (Outcome.FAILED, "the hook failed")
