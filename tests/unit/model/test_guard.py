"""May this run change what its plans show?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model import guard
from flowops.model.changes import STATEFUL_TYPES, Action, Plan, ResourceChange
from flowops.model.guard import Allowed, Forbidden, NeedsConfirmation
from flowops.model.rules import Effect, Rule
from flowops.model.run import RunRequest, Verb
from flowops.model.safeguards import GuardRules
from tests.fakes import tree
from tests.fakes.run import change, create

DEV, PROD = tree.environment("dev"), tree.environment("prod", protected=True)
VPC = tree.unit("foundation/vpc")
APPLY = RunRequest(Verb.APPLY, "dev", yes=True)
DATABASE = ("aws_db_instance.this", "aws_db_instance")

changes = st.lists(
    st.builds(
        ResourceChange,
        st.sampled_from(["x.a", "x.b", 'x.c["d"]']),
        st.sampled_from(["aws_vpc", "aws_iam_role", *sorted(STATEFUL_TYPES)]),
        st.sampled_from(Action),
    ),
    max_size=5,
)


@given(changes, st.booleans(), st.sampled_from([Verb.APPLY, Verb.DESTROY]), st.booleans())
def test_nothing_that_changes_runs_unasked_and_no_data_goes_without_its_name(
    made: list[ResourceChange], protected: bool, verb: Verb, one_unit: bool
) -> None:
    environment = PROD if protected else DEV
    request = RunRequest(verb, environment.name, "foundation", "vpc" if one_unit else None, yes=True)
    plan = Plan(VPC, tuple(made))
    verdict = guard.evaluate(request, environment, [plan])
    assert isinstance(verdict, Allowed) == plan.empty
    lost = [it for it in made if it.stateful]
    covered = verb is Verb.DESTROY and not one_unit and not protected
    if any(not (covered and it.action is Action.DELETE) for it in lost):
        assert isinstance(verdict, Forbidden)
    elif not plan.empty:
        assert verdict == NeedsConfirmation(environment.name if protected or verb is Verb.DESTROY else "")


@given(changes)
def test_the_flags_of_a_refusal_allow_exactly_that(made: list[ResourceChange]) -> None:
    plan = Plan(VPC, tuple(made))
    verdict = guard.evaluate(APPLY, DEV, [plan])
    if isinstance(verdict, Forbidden):
        lost = [it for it in made if it.stateful]
        allowing = replace(
            APPLY,
            allow_replace=tuple(plan.address(it) for it in lost if it.action is Action.REPLACE),
            allow_destroy=tuple(plan.address(it) for it in lost if it.action is Action.DELETE),
        )
        assert len(verdict.flags) == len(lost)
        assert guard.evaluate(allowing, DEV, [plan]) == NeedsConfirmation()


@given(changes, changes)
def test_what_was_shown_is_no_surprise_and_what_was_not_is_one(
    shown: list[ResourceChange], planned: list[ResourceChange]
) -> None:
    before, after = Plan(VPC, tuple(shown)), Plan(VPC, tuple(planned))
    assert guard.unseen(after, after) == ()
    known = {(it.address, it.action) for it in shown}
    for it in guard.unseen(before, after):
        assert (it.address, it.action) not in known
        assert it.action in (Action.DELETE, Action.REPLACE) or it.precious
    assert all(it.action is not Action.CREATE for it in guard.unseen(None, after))


def test_a_change_of_something_that_holds_data_is_a_surprise_where_a_change_of_a_role_is_none() -> None:
    plan = Plan(VPC, (change(Action.UPDATE, *DATABASE), change(Action.UPDATE, "aws_iam_role.this", "aws_iam_role")))
    assert [it.address for it in guard.unseen(Plan(VPC, ()), plan)] == ["aws_db_instance.this"]


def test_types_of_the_configuration_hold_data_too() -> None:
    plan = Plan(VPC, (change(Action.DELETE, "aws_sqs_queue.this", "aws_sqs_queue"),))
    assert isinstance(guard.evaluate(APPLY, DEV, [plan]), NeedsConfirmation)
    verdict = guard.evaluate(APPLY, DEV, [plan.holding({"aws_sqs_queue"})])
    assert isinstance(verdict, Forbidden)
    assert verdict.flags == ("--allow-destroy foundation/vpc//aws_sqs_queue.this",)


def test_a_tainted_database_is_refused_with_the_command_that_untaints_it() -> None:
    tainted = replace(change(Action.REPLACE, 'aws_db_instance.this["work"]', DATABASE[1]), reason=guard.TAINTED)
    verdict = guard.evaluate(APPLY, DEV, [Plan(VPC, (tainted,))])
    assert isinstance(verdict, Forbidden)
    assert verdict.commands == (
        "flowops recover dev foundation vpc --untaint 'foundation/vpc//aws_db_instance.this[\"work\"]'",
    )
    allowed = replace(APPLY, allow_replace=("foundation/vpc//*",))
    assert guard.evaluate(allowed, DEV, [Plan(VPC, (tainted,))]) == NeedsConfirmation()


@pytest.mark.parametrize(("number", "refused"), [(2, False), (3, True)])
def test_more_changes_than_the_project_wants_at_once_are_refused(number: int, refused: bool) -> None:
    plan = Plan(VPC, tuple(create(f"x.{index}") for index in range(number)))
    rules = GuardRules(max_changes=2)
    verdict = guard.evaluate(APPLY, DEV, [plan], rules)
    assert isinstance(verdict, Forbidden) is refused
    if isinstance(verdict, Forbidden):
        assert verdict.flags == ("--without-safeguard max_changes",)
    without = replace(APPLY, without_safeguards=("max_changes",))
    assert guard.evaluate(without, DEV, [plan], rules) == NeedsConfirmation()
    assert not isinstance(guard.evaluate(replace(APPLY, verb=Verb.DESTROY), DEV, [plan], rules), Forbidden)


def test_a_plan_for_another_account_is_refused_and_no_flag_is_offered() -> None:
    plan = Plan(VPC, (create(),), accounts=("333333333333",))
    verdict = guard.evaluate(APPLY, DEV, [plan], account="222222222222")
    assert isinstance(verdict, Forbidden)
    assert verdict.final
    assert verdict.flags == ()
    assert "is for account 333333333333, but dev is account 222222222222" in verdict.reasons[0]
    assert guard.evaluate(APPLY, DEV, [plan], account="333333333333") == NeedsConfirmation()


def test_what_a_rule_refuses_nothing_allows_and_what_it_allows_the_guard_still_refuses() -> None:
    plan = Plan(VPC, (change(Action.DELETE, *DATABASE),))
    request = replace(APPLY, allow_destroy=("*",), allow_replace=("*",))
    never = GuardRules(rules=(Rule("policies/a.yaml:2", Effect.REFUSE, "Never."),))
    verdict = guard.evaluate(request, DEV, [plan], never)
    assert isinstance(verdict, Forbidden)
    assert verdict.final
    always = GuardRules(rules=(Rule("policies/a.yaml:2", Effect.ALLOW, "Always."),))
    assert isinstance(guard.evaluate(APPLY, DEV, [plan], always), Forbidden)
