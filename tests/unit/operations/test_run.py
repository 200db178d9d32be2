"""plan, apply and destroy, told with fakes: what is done in which order, and how it ends."""

from __future__ import annotations

import pytest

from flowops.errors import Declined, Exit
from flowops.model.access import Access
from flowops.model.changes import Action
from flowops.model.job import Step
from flowops.model.run import Outcome, RunRequest, Verb
from flowops.operations import run as operations
from flowops.operations.approval import BY_ANSWER, BY_COMMAND
from tests.fakes import tree
from tests.fakes.run import change, create, world
from tests.unit.operations.runs import (
    FOUNDATION,
    NOW,
    apply,
    destroy,
    everything_new,
    everything_standing,
    outcomes,
    steps,
)


def test_plan_with_changes_ends_with_2_and_uses_the_plan_role_only() -> None:
    made = everything_new()
    run = operations.plan(RunRequest(Verb.PLAN, "dev", "foundation"), made.ports, NOW)
    assert run.exit_code is Exit.CHANGES
    assert {access for _, access in made.cloud.acted} == {Access.READ}


def test_plan_without_changes_ends_with_0() -> None:
    run = operations.plan(RunRequest(Verb.PLAN, "dev", "foundation"), everything_standing().ports, NOW)
    assert run.exit_code is Exit.FINE


def test_a_new_layer_is_applied_in_one_terragrunt_run() -> None:
    made = everything_new()
    run = apply(made)
    assert run.exit_code is Exit.FINE
    assert set(outcomes(run).values()) == {"applied"}
    assert steps(made) == [Step.PLAN, Step.APPLY]


def test_a_standing_layer_is_applied_wave_by_wave_from_the_shown_plans() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", change(Action.UPDATE))
    run = apply(made)
    assert outcomes(run) == dict.fromkeys(FOUNDATION, "unchanged") | {"vpc": "applied", "eks": "applied"}
    assert [[unit.name for unit in job.units] for job in made.engine.jobs[1:]] == [["vpc"], ["eks"]]
    assert steps(made) == [Step.PLAN, Step.APPLY_SAVED, Step.APPLY_SAVED]


def test_units_below_a_changed_output_are_planned_again_before_their_wave() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE), outputs=("subnet_ids",))
    made.changing("foundation/efs", change(Action.UPDATE))
    run = apply(made)
    provisional = {plan.unit.name: plan.provisional_because for plan in made.console.shown[0]}
    assert provisional["efs"] == "output subnet_ids of dev/foundation/vpc will change"
    assert provisional["resource-group"] == ""
    replans = [sorted(unit.name for unit in job.units) for job in made.engine.jobs if job.step is Step.PLAN]
    assert replans[1:] == [["efs", "eks"], ["eks-components"]]
    assert outcomes(run)["efs"] == "applied"


def test_a_failed_unit_blocks_its_dependents_and_the_run_ends_with_3() -> None:
    made = everything_new()
    made.engine.failing[Step.APPLY, tree.unit("foundation/eks")] = "no such instance type"
    run = apply(made)
    assert run.exit_code is Exit.PARTLY_DONE
    found = {it.unit.name: it for it in run.units}
    assert found["eks"].reason == "no such instance type"
    assert found["eks-components"].outcome is Outcome.BLOCKED
    assert found["eks-components"].reason == "dev/foundation/eks failed"


def test_when_the_only_unit_fails_nothing_changed_and_the_run_ends_with_1() -> None:
    made = everything_new()
    made.engine.failing[Step.APPLY, tree.unit("foundation/vpc")] = "denied"
    assert apply(made, "dev", "foundation", "vpc").exit_code is Exit.FAILED


def test_a_unit_that_cannot_be_planned_stops_the_apply_before_anything_changes() -> None:
    made = everything_new()
    made.engine.failing[Step.PLAN, tree.unit("foundation/efs")] = "bad variable"
    run = apply(made)
    assert run.exit_code is Exit.FAILED
    assert steps(made) == [Step.PLAN]
    assert outcomes(run)["vpc"] == "not-run"


def test_success_without_a_started_terraform_is_not_believed() -> None:
    made = everything_new()
    made.engine.silent.add(Step.APPLY)
    run = apply(made)
    assert set(outcomes(run).values()) == {"unknown"}
    assert run.exit_code is Exit.PARTLY_DONE


def test_an_interrupt_after_the_first_wave_drains_the_rest_and_ends_with_130() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", change(Action.UPDATE))
    made.engine.stop_after = 2
    run = apply(made)
    assert run.exit_code is Exit.INTERRUPTED
    assert outcomes(run)["vpc"] == "applied"
    assert outcomes(run)["eks"] == "drained"


