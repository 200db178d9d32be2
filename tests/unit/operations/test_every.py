"""All environments in turn: dev first, the protected one last, each with its own yes."""

from __future__ import annotations

import pytest

from flowops.errors import Exit, UnknownTarget, UsageError
from flowops.model.changes import Action
from flowops.model.deployment import Deployment
from flowops.model.job import Step
from flowops.model.run import RunRequest, Verb
from flowops.model.runs import Runs
from flowops.operations import run as operations
from flowops.operations.every import every_environment, having_units
from tests.fakes import tree
from tests.fakes.run import World, change, create, world
from tests.unit.operations.runs import NOW

OPERATIONS = {Verb.PLAN: operations.plan, Verb.APPLY: operations.apply}


def everywhere(made: World, verb: Verb, *confirmed: str, unit: str | None = "vpc", yes: bool = True) -> Runs:
    request = RunRequest(verb, "", "foundation", unit, yes=yes)
    run = OPERATIONS[verb]
    return every_environment(
        request,
        tree.deployment(),
        lambda each: run(each, made.ports, NOW),
        made.console.note,
        confirmed=confirmed,
    )


def both_changing() -> World:
    made = world()
    for name in ("dev", "prod"):
        made.engine.changes[tree.unit("foundation/vpc", name)] = (create(),)
    return made


def jobs(made: World) -> list[tuple[str, Step]]:
    return [(job.environment.name, job.step) for job in made.engine.jobs]


def test_dev_goes_first_and_prod_last_each_from_preview_to_apply() -> None:
    made = both_changing()
    runs = everywhere(made, Verb.APPLY, "prod")
    assert runs.exit_code is Exit.FINE
    assert jobs(made) == [(name, step) for name in ("dev", "prod") for step in (Step.PLAN, Step.APPLY)]


def test_the_protected_one_needs_its_name_and_the_other_is_done_all_the_same() -> None:
    made = both_changing()
    runs = everywhere(made, Verb.APPLY)
    assert [it.done for it in runs.ended] == [True, False]
    assert runs.exit_code is Exit.PARTLY_DONE
    assert any("flowops apply prod foundation vpc --yes --confirm prod" in note for note in made.console.notes)


def test_each_environment_is_asked_about_by_itself_and_a_no_is_about_that_one() -> None:
    made = both_changing()
    made.console.interactive, made.console.answers = True, ["n", "prod"]
    runs = everywhere(made, Verb.APPLY, yes=False)
    assert [it.exit_code for it in runs.ended] == [Exit.DECLINED, Exit.FINE]
    assert [(name, step) for name, step in jobs(made) if not step.plans] == [("prod", Step.APPLY)]


def test_an_apply_that_is_not_done_in_dev_does_not_reach_prod() -> None:
    made = both_changing()
    made.engine.failing[Step.APPLY, tree.unit("foundation/vpc")] = "denied"
    runs = everywhere(made, Verb.APPLY, "prod")
    assert {name for name, _ in jobs(made)} == {"dev"}
    assert runs.ended[1].run is runs.ended[1].error is None
    assert runs.exit_code is Exit.FAILED


def test_a_plan_looks_everywhere_whatever_it_finds() -> None:
    made = both_changing()
    made.engine.failing[Step.PLAN, tree.unit("foundation/vpc")] = "bad variable"
    runs = everywhere(made, Verb.PLAN)
    assert [it.exit_code for it in runs.ended] == [Exit.FAILED, Exit.CHANGES]
    assert runs.exit_code is Exit.FAILED


def test_a_signal_ends_all_turns() -> None:
    made = both_changing()
    made.engine.stop_after = 1
    runs = everywhere(made, Verb.PLAN)
    assert runs.exit_code is Exit.INTERRUPTED
    assert jobs(made) == [("dev", Step.PLAN)]


def test_a_refusal_in_dev_does_not_reach_prod() -> None:
    made = both_changing().standing("foundation/vpc")
    doomed = change(Action.DELETE, "aws_kms_key.this", "aws_kms_key")
    made.engine.changes[tree.unit("foundation/vpc")] = (doomed,)
    runs = everywhere(made, Verb.APPLY, "prod")
    assert runs.exit_code is Exit.REFUSED
    assert {name for name, _ in jobs(made)} == {"dev"}


def test_a_name_to_confirm_that_is_none_is_a_usage_error_before_anything_starts() -> None:
    made = both_changing()
    with pytest.raises(UnknownTarget, match="did you mean 'prod'"):
        everywhere(made, Verb.APPLY, "prodd")
    assert jobs(made) == []


def test_a_unit_that_no_environment_has_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="No environment has a unit foundation vcp"):
        everywhere(both_changing(), Verb.PLAN, unit="vcp")


def test_a_tree_without_units_is_a_usage_error_that_leads_to_what_looks_at_the_tree() -> None:
    with pytest.raises(UsageError, match=r"No environment has a unit\.") as none:
        having_units(Deployment(()))
    assert none.value.next_step == "flowops doctor"
