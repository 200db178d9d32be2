"""Databases go after whatever may still use them: two stories of a change in Flowable's configuration."""

from __future__ import annotations

import shlex

import pytest

from flowops.errors import Exit, Refused
from flowops.model.changes import Action
from flowops.model.job import Step
from tests.fakes import tree
from tests.fakes.run import World, change, create, world
from tests.unit.operations.runs import apply, destroy, outcomes, plan, steps

WORK = 'aws_db_instance.this["work"]'
LAYER = ("dev", "app")


def work_switched_off() -> World:
    """The component's database goes, and the chart changes."""
    made = world().standing("app/rds-postgres", "app/flowable-app", "app/rds-oracle")
    made.changing("app/rds-postgres", change(Action.DELETE, WORK, "aws_db_instance"), outputs=("endpoints",))
    return made.changing("app/flowable-app", change(Action.UPDATE, "helm_release.this", "helm_release"))


def postgres_to_oracle() -> World:
    """The old engine goes, a new one comes, and the chart is switched over."""
    made = world().standing("app/rds-postgres", "app/flowable-app")
    made.changing("app/rds-postgres", change(Action.DELETE, WORK, "aws_db_instance"))
    made.changing("app/rds-oracle", create(WORK, "aws_db_instance"), outputs=("endpoints",))
    return made.changing("app/flowable-app", change(Action.UPDATE, "helm_release.this", "helm_release"))


def commands(refused: pytest.ExceptionInfo[Refused]) -> list[list[str]]:
    return [shlex.split(line) for line in refused.value.next_step.splitlines()[1:]]


def test_a_component_switched_off_loses_its_database_only_after_the_chart_has_changed() -> None:
    made = work_switched_off()
    with pytest.raises(Refused, match="dev/app/flowable-app would change, too, and may still use it") as refused:
        apply(made, *LAYER)
    assert commands(refused) == [
        ["flowops", "apply", "dev", "app", "flowable-app", "--yes"],
        ["flowops", "apply", "dev", "app", "rds-postgres", "--yes", "--allow-destroy", f"app/rds-postgres//{WORK}"],
    ]
    assert steps(made) == [Step.PLAN]


def test_a_plan_says_already_that_all_at_once_would_be_refused() -> None:
    made = work_switched_off()
    run = plan(made, *LAYER)
    assert run.exit_code is Exit.CHANGES
    (warned,) = run.warnings
    assert warned.startswith("an apply would be refused: dev/app/rds-postgres would lose data")
    assert plan(made, *LAYER, "rds-postgres").warnings == ()


def test_the_new_engine_comes_first_then_the_chart_and_the_old_engine_goes_last() -> None:
    with pytest.raises(Refused) as refused:
        apply(postgres_to_oracle(), *LAYER)
    assert [words[4] for words in commands(refused)] == ["rds-oracle", "flowable-app", "rds-postgres"]


def test_a_resumed_run_that_is_refused_prints_the_order_and_not_itself() -> None:
    with pytest.raises(Refused) as refused:
        apply(work_switched_off(), *LAYER, resumes="run-1")
    assert [words[:5] for words in commands(refused)] == [
        ["flowops", "apply", "dev", "app", "flowable-app"],
        ["flowops", "apply", "dev", "app", "rds-postgres"],
    ]


@pytest.mark.parametrize("story", [work_switched_off, postgres_to_oracle])
def test_allowing_the_loss_does_not_lift_the_order(story: object) -> None:
    made = story()  # type: ignore[operator]
    with pytest.raises(Refused):
        apply(made, *LAYER, allow_destroy=("*",), allow_replace=("*",))
    assert steps(made) == [Step.PLAN]


def test_the_commands_of_the_refusal_lead_to_the_end_one_after_the_other() -> None:
    made = postgres_to_oracle()
    with pytest.raises(Refused) as refused:
        apply(made, *LAYER)
    for words in commands(refused):
        allowed = tuple(words[words.index("--allow-destroy") + 1 :][:1]) if "--allow-destroy" in words else ()
        run = apply(made, *words[2:5], allow_destroy=allowed)
        assert run.exit_code is Exit.FINE
        assert outcomes(run) == {words[4]: "applied"}
        made.changing(f"{words[3]}/{words[4]}")
    assert apply(made, *LAYER).exit_code is Exit.FINE


def test_a_database_may_be_replaced_together_with_what_it_stands_on() -> None:
    made = world().standing("app/rds-postgres", "foundation/vpc").changing("foundation/vpc", change(Action.UPDATE))
    made.changing("app/rds-postgres", change(Action.REPLACE, WORK, "aws_db_instance"))
    run = apply(made, "dev", allow_replace=(f"app/rds-postgres//{WORK}",))
    assert outcomes(run)["vpc"] == outcomes(run)["rds-postgres"] == "applied"


def test_a_destroy_takes_dependents_first_and_needs_no_such_order() -> None:
    made = work_switched_off()
    made.changing("app/flowable-app", change(Action.DELETE, "helm_release.this", "helm_release"))
    made.changing("app/rds-oracle", change(Action.DELETE, WORK, "aws_db_instance"))
    assert destroy(made, *LAYER).exit_code is Exit.FINE
    assert [[unit.name for unit in job.units] for job in made.engine.jobs[1:]] == [
        ["flowable-app"],
        ["rds-oracle", "rds-postgres"],
    ]


def test_a_unit_that_would_be_applied_on_mocks_is_refused_with_what_goes_first() -> None:
    made = world().standing("foundation/eks").changing("foundation/eks", change(Action.UPDATE))
    made.engine.mocks[tree.unit("foundation/eks")] = ("subnet_ids",)
    with pytest.raises(Refused, match="dev/foundation/vpc has no outputs yet, and is not applied") as refused:
        apply(made, "dev", "foundation", "eks")
    assert [words[4] for words in commands(refused)] == ["vpc", "eks"]
    assert steps(made) == [Step.PLAN]


def test_a_mock_that_is_still_there_when_a_unit_is_planned_again_stops_the_run() -> None:
    made = world().standing("foundation/eks").changing("foundation/eks", change(Action.UPDATE))
    made.changing("foundation/vpc", create())
    vpc = tree.unit("foundation/vpc")
    made.engine.mocks[tree.unit("foundation/eks")] = ("subnet_ids",)
    made.engine.after_job = lambda: made.cloud.resources.update({vpc: 0}) if vpc in made.cloud.resources else None
    run = apply(made, "dev", "foundation")
    assert run.exit_code is Exit.REFUSED
    assert outcomes(run)["vpc"] == "applied"
    assert outcomes(run)["eks"] == "not-run"
    assert "dev/foundation/eks cannot be applied: dev/foundation/vpc has no outputs" in run.notes[0]


def test_an_input_that_only_looks_like_a_mock_keeps_nobody_from_applying() -> None:
    made = world().standing("foundation/vpc", "foundation/eks").changing("foundation/eks", change(Action.UPDATE))
    made.engine.mocks[tree.unit("foundation/eks")] = ("cluster_name",)
    assert apply(made, "dev", "foundation", "eks").exit_code is Exit.FINE
    assert made.console.shown[0][0].exact
