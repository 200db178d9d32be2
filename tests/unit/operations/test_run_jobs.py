"""How the jobs of a run are given to the engine: shared providers, order, types, and how many at once."""

from __future__ import annotations

import pytest

from flowops.model.changes import Action
from flowops.model.job import Step
from flowops.model.run import WarmProviders
from tests.fakes import tree
from tests.fakes.run import change
from tests.unit.operations.runs import apply, destroy, everything_new, everything_new_in, everything_standing, plan


@pytest.mark.parametrize("hurried", [False, True])
def test_by_itself_everything_shares_providers_but_what_writes_where_an_interrupt_is_followed_by_a_kill(
    hurried: bool,
) -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE), outputs=("subnet_ids",))
    made.engine.hurried = hurried
    plan(made)
    apply(made)
    destroy(made)
    apply(everything_new_in(made, "prod"), "prod", "foundation", confirm="prod")
    assert {job.step for job in made.engine.jobs} == set(Step)
    assert all(job.warm is (job.step.plans or not hurried) for job in made.engine.jobs)


def test_never_shares_no_provider_and_prepares_none() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    plan(made, warm_providers=WarmProviders.NEVER)
    apply(made, warm_providers=WarmProviders.NEVER)
    destroy(made, warm_providers=WarmProviders.NEVER)
    assert {job.step for job in made.engine.jobs} == {Step.PLAN, Step.APPLY_SAVED, Step.PLAN_DESTROY}
    assert not any(job.warm for job in made.engine.jobs)
    assert made.engine.prepared == []


def test_always_shares_providers_in_everything() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    apply(made, warm_providers=WarmProviders.ALWAYS)
    destroy(made, warm_providers=WarmProviders.ALWAYS)
    assert {job.step for job in made.engine.jobs} == {Step.PLAN, Step.APPLY_SAVED, Step.PLAN_DESTROY}
    assert all(job.warm for job in made.engine.jobs)


@pytest.mark.parametrize("warm_providers", [WarmProviders.AUTO, WarmProviders.ALWAYS])
def test_the_selected_units_providers_are_prepared_once(warm_providers: WarmProviders) -> None:
    made = everything_standing()
    plan(made, "dev", "foundation", "eks", warm_providers=warm_providers)
    assert made.engine.prepared == [(tree.unit("foundation/eks"),)]


def test_a_plan_waits_for_nobody_where_everything_upstream_stands() -> None:
    made = everything_standing()
    plan(made)
    plan(made, "dev", "app", "database")
    assert [job.ordered for job in made.engine.jobs] == [False, False]


@pytest.mark.parametrize("resources", [None, 0], ids=["never applied", "empty"])
def test_a_plan_keeps_the_order_where_something_upstream_may_have_no_outputs(resources: int | None) -> None:
    made = everything_standing()
    made.cloud.resources.pop(tree.unit("foundation/vpc"))
    if resources is not None:
        made.cloud.resources[tree.unit("foundation/vpc")] = resources
    plan(made)
    plan(made, "dev", "foundation", "eks-components")
    plan(made, "dev", "foundation", "resource-group")
    assert [job.ordered for job in made.engine.jobs] == [True, True, False]


def test_a_new_unit_at_the_end_of_the_order_makes_nobody_wait() -> None:
    made = everything_standing()
    made.cloud.resources.pop(tree.unit("foundation/eks-components"))
    plan(made)
    assert [job.ordered for job in made.engine.jobs] == [False]


def test_what_writes_keeps_the_order_always() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    apply(made)
    destroy(made)
    writes = [job for job in made.engine.jobs if not job.step.plans]
    assert writes
    assert all(job.ordered for job in writes)


def test_a_job_knows_the_types_that_the_states_of_its_units_and_of_what_they_stand_on_name() -> None:
    made = everything_standing()
    made.cloud.types = {
        tree.unit("foundation/vpc"): frozenset({"aws_vpc", "aws_subnet"}),
        tree.unit("foundation/eks"): frozenset({"aws_eks_cluster"}),
        tree.unit("foundation/vpc", "prod"): frozenset({"aws_elsewhere"}),
    }
    plan(made, "dev", "foundation", "efs")
    assert [job.types for job in made.engine.jobs] == [{"aws_vpc", "aws_subnet"}]


def test_units_without_a_state_name_no_types() -> None:
    made = everything_new()
    plan(made)
    assert [job.types for job in made.engine.jobs] == [frozenset()]


def test_the_record_says_what_was_warm_and_what_was_done_again_and_why() -> None:
    made = everything_standing()
    made.engine.again = {tree.unit("foundation/eks"): "the provider did not answer: Socket closed"}
    plan(made)
    events = made.journal.records[0].events
    assert [data["warm"] for kind, data in events if kind == "step"] == [True]
    assert [data for kind, data in events if kind == "again"] == [
        {"unit": "dev/foundation/eks", "warm": False, "because": "the provider did not answer: Socket closed"}
    ]


def test_what_was_done_once_leaves_no_such_record() -> None:
    made = everything_standing()
    plan(made)
    assert "again" not in [kind for kind, _ in made.journal.records[0].events]


@pytest.mark.parametrize("asked", [None, 7])
def test_how_many_at_once_is_what_was_typed_or_left_to_the_machine(asked: int | None) -> None:
    made = everything_standing()
    plan(made, parallelism=asked)
    assert [job.parallelism for job in made.engine.jobs] == [asked]
