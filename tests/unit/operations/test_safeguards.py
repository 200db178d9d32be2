"""The working copy, the number of changes, and the project's own rules, as a run meets them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from flowops.errors import Exit, Refused
from flowops.model.changes import Action, ResourceChange
from flowops.model.job import Step
from flowops.model.rules import Condition, Effect, Rule
from flowops.model.safeguards import GitState, GuardRules, When
from tests.fakes import tree
from tests.fakes.run import World, change, create, world
from tests.unit.operations.runs import apply, destroy, everything_new, everything_standing, outcomes, plan, steps

PROD = ("prod", "foundation", "vpc")
DIRTY = GitState(changed=("deployments/root.hcl",), upstream="origin/main")
BEHIND = GitState(upstream="origin/main", behind=3)


def prod(git: GitState | None, rules: GuardRules | None = None) -> World:
    made = world()
    made.git.found, made.rules = git, rules or made.rules
    made.engine.changes[tree.unit("foundation/vpc", "prod")] = (create(),)
    return made


@pytest.mark.parametrize(
    ("git", "name", "why"),
    [
        (DIRTY, "git_clean", "git_clean: not committed: deployments/root.hcl"),
        (BEHIND, "git_up_to_date", r"git_up_to_date: the working copy is 3 commit\(s\) behind origin/main"),
        (GitState(trouble="no route to host"), "git_clean", "git_clean: git cannot tell: no route to host"),
    ],
)
def test_a_protected_environment_wants_what_is_committed_and_pushed(git: GitState, name: str, why: str) -> None:
    made = prod(git)
    with pytest.raises(Refused, match=why) as refused:
        apply(made, *PROD, confirm="prod")
    assert steps(made) == []
    assert f"--without-safeguard {name}" in refused.value.next_step
    words = refused.value.next_step.split()
    names = tuple(after for word, after in itertools.pairwise(words) if word == "--without-safeguard")
    assert apply(made, *PROD, confirm="prod", without_safeguards=names).exit_code is Exit.FINE


@pytest.mark.parametrize(
    ("git", "mends"),
    [
        (DIRTY, "git -C . add --all . && git -C . commit"),
        (replace(BEHIND, place="/a b"), "git -C '/a b' pull --ff-only"),
        (GitState(trouble="no route to host"), "git -C . fetch"),
        (replace(BEHIND, changed=("env.hcl",)), "git -C . pull --ff-only && git -C . add --all . && git -C . commit"),
    ],
)
def test_a_refusal_says_how_to_meet_what_is_not_met_and_no_more(git: GitState, mends: str) -> None:
    with pytest.raises(Refused) as refused:
        apply(prod(git), *PROD, confirm="prod")
    again = "flowops apply prod foundation vpc --yes --confirm prod"
    assert refused.value.next_step.startswith(f"{mends}, then {again}; or without: {again} --without-safeguard git_")


def test_dev_may_be_dirty_a_plan_may_always_and_outside_of_git_there_is_nothing_to_compare() -> None:
    made = everything_standing()
    made.git.found = DIRTY
    assert apply(made).exit_code is Exit.FINE
    assert made.git.fetched == 0
    assert plan(prod(DIRTY), *PROD).exit_code is Exit.CHANGES
    assert apply(prod(None), *PROD, confirm="prod").exit_code is Exit.FINE


def test_a_destroy_of_a_protected_environment_looks_at_git_too() -> None:
    made = prod(DIRTY).standing("foundation/vpc", environment="prod")
    with pytest.raises(Refused, match="not committed"):
        destroy(made, *PROD)


def test_the_configuration_says_for_whom_a_safeguard_stands() -> None:
    made = everything_standing()
    made.git.found, made.rules = DIRTY, GuardRules(git_clean=When.ALWAYS)
    with pytest.raises(Refused, match="git_clean"):
        apply(made)
    never = GuardRules(git_clean=When.NEVER, git_up_to_date=When.NEVER)
    assert apply(prod(DIRTY, never), *PROD, confirm="prod").exit_code is Exit.FINE


WARN = Rule("policies/house.yaml:3", Effect.WARN, "Networks change on Mondays.", type="aws_vpc")
REFUSE = Rule("policies/house.yaml:7", Effect.REFUSE, "Roles are made elsewhere.", type="aws_iam_role")


def ruled(*rules: Rule) -> World:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE))
    made.changing("foundation/eks", create("aws_iam_role.this", "aws_iam_role"))
    made.rules = GuardRules(rules=rules)
    return made


def test_a_plan_says_what_rules_warn_of_and_what_they_would_refuse() -> None:
    made = ruled(WARN, REFUSE)
    run = plan(made)
    assert run.exit_code is Exit.CHANGES
    assert run.warnings == (
        "warning: change foundation/vpc//x.this: Networks change on Mondays. (policies/house.yaml:3)",
        "an apply would be refused: add foundation/eks//aws_iam_role.this: Roles are made elsewhere. "
        "(policies/house.yaml:7)",
    )
    assert list(run.warnings) == made.console.notes


def test_an_apply_shows_warnings_and_goes_on_and_stops_at_a_refusal() -> None:
    made = ruled(WARN)
    assert apply(made).exit_code is Exit.FINE
    assert "Networks change on Mondays" in made.console.notes[1]
    with pytest.raises(Refused, match="Roles are made elsewhere") as refused:
        apply(ruled(REFUSE), allow_destroy=("*",))
    assert refused.value.next_step.startswith("change what the plans are made of")


def test_types_of_the_configuration_are_guarded_in_a_run() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.DELETE, "aws_sqs_queue.q", "aws_sqs_queue"))
    made.rules = GuardRules(stateful_types=frozenset({"aws_sqs_queue"}))
    with pytest.raises(Refused, match="which holds data"):
        apply(made)
    assert made.console.shown[0][4].changes[0].stateful, "and marked in the preview"


def test_rules_look_at_what_is_planned_again_too() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE), outputs=("subnet_ids",))
    made.rules = GuardRules(rules=(REFUSE,))
    made.engine.replanned[tree.unit("foundation/eks")] = (create("aws_iam_role.this", "aws_iam_role"),)
    run = apply(made)
    assert run.exit_code is Exit.REFUSED
    assert "Roles are made elsewhere" in run.notes[0]
    assert run.notes[0].endswith("Next: flowops plan dev foundation")


def test_rules_warn_of_what_is_planned_again_and_say_nothing_twice() -> None:
    made = everything_standing().changing("foundation/vpc", change(Action.UPDATE), outputs=("subnet_ids",))
    made.changing("foundation/efs", change(Action.UPDATE))
    made.rules = GuardRules(rules=(WARN,))
    made.engine.replanned[tree.unit("foundation/eks")] = (change(Action.UPDATE),)
    run = apply(made)
    said = [f"warning: change foundation/{name}//x.this: Networks change on Mondays." for name in ("efs", "vpc", "eks")]
    assert [it.partition(" (")[0] for it in run.warnings] == said
    assert [it for it in made.console.notes if it.startswith("warning")] == list(run.warnings)


def test_the_maximum_is_one_for_the_whole_run_however_many_waves_it_takes() -> None:
    shown = [change(Action.UPDATE, f"x.shown{number}") for number in range(3)]
    made = everything_standing().changing("foundation/vpc", *shown, outputs=("subnet_ids",))
    for name in ("efs", "eks"):
        made.engine.replanned[tree.unit(f"foundation/{name}")] = (change(Action.UPDATE), change(Action.UPDATE, "x.two"))
    made.rules = GuardRules(max_changes=5)
    run = apply(made)
    assert run.exit_code is Exit.REFUSED
    assert "would change 7 resources, more than the 5" in run.notes[0]
    assert outcomes(run)["vpc"] == "applied"
    assert outcomes(run)["efs"] == "not-run"


IN_PROD = Rule(
    "policies/house.yaml:9", Effect.REFUSE, "No.", conditions=(Condition("after", ("net",), "matches", "vpc-prod*"),)
)


def new_on_mocks(rules: GuardRules) -> World:
    """Return a new layer whose efs is previewed on a mock; on the real value it is two resources in another network."""
    made, efs = everything_new(), tree.unit("foundation/efs")
    made.engine.mocks[efs], made.rules = ("net",), rules
    made.engine.changes[efs] = (ResourceChange("x.this", "aws_vpc", Action.CREATE, after={"net": "mock-vpc"}),)
    real = {"net": "vpc-prod-1"}
    made.engine.replanned[efs] = tuple(
        ResourceChange(address, "aws_vpc", Action.CREATE, after=real) for address in ("x.this", "x.two")
    )
    return made


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (GuardRules(rules=(IN_PROD,)), "add foundation/efs//x.this: No. (policies/house.yaml:9)"),
        (GuardRules(max_changes=5), "would change 6 resources, more than the 5"),
    ],
)
def test_the_guard_sees_the_real_values_of_a_new_layer_before_they_are_applied(rules: GuardRules, why: str) -> None:
    made = new_on_mocks(rules)
    run = apply(made)
    assert run.exit_code is Exit.REFUSED
    assert why in run.notes[0]
    assert outcomes(run) | {"vpc": "applied", "efs": "not-run"} == outcomes(run)


ABOUT_DESTROYS = Rule("f:1", Effect.REFUSE, "No.", actions=frozenset({Action.DELETE}))


@pytest.mark.parametrize(
    ("rules", "flags"),
    [
        (GuardRules(), {}),
        (GuardRules(rules=(Rule("f:1", Effect.ALLOW, "All."), ABOUT_DESTROYS)), {}),
        (GuardRules(max_changes=5), {"without_safeguards": ("max_changes",)}),
    ],
)
def test_where_no_value_matters_to_the_guard_a_new_layer_is_one_terragrunt_run(
    rules: GuardRules, flags: dict[str, object]
) -> None:
    made = new_on_mocks(rules)
    assert apply(made, **flags).exit_code is Exit.FINE
    assert steps(made) == [Step.PLAN, Step.APPLY]


def test_where_rules_look_at_values_a_new_unit_is_applied_from_the_plan_that_they_saw() -> None:
    made = everything_new()
    made.rules = GuardRules(rules=(IN_PROD,), max_changes=5)
    assert apply(made, "dev", "foundation", "vpc").exit_code is Exit.FINE
    assert steps(made) == [Step.PLAN, Step.APPLY_SAVED]
