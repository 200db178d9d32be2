"""plan, apply and destroy, told with fakes."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import pytest

from flowops.errors import Declined, Exit, LockHeld, Refused, UnknownTarget, UsageError
from flowops.model.access import Access
from flowops.model.changes import Action
from flowops.model.job import Step
from flowops.model.run import Outcome, Run, RunRequest, Verb, WarmProviders
from flowops.model.state import Lock
from flowops.operations import run as operations
from tests.fakes import tree
from tests.fakes.run import World, change, create, world

NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
FOUNDATION = ("vpc", "efs", "eks", "eks-components", "resource-group")


def apply(world: World, *target: str, **flags: object) -> Run:
    request = RunRequest(Verb.APPLY, *(target or ("dev", "foundation")), **({"yes": True} | flags))  # type: ignore[arg-type]
    return operations.apply(request, world.ports, NOW)


def destroy(world: World, *target: str, **flags: object) -> Run:
    words = target or ("dev", "foundation")
    request = RunRequest(Verb.DESTROY, *words, **({"yes": True, "confirm": words[0]} | flags))  # type: ignore[arg-type]
    return operations.destroy(request, world.ports, NOW)


def plan(world: World, *target: str, **flags: object) -> Run:
    request = RunRequest(Verb.PLAN, *(target or ("dev", "foundation")), **flags)  # type: ignore[arg-type]
    return operations.plan(request, world.ports, NOW)


def outcomes(run: Run) -> dict[str, str]:
    return {it.unit.name: it.outcome.value for it in run.units}


def everything_new() -> World:
    made = world()
    for name in FOUNDATION:
        made.changing(f"foundation/{name}", create())
    return made


def everything_new_in(made: World, environment: str) -> World:
    for name in FOUNDATION:
        made.engine.changes[tree.unit(f"foundation/{name}", environment)] = (create(),)
    return made


def everything_standing() -> World:
    return world().standing(*(f"foundation/{name}" for name in FOUNDATION))


def steps(world: World) -> list[Step]:
    return [job.step for job in world.engine.jobs]


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


def test_a_replace_that_the_preview_did_not_show_stops_the_run_with_4() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE), outputs=("subnet_ids",))
    made.engine.replanned[tree.unit("foundation/efs")] = (change(Action.REPLACE),)
    run = apply(made)
    assert run.exit_code is Exit.REFUSED
    assert outcomes(run)["vpc"] == "applied"
    assert outcomes(run)["efs"] == outcomes(run)["eks-components"] == "not-run"
    assert "the preview did not show: replace foundation/efs//x.this" in run.notes[0]


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


def test_an_apply_without_anybody_to_ask_is_declined_before_it_starts() -> None:
    made = everything_new()
    with pytest.raises(Declined, match="flowops apply dev foundation --yes"):
        apply(made, yes=False)
    assert steps(made) == [Step.PLAN]


def test_the_operator_may_say_no() -> None:
    made = everything_new()
    made.console.interactive = True
    made.console.answers = ["n"]
    with pytest.raises(Declined, match="declined"):
        apply(made, yes=False)


def test_a_protected_environment_needs_its_name_as_well_as_yes() -> None:
    made = world()
    made.engine.changes[tree.unit("foundation/vpc", "prod")] = (create(),)
    with pytest.raises(Declined, match="--confirm prod"):
        apply(made, "prod", "foundation", "vpc")
    assert apply(made, "prod", "foundation", "vpc", confirm="prod").exit_code is Exit.FINE


def test_deleting_something_stateful_needs_its_own_flag_even_with_yes() -> None:
    made = everything_standing().changing(
        "foundation/efs", change(Action.DELETE, "aws_efs_file_system.this", "aws_efs_file_system")
    )
    with pytest.raises(Refused, match="--allow-destroy foundation/efs//aws_efs_file_system"):
        apply(made)
    assert apply(made, allow_destroy=("foundation/efs//*",)).exit_code is Exit.FINE


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


def test_a_unit_that_others_stand_on_is_not_destroyed_without_with_dependents() -> None:
    made = everything_standing()
    with pytest.raises(Refused, match="dev/foundation/eks-components still stand and depend on dev foundation eks"):
        destroy(made, "dev", "foundation", "eks")
    assert made.engine.jobs == []
    run = destroy(made, "dev", "foundation", "eks", with_dependents=True)
    assert outcomes(run) == {"eks": "destroyed", "eks-components": "destroyed"}


def test_a_failed_destroy_blocks_what_it_stands_on() -> None:
    made = everything_standing()
    made.engine.failing[Step.APPLY_SAVED, tree.unit("foundation/eks")] = "in use"
    run = destroy(made)
    assert outcomes(run) == dict.fromkeys(FOUNDATION, "destroyed") | {"eks": "failed", "vpc": "blocked"}
    assert run.exit_code is Exit.PARTLY_DONE


def test_destroy_needs_the_environments_name() -> None:
    with pytest.raises(Declined, match="--confirm dev"):
        destroy(everything_standing(), confirm="")


@pytest.mark.parametrize(
    ("target", "nearest"),
    [(("dve",), "'dev'"), (("dev", "foundaton"), "'foundation'"), (("dev", "foundation", "vpcs"), "'vpc'")],
)
def test_an_unknown_name_is_answered_with_the_nearest(target: tuple[str, ...], nearest: str) -> None:
    with pytest.raises(UnknownTarget, match=f"did you mean {nearest}"):
        apply(world(), *target)


def test_an_environment_without_units_is_a_usage_error() -> None:
    made = world()
    empty = tree.deployment().environment("dev")
    ports = made.ports
    bare = type(ports.deployment)((type(empty)("dev", "dev", empty.path, False, empty.layers, ()),))
    with pytest.raises(UsageError, match="no unit in dev"):
        operations.plan(RunRequest(Verb.PLAN, "dev"), type(ports)(bare, *list(vars(ports).values())[1:]), NOW)


def test_every_run_is_recorded_with_its_result() -> None:
    made = everything_new()
    run = apply(made)
    assert made.journal.records[0].finished == run


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


def test_somebody_elses_lock_stops_a_run_before_anything_is_planned() -> None:
    made = everything_standing()
    made.cloud.held[tree.unit("foundation/eks")] = Lock("key", "1", "ann@laptop", "Apply", "02:15")
    with pytest.raises(LockHeld, match="dev/foundation/eks is locked by ann@laptop since 02:15"):
        apply(made)
    with pytest.raises(LockHeld):
        destroy(made)
    assert steps(made) == []


def test_a_wrong_name_in_confirm_is_never_taken_for_a_yes() -> None:
    with pytest.raises(Declined, match="--confirm says 'prod', but the environment is 'dev'"):
        apply(everything_new(), confirm="prod")


def test_the_flag_that_a_refusal_names_is_the_flag_that_allows_it() -> None:
    doomed = change(Action.REPLACE, 'aws_kms_key.this["a"]', "aws_kms_key")
    with pytest.raises(Refused) as refused:
        apply(everything_standing().changing("foundation/efs", doomed))
    words = shlex.split(refused.value.next_step)
    allowed = words[words.index("--allow-replace") + 1]
    made = everything_standing().changing("foundation/efs", doomed)
    assert apply(made, allow_replace=(allowed,)).exit_code is Exit.FINE


def test_a_run_that_ends_with_an_error_is_recorded_too() -> None:
    made = everything_new()
    with pytest.raises(Declined):
        apply(made, yes=False)
    assert made.journal.records[0].failed is not None


def test_a_unit_whose_state_was_never_saved_is_neither_planned_nor_applied() -> None:
    made = everything_standing()
    made.engine.errored[tree.unit("foundation/eks")] = "/x/errored.tfstate"
    with pytest.raises(Refused, match=r"its only copy is /x/errored\.tfstate") as refused:
        apply(made)
    assert "terraform state push" in refused.value.next_step
    assert steps(made) == []
    assert apply(made, "dev", "foundation", "vpc").exit_code is Exit.FINE


def test_by_itself_whatever_only_plans_shares_providers_and_what_writes_does_not() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE), outputs=("subnet_ids",))
    plan(made)
    apply(made)
    destroy(made)
    apply(everything_new_in(made, "prod"), "prod", "foundation", confirm="prod")
    assert {job.step for job in made.engine.jobs} == set(Step)
    assert all(job.warm is job.step.plans for job in made.engine.jobs)


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
    plan(made, "dev", "app")
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