def test_an_interrupt_during_the_preview_changes_nothing() -> None:
    made = everything_new()
    made.engine.stop_after = 1
    run = apply(made)
    assert run.exit_code is Exit.INTERRUPTED
    assert set(outcomes(run).values()) == {"drained"}
    assert steps(made) == [Step.PLAN]


def test_destroy_goes_in_reverse_and_leaves_out_what_is_gone() -> None:
    made = world().standing("foundation/vpc", "foundation/eks")
    run = destroy(made)
    assert run.exit_code is Exit.FINE
    assert [[unit.name for unit in job.units] for job in made.engine.jobs[1:]] == [["eks"], ["vpc"]]
    assert outcomes(run)["efs"] == "unchanged"


def test_a_destroy_plans_nothing_again_although_outputs_go() -> None:
    made = everything_standing()
    for name in FOUNDATION:
        made.engine.outputs[tree.unit(f"foundation/{name}")] = ("id",)
    run = destroy(made)
    assert run.exit_code is Exit.FINE
    assert [step for step in steps(made) if step.plans] == [Step.PLAN_DESTROY]


def test_destroying_an_empty_environment_is_fine() -> None:
    made = world()
    run = destroy(made)
    assert run.exit_code is Exit.FINE
    assert made.engine.jobs == []


def test_a_failed_destroy_blocks_what_it_stands_on() -> None:
    made = everything_standing()
    made.engine.failing[Step.APPLY_SAVED, tree.unit("foundation/eks")] = "in use"
    run = destroy(made)
    assert outcomes(run) == dict.fromkeys(FOUNDATION, "destroyed") | {"eks": "failed", "vpc": "blocked"}
    assert run.exit_code is Exit.PARTLY_DONE


def test_every_run_is_recorded_with_its_result() -> None:
    made = everything_new()
    run = apply(made)
    assert made.journal.records[0].finished == run


@pytest.mark.parametrize(
    ("environment", "yes", "confirm", "answers", "by"),
    [
        ("dev", True, "", [], BY_COMMAND),
        ("dev", False, "", ["y"], BY_ANSWER),
        ("dev", False, "dev", ["y"], BY_ANSWER),
        ("prod", True, "prod", [], BY_COMMAND),
        ("prod", False, "prod", ["y"], BY_ANSWER),
        ("prod", True, "", ["prod"], BY_ANSWER),
    ],
)
def test_the_record_says_how_somebody_agreed(
    environment: str, yes: bool, confirm: str, answers: list[str], by: str
) -> None:
    made = world()
    made.engine.changes[tree.unit("foundation/vpc", environment)] = (create(),)
    made.console.interactive, made.console.answers = True, answers
    assert apply(made, environment, "foundation", "vpc", yes=yes, confirm=confirm).exit_code is Exit.FINE
    assert ("agreed", {"by": by}) in made.journal.records[0].events


def test_plans_that_will_be_applied_are_made_by_the_role_that_applies_them() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    apply(made)
    destroy(made)
    assert {access for _, access in made.cloud.acted} == {Access.WRITE}


def test_a_session_that_ends_between_waves_leaves_what_was_done_on_record() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", change(Action.UPDATE))
    made.cloud.acts_left = 3
    run = apply(made)
    assert outcomes(run)["vpc"] == "applied"
    assert outcomes(run)["eks"] == "not-run"
    assert run.exit_code is Exit.CREDENTIALS
    assert "The session has expired." in run.notes[0]


def test_a_layer_that_somebody_else_made_meanwhile_is_not_applied_in_bulk() -> None:
    made = everything_new()
    made.cloud.appearing = {tree.unit("foundation/vpc"): 3}
    apply(made)
    assert Step.APPLY not in steps(made)


def test_a_run_that_ends_with_an_error_is_recorded_too() -> None:
    made = everything_new()
    with pytest.raises(Declined):
        apply(made, yes=False)
    assert made.journal.records[0].failed is not None


@pytest.mark.parametrize(("job", "code"), [(1, Exit.FAILED), (2, Exit.PARTLY_DONE), (3, Exit.PARTLY_DONE)])
def test_an_error_of_our_own_is_recorded_as_what_it_leaves_a_changed_unit_or_none(job: int, code: Exit) -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", change(Action.UPDATE))

    def disk_is_full() -> None:
        if len(made.engine.jobs) == job:
            raise OSError("no space left")

    made.engine.after_job = disk_is_full
    with pytest.raises(OSError, match="no space left"):
        apply(made)
    assert made.journal.records[0].failed == (int(code), "OSError: no space left")
