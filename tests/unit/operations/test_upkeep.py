"""What a run keeps up: who has the lease works, who has it not writes nothing, and a loss stops what has not begun."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowops.errors import CredentialsError, Exit, LockHeld, OperationFailed, Refused
from flowops.model.changes import Action
from flowops.model.job import Step
from flowops.model.lease import taken
from flowops.model.upkeep import Trouble
from tests.fakes.lease import HOLDER, START
from tests.fakes.run import World, change
from tests.unit.operations.runs import apply, destroy, everything_new, everything_standing, outcomes, plan, steps

LOST = Trouble(Exit.LOCKED, "the lease was lost while this run worked")
ENDING = Trouble(Exit.CREDENTIALS, "the credentials for arn:deploy end soon")


def after_the_first_apply(made: World, lose: Trouble) -> None:
    kept = made.leases.lease if lose is LOST else made.cloud.credentials

    def after() -> None:
        if not made.engine.jobs[-1].step.plans:
            kept.trouble = lose

    made.engine.after_job = after


def test_who_applies_or_destroys_holds_the_lease_until_the_end_and_who_plans_does_not() -> None:
    for run in (apply, destroy):
        made = everything_standing()
        run(made)
        assert (made.leases.takers, made.leases.lease.ends) == (["arn:ann"], 1)
    made = everything_standing()
    plan(made)
    assert made.leases.takers == []
    assert made.cloud.credentials.ends == 1


@pytest.mark.parametrize("run", [apply, destroy])
def test_the_second_operator_gets_6_and_nothing_is_started(run: object) -> None:
    made = everything_standing()
    made.leases.holders["dev"] = taken("anns", HOLDER, START)
    with pytest.raises(LockHeld) as held:
        run(made)  # type: ignore[operator]
    assert held.value.exit_code is Exit.LOCKED
    assert steps(made) == []
    assert made.cloud.looks == 0
    assert made.journal.records[0].failed is not None


def test_the_lease_is_given_back_by_whatever_way_a_run_ends() -> None:
    made = everything_standing().changing("foundation/efs", change(Action.DELETE, "x.this", "aws_efs_file_system"))
    with pytest.raises(Refused):
        apply(made)
    assert made.leases.lease.ends == 1

    made = everything_standing()
    made.charts.trouble = OperationFailed("no such repository")
    with pytest.raises(OperationFailed):
        apply(made)
    assert made.leases.lease.ends == 1
    assert made.cloud.credentials.ends == 1


def test_what_was_kept_up_has_ended_before_the_record_is_closed() -> None:
    made = everything_standing()
    made.leases.lease.ended_with = "the lease could not be given back"
    run = apply(made)
    assert run.notes == ("the lease could not be given back",)
    assert made.console.notes[-1] == "the lease could not be given back"


@pytest.mark.parametrize(("lose", "code"), [(LOST, Exit.PARTLY_DONE), (ENDING, Exit.CREDENTIALS)])
def test_a_loss_in_the_middle_starts_nothing_new_and_is_in_the_report(lose: Trouble, code: Exit) -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", change(Action.UPDATE))
    after_the_first_apply(made, lose)
    run = apply(made)
    assert outcomes(run)["vpc"] == "applied"
    assert outcomes(run)["eks"] == "drained"
    assert steps(made) == [Step.PLAN, Step.APPLY_SAVED]
    assert run.exit_code is code
    assert lose.text in run.notes


def test_a_loss_that_is_noticed_when_all_is_done_still_ends_with_6() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    after_the_first_apply(made, LOST)
    run = apply(made, "dev", "foundation", "vpc")
    assert outcomes(run) == {"vpc": "applied"}
    assert run.exit_code is Exit.LOCKED
    assert run.notes == (LOST.text,)


def test_a_loss_before_anything_was_applied_changes_nothing() -> None:
    made = everything_new()
    made.leases.lease.trouble = LOST
    run = apply(made)
    assert set(outcomes(run).values()) == {"drained"}
    assert run.exit_code is Exit.FAILED
    assert steps(made) == [Step.PLAN]


@pytest.mark.parametrize("kept", ["lease", "credentials"])
def test_what_ran_out_while_the_machine_slept_at_the_question_is_noticed_before_anything_starts(kept: str) -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.console.interactive, made.console.answers = True, ["y"]
    overslept = made.leases.lease if kept == "lease" else made.cloud.credentials
    made.console.meanwhile = lambda: setattr(overslept, "overslept", LOST)
    run = apply(made, yes=False)
    assert steps(made) == [Step.PLAN]
    assert outcomes(run)["vpc"] == "drained"
    assert LOST.text in run.notes


def test_what_ran_out_while_the_machine_slept_is_noticed_between_two_waves() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", change(Action.UPDATE))
    made.engine.after_job = lambda: setattr(made.leases.lease, "overslept", LOST) if len(steps(made)) == 2 else None
    run = apply(made)
    assert outcomes(run) | {"vpc": "applied", "eks": "drained"} == outcomes(run)
    assert run.exit_code is Exit.PARTLY_DONE


def test_how_long_credentials_last_is_known_before_a_run_writes_and_is_enough_for_its_usual_time() -> None:
    made = everything_standing()
    made.journal.usually = timedelta(hours=2)
    apply(made)
    assert made.cloud.wanted == [timedelta(hours=3)]
    assert made.console.notes[0] == (
        "credentials of profile operator last until 2026-11-23T14:00:00Z (11 h 45 min); "
        "a run like this usually takes 2 h"
    )


@pytest.mark.fault(48)
def test_a_plan_says_that_the_environment_is_being_changed_and_goes_on() -> None:
    made = everything_standing()
    made.leases.holders["dev"] = taken("anns", HOLDER, START)
    assert plan(made).exit_code is Exit.FINE
    assert made.console.notes[0].startswith("dev is being changed, and so may this plan be: arn:ann runs flowops apply")


def test_a_plan_that_may_not_see_the_lease_says_so_and_goes_on() -> None:
    made = everything_standing()
    made.leases.unreadable = CredentialsError("AccessDenied")
    assert plan(made).exit_code is Exit.FINE
    assert made.console.notes[0] == "whether somebody changes dev just now is not known: AccessDenied"
