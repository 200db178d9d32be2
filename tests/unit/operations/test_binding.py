"""What was shown is what runs: between the preview and the apply something moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowops.errors import Exit, Refused
from flowops.model.binding import SavedPlan
from flowops.model.changes import Action
from flowops.model.job import Step
from flowops.model.state import Output, UnitState
from tests.fakes import tree
from tests.fakes.run import World, change
from tests.unit.operations.runs import apply, destroy, everything_new, everything_standing, outcomes, steps

VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")


def changing() -> World:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", change(Action.UPDATE))
    made.sources.texts[EKS] = {"deployments/aws/non-prod/eu-central-1/dev/env.hcl": "1"}
    return made


def somebody_applies(made: World) -> None:
    made.cloud.serials[EKS] = 2


def a_file_changes(made: World) -> None:
    made.sources.texts[EKS] = {"deployments/aws/non-prod/eu-central-1/dev/env.hcl": "2"}


def the_plan_is_cut_short(made: World) -> None:
    made.sources.made = {file: SavedPlan("") if EKS.id in file else it for file, it in made.sources.made.items()}


def the_plan_is_another_environments(made: World) -> None:
    made.sources.made = {
        file: SavedPlan("of prod", 1, "prod") if EKS.id in file else it for file, it in made.sources.made.items()
    }


def providers_change(made: World) -> None:
    made.sources.locks[EKS] = "other"


def terraform_changes(made: World) -> None:
    made.sources.versions["terraform"] = "1.12.0"


def the_account_changes(made: World) -> None:
    made.cloud.account = "333333333333"


MOVES = [
    (somebody_applies, "state serial 1 → 2: somebody applied in between"),
    (a_file_changes, "deployments/aws/non-prod/eu-central-1/dev/env.hcl changed"),
    (the_plan_is_cut_short, "the plan file is gone, or is no plan"),
    (the_plan_is_another_environments, "the plan file is not the one that was shown"),
    (providers_change, "the lock file of the providers changed"),
    (terraform_changes, "terraform 1.11.4 → 1.12.0"),
    (the_account_changes, "account 222222222222 → 333333333333"),
]


@pytest.mark.parametrize(("move", "said"), MOVES)
def test_a_plan_whose_ground_moved_after_the_first_wave_stops_the_run_with_4(
    move: Callable[[World], None], said: str
) -> None:
    made = changing()
    made.engine.after_job = lambda: move(made) if len(made.engine.jobs) == 2 else None
    run = apply(made)
    assert run.exit_code is Exit.REFUSED
    assert outcomes(run)["vpc"] == "applied", "what was finished is recorded"
    assert outcomes(run)["eks"] == "not-run"
    assert said in run.notes[0]
    assert steps(made) == [Step.PLAN, Step.APPLY_SAVED]


def test_a_move_while_the_operator_thinks_lets_nothing_start() -> None:
    made = changing()
    made.console.interactive, made.console.answers = True, ["y"]
    made.console.meanwhile = lambda: made.cloud.serials.update({VPC: 8})
    run = apply(made, yes=False)
    assert run.exit_code is Exit.REFUSED
    assert "dev/foundation/vpc: state serial 1 → 8" in run.notes[0]
    assert steps(made) == [Step.PLAN]
    assert {outcomes(run)[name] for name in ("vpc", "eks")} == {"not-run"}


def test_a_file_that_changes_while_it_is_planned_counts_too() -> None:
    made = changing()
    made.engine.after_job = lambda: a_file_changes(made)
    run = apply(made)
    assert "env.hcl changed" in run.notes[0]


def test_a_new_layer_whose_files_moved_is_not_begun() -> None:
    made = everything_new()
    made.console.interactive, made.console.answers = True, ["y"]
    made.console.meanwhile = lambda: made.sources.texts.update({EKS: {"terraform-modules/eks/main.tf": "2"}})
    with pytest.raises(Refused, match=r"dev/foundation/eks: terraform-modules/eks/main\.tf is new"):
        apply(made, yes=False)
    assert steps(made) == [Step.PLAN]


def test_upstream_outputs_that_somebody_else_changed_stop_what_reads_them() -> None:
    made = everything_standing().changing("foundation/eks", change(Action.UPDATE))
    other = UnitState(9, "lineage", 3, {"subnet_ids": Output(["subnet-2"])})
    made.engine.after_job = lambda: made.cloud.replaced.update({VPC: other})
    run = apply(made, "dev", "foundation", "eks")
    assert "outputs of dev/foundation/vpc changed" in run.notes[0]


def test_a_destroy_looks_again_too() -> None:
    made = everything_standing()
    made.console.interactive, made.console.answers = True, ["dev"]
    made.console.meanwhile = lambda: somebody_applies(made)
    run = destroy(made, yes=False, confirm="")
    assert run.exit_code is Exit.REFUSED
    assert outcomes(run)["vpc"] == "not-run"


def test_what_each_plan_was_made_on_is_in_the_journal_and_in_the_runs_folder() -> None:
    made = changing()
    apply(made)
    bound = {data["unit"]: data for kind, data in made.journal.records[0].events if kind == "bound"}
    assert set(bound) == {
        f"dev/foundation/{name}" for name in ("vpc", "efs", "eks", "eks-components", "resource-group")
    }
    assert bound[EKS.id] | {"tree": ""} == {
        "unit": EKS.id,
        "plan": f"hash of {EKS.id} 1",
        "serial": 1,
        "lineage": "lineage",
        "tree": "",
        "lock": "",
        "account": "222222222222",
        "tools": {"terraform": "1.11.4", "terragrunt": "1.1.3"},
    }
    assert made.sources.kept[0][EKS.id] == {name: it for name, it in bound[EKS.id].items() if name != "unit"}
