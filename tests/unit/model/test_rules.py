"""A project's own rules on the changes of a plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.rules import OPERATORS, Condition, Effect, Rule, judge
from tests.fakes import tree

UNIT = tree.unit("app/rds-postgres")
VALUES = {
    "publicly_accessible": True,
    "size": 20,
    "tags": {"team": "iam"},
    "rules": [{"cidr": "10.0.0.0/8"}],
    "no": None,
}


def database(action: Action = Action.UPDATE, **values: Any) -> ResourceChange:
    given: dict[str, Any] = {"before": {}, "after": VALUES, "unknown": {}} | values
    return ResourceChange("aws_db_instance.this", "aws_db_instance", action, **given)


def said(rules: list[Rule], *changes: ResourceChange) -> list[tuple[str, str]]:
    found = judge(rules, [Plan(UNIT, changes)])
    return [("warn", it.rule.message) for it in found.warnings] + [("refuse", it.rule.message) for it in found.refusals]


def holds(path: str, operator: str, operand: Any, *, side: str = "after", effect: Effect = Effect.REFUSE) -> bool:
    rule = Rule("f:1", effect, "m", conditions=(Condition(side, tuple(path.split(".")), operator, operand),))
    return rule.matches("app/rds-postgres//aws_db_instance.this", database(unknown={"endpoint": True}))


@pytest.mark.parametrize(
    ("path", "operator", "operand", "fits"),
    [
        ("publicly_accessible", "equals", True, True),
        ("publicly_accessible", "equals", 1, False),
        ("size", "equals", 20, True),
        ("size", "equals", "20", False),
        ("size", "not_equals", 21, True),
        ("nothing", "not_equals", True, True),
        ("nothing", "equals", True, False),
        ("nothing", "equals", None, True),
        ("size", "one_of", [10, 20], True),
        ("size", "none_of", [10, 20], False),
        ("size", "at_least", 20, True),
        ("size", "at_most", 19, False),
        ("publicly_accessible", "at_least", 0, False),
        ("tags.team", "matches", "ia*", True),
        ("tags.team", "matches", "ops*", False),
        ("size", "matches", "*", False),
        ("rules.0.cidr", "equals", "10.0.0.0/8", True),
        ("rules.*.cidr", "matches", "10.*", True),
        ("rules.1.cidr", "equals", "10.0.0.0/8", False),
        ("tags.*", "equals", "iam", True),
        ("tags.owner", "set", False, True),
        ("tags.team", "set", True, True),
        ("no", "set", True, False),
    ],
)
def test_each_comparison(path: str, operator: str, operand: Any, fits: bool) -> None:
    assert holds(path, operator, operand) is fits


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_value_that_only_an_apply_will_tell_is_taken_for_the_worse(operator: str) -> None:
    operand: Any = ["a"] if operator.endswith("_of") else "a"
    assert holds("endpoint", operator, operand)
    assert holds("endpoint.port", operator, operand)
    assert holds("endpoint", operator, operand, effect=Effect.WARN)
    assert not holds("endpoint", operator, operand, effect=Effect.ALLOW)


LISTED = Condition("after", ("ingress", "*", "cidr_blocks", "*"), "matches", "10.*")


@pytest.mark.parametrize(
    ("ingress", "unknown", "allowed"),
    [
        ([{"cidr_blocks": ["10.0.0.0/8"]}, {"cidr_blocks": ["10.1.0.0/16", "10.2.0.0/16"]}], [], True),
        ([{"cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"]}], [], False),
        ([{"cidr_blocks": ["10.0.0.0/8"]}, {"cidr_blocks": [], "ipv6_cidr_blocks": ["::/0"]}], [], False),
        ([{"cidr_blocks": ["10.0.0.0/8", None]}], [{"cidr_blocks": [False, True]}], False),
        ([], [], False),
        (None, True, False),
    ],
)
def test_an_allow_wants_every_element_to_fit_and_at_least_one(ingress: Any, unknown: Any, allowed: bool) -> None:
    group = database(after={"ingress": ingress}, unknown={"ingress": unknown})
    allow, refuse = Rule("f:1", Effect.ALLOW, "inside", conditions=(LISTED,)), Rule("f:2", Effect.REFUSE, "m")
    assert (said([allow, refuse], group) == []) is allowed


def test_one_element_is_enough_to_warn_and_to_refuse() -> None:
    group = database(after={"ingress": [{"cidr_blocks": ["0.0.0.0/0", "10.0.0.0/8"]}]})
    rules = [Rule("f:1", effect, effect.value, conditions=(LISTED,)) for effect in (Effect.WARN, Effect.REFUSE)]
    assert said(rules, group) == [("warn", "warn"), ("refuse", "refuse")]
    assert said(rules, database(after={"ingress": []})) == []


def test_an_element_of_a_map_that_is_not_known_yet_counts_as_one() -> None:
    tagged = database(after={"tags": {"team": "iam"}}, unknown={"tags": {"team": False, "owner": True}})
    every = Condition("after", ("tags", "*"), "equals", "iam")
    allow, refuse = Rule("f:1", Effect.ALLOW, "m", conditions=(every,)), Rule("f:2", Effect.REFUSE, "m")
    assert said([allow, refuse], tagged) == [("refuse", "m")]


def test_before_is_what_stands_and_is_always_known() -> None:
    grown = Condition("before", ("size",), "at_most", 10)
    rule = Rule("f:1", Effect.REFUSE, "m", conditions=(grown,))
    assert rule.matches("x", database(before={"size": 10}, unknown={"size": True}))
    assert not rule.matches("x", database(before={"size": 20}, unknown={"size": True}))


def test_globs_and_actions_narrow_what_a_rule_is_about() -> None:
    rule = Rule("f:1", Effect.REFUSE, "m", "app/*//*", "aws_db_*", frozenset({Action.DELETE}))
    assert said([rule], database(Action.DELETE)) == [("refuse", "m")]
    assert said([rule], database(Action.UPDATE)) == []
    assert said([rule], ResourceChange("aws_vpc.this", "aws_vpc", Action.DELETE)) == []


def test_a_glob_takes_brackets_as_terraform_writes_them() -> None:
    rule = Rule("f:1", Effect.REFUSE, "m", 'app/rds-postgres//aws_db_instance.this["work"]')
    change = ResourceChange('aws_db_instance.this["work"]', "aws_db_instance", Action.DELETE)
    assert said([rule], change) == [("refuse", "m")]


def test_a_warning_goes_on_and_what_is_allowed_ends_the_matter() -> None:
    warn, allow, refuse = (Rule("f:1", effect, effect.value) for effect in (Effect.WARN, Effect.ALLOW, Effect.REFUSE))
    assert said([warn, refuse], database()) == [("warn", "warn"), ("refuse", "refuse")]
    assert said([warn, allow, refuse], database()) == [("warn", "warn")]
    assert said([refuse, warn], database()) == [("refuse", "refuse")]


def test_a_finding_names_rule_and_resource_and_no_value() -> None:
    rule = Rule("policies/a.yaml:3", Effect.REFUSE, "A database is never public.")
    (found,) = judge([rule], [Plan(UNIT, (database(),))]).refusals
    assert str(found) == (
        "change app/rds-postgres//aws_db_instance.this: A database is never public. (policies/a.yaml:3)"
    )


rules = st.lists(
    st.builds(
        Rule,
        where=st.just("f:1"),
        effect=st.sampled_from(Effect),
        message=st.just("m"),
        type=st.sampled_from(["*", "aws_db_*", "aws_vpc"]),
        actions=st.frozensets(st.sampled_from([Action.UPDATE, Action.DELETE, Action.CREATE])),
    ),
    max_size=6,
)
changes = st.lists(
    st.builds(ResourceChange, st.just("x.y"), st.sampled_from(["aws_vpc", "aws_db_instance"]), st.sampled_from(Action)),
    max_size=5,
)


@given(rules, changes)
def test_a_rule_at_the_end_that_allows_everything_changes_nothing(
    given: list[Rule], made: list[ResourceChange]
) -> None:
    assert said([*given, Rule("f:9", Effect.ALLOW, "all")], *made) == said(given, *made)


@given(rules, changes)
def test_an_allow_at_the_start_silences_all_and_each_change_is_refused_at_most_once(
    given: list[Rule], made: list[ResourceChange]
) -> None:
    assert said([Rule("f:0", Effect.ALLOW, "all"), *given], *made) == []
    touching = [it for it in made if it.action not in (Action.NONE, Action.READ)]
    assert len(judge(given, [Plan(UNIT, tuple(made))]).refusals) <= len(touching)
