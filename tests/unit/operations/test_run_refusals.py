"""What a run refuses, and what it asks for by name."""

from __future__ import annotations

import shlex

import pytest

from flowops.errors import Declined, Exit, LockHeld, OperationFailed, Refused, UnknownTarget, UsageError
from flowops.model.changes import Action
from flowops.model.job import Step
from flowops.model.run import RunRequest, Verb
from flowops.model.state import Lock
from flowops.operations import run as operations
from tests.fakes import tree
from tests.fakes.run import change, create, world
from tests.unit.operations.runs import NOW, apply, destroy, everything_new, everything_standing, outcomes, plan, steps


def test_a_replace_that_the_preview_did_not_show_stops_the_run_with_4() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE), outputs=("subnet_ids",))
    made.engine.replanned[tree.unit("foundation/efs")] = (change(Action.REPLACE),)
    run = apply(made)
    assert run.exit_code is Exit.REFUSED
    assert outcomes(run)["vpc"] == "applied"
    assert outcomes(run)["efs"] == outcomes(run)["eks-components"] == "not-run"
    assert "the preview did not show: replace foundation/efs//x.this" in run.notes[0]


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


def test_a_unit_that_others_stand_on_is_not_destroyed_without_with_dependents() -> None:
    made = everything_standing()
    with pytest.raises(Refused, match="dev/foundation/eks-components still stand and depend on dev foundation eks"):
        destroy(made, "dev", "foundation", "eks")
    assert made.engine.jobs == []
    run = destroy(made, "dev", "foundation", "eks", with_dependents=True)
    assert outcomes(run) == {"eks": "destroyed", "eks-components": "destroyed"}


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


@pytest.mark.fault(17)
def test_a_unit_whose_state_was_never_saved_is_neither_planned_nor_applied() -> None:
    made = everything_standing()
    made.engine.errored[tree.unit("foundation/eks")] = "/x/errored.tfstate"
    with pytest.raises(Refused, match=r"it is kept as /x/errored\.tfstate") as refused:
        apply(made)
    assert refused.value.next_step == "flowops recover dev foundation eks"
    assert steps(made) == []
    assert apply(made, "dev", "foundation", "vpc").exit_code is Exit.FINE


def test_chart_repositories_are_asked_before_anything_starts() -> None:
    made = everything_new()
    made.charts.trouble = OperationFailed("The chart repository eks does not answer.")
    with pytest.raises(OperationFailed, match="eks does not answer"):
        apply(made)
    assert steps(made) == []


def test_a_destroy_needs_no_chart_repository() -> None:
    made = everything_standing()
    destroy(made)
    assert made.charts.prepared == [()]


def test_an_apply_of_flowable_without_its_license_names_the_command_that_sets_it() -> None:
    made = everything_new()
    made.charts.flowable = (tree.unit("app/database"),)
    made.secrets.secrets.values = {"arn:repository": b"{}"}
    with pytest.raises(Refused, match=r"dev runs Flowable, and lacks license dev") as caught:
        apply(made, "dev")
    assert caught.value.next_step.startswith("flowops secrets set license dev")
    assert steps(made) == []
    assert made.charts.prepared == []


def test_what_does_not_install_flowable_needs_no_license() -> None:
    made = everything_new()
    made.charts.flowable = (tree.unit("app/database"),)
    assert apply(made).exit_code is Exit.FINE


def test_a_plan_shows_what_would_be_created_before_there_is_a_license() -> None:
    made = everything_new()
    made.charts.flowable = (tree.unit("app/database"),)
    assert plan(made, "dev").exit_code is Exit.CHANGES


def test_a_unit_whose_upstream_has_vanished_is_not_destroyed_on_mocks() -> None:
    made = world().standing("foundation/eks")
    made.engine.mocks[tree.unit("foundation/eks")] = ("subnet_ids",)
    with pytest.raises(Refused, match="eks cannot be destroyed: dev/foundation/vpc, which it reads, has no outputs"):
        destroy(made)
    assert steps(made) == [Step.PLAN_DESTROY]
    assert destroy(made.standing("foundation/vpc")).exit_code is Exit.FINE
