"""Who moved: the cloud, the code, both, or nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.drift.finding import Finding, Verdict
from flowops.model.drift.sameness import different, same
from flowops.model.drift.verdicts import findings_of, never_applied
from tests.unit.model.drift.plans import Resource, plan

OLD = {"id": "thing-1", "arn": "arn:thing", "size": 1, "tags": {"Name": "a"}}
SIZE_2, SIZE_3 = {**OLD, "size": 2}, {**OLD, "size": 3}


def only(*resources: Resource) -> Finding:
    (found,) = findings_of(plan(*resources))
    return found


def paths(finding: Finding) -> tuple[list[str], list[str]]:
    return [it.path for it in finding.cloud.shown], [it.path for it in finding.code.shown]


@pytest.mark.parametrize(
    ("state", "cloud", "code", "verdict", "moved"),
    [
        (OLD, SIZE_2, OLD, Verdict.OUT_OF_BAND, (["size"], [])),
        (OLD, SIZE_2, SIZE_2, Verdict.OUT_OF_BAND, (["size"], [])),
        (OLD, OLD, SIZE_2, Verdict.UNAPPLIED, ([], ["size"])),
        (OLD, SIZE_2, SIZE_3, Verdict.BOTH, (["size"], ["size"])),
        (OLD, {**OLD, "tags": {"Name": "b"}}, SIZE_2, Verdict.BOTH, (["tags.Name"], ["size"])),
        (OLD, SIZE_2, None, Verdict.BOTH, (["size"], [])),
        (OLD, OLD, None, Verdict.UNAPPLIED, ([], [])),
        (OLD, None, OLD, Verdict.MISSING, ([], [])),
        (OLD, None, None, Verdict.MISSING, ([], [])),
        (None, None, OLD, Verdict.UNAPPLIED, ([], ["arn", "id", "size", "tags.Name"])),
    ],
)
def test_what_an_apply_would_only_put_back_was_changed_past_the_code(
    state: Any, cloud: Any, code: Any, verdict: Verdict, moved: tuple[list[str], list[str]]
) -> None:
    found = only(Resource(state, cloud, code))
    assert (found.verdict, paths(found)) == (verdict, moved)
    assert found.address == "foundation/vpc//aws_thing.this"
    assert (found.environment, found.unit) == ("dev", "dev/foundation/vpc")


def test_what_stands_as_the_code_says_is_nothing() -> None:
    assert list(findings_of(plan(Resource(OLD, OLD, OLD)))) == []


def test_a_tag_added_by_hand_and_another_one_merged_is_both() -> None:
    by_hand, merged = {"Name": "a", "Who": "ann"}, {"Name": "a", "Team": "x"}
    found = only(Resource(OLD, {**OLD, "tags": by_hand}, {**OLD, "tags": merged}))
    assert found.verdict is Verdict.BOTH
    assert paths(found) == (["tags.Who"], ["tags.Team", "tags.Who"])


@pytest.mark.parametrize("cloud", [{**OLD, "size": "1"}, {**OLD, "more": []}, {**OLD, "more": {"a": None, "b": ""}}])
@pytest.mark.parametrize("put_back", [True, False])
def test_spelling_is_noise_whoever_spells(cloud: dict[str, Any], put_back: bool) -> None:
    assert only(Resource(OLD, cloud, OLD if put_back else cloud)).verdict is Verdict.NOISE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"tags": {}}, {"tags": {"Protected": "false"}}),
        ({"tags": {"Name": "n", "Backup": "0"}}, {"tags": {"Name": "n"}}),
        ({"environment": [{"variables": {"DEBUG": "false"}}]}, {"environment": [{"variables": {}}]}),
        ({"value": "0"}, {"value": ""}),
    ],
)
@pytest.mark.parametrize("put_back", [True, False])
def test_a_text_that_says_0_or_false_is_a_text(before: dict[str, Any], after: dict[str, Any], put_back: bool) -> None:
    state, cloud = {**OLD, **before}, {**OLD, **after}
    found = only(Resource(state, cloud, state if put_back else cloud))
    assert found.verdict is Verdict.OUT_OF_BAND
    assert len(found.cloud.shown) == 1


def test_a_number_that_nobody_set_is_not_shown_beside_a_real_change_within_the_same_attribute() -> None:
    state = {**OLD, "rule": [{"port": None, "on": None, "text": None, "name": "a"}]}
    cloud = {**OLD, "rule": [{"port": 0, "on": False, "text": "0", "name": "b"}]}
    assert paths(only(Resource(state, cloud, cloud))) == (["rule[0].name", "rule[0].text"], [])


def test_noise_beside_a_real_change_is_not_shown() -> None:
    found = only(Resource(OLD, {**SIZE_2, "more": []}, OLD))
    assert (found.verdict, paths(found)) == (Verdict.OUT_OF_BAND, (["size"], []))


def test_a_policy_in_another_order_is_noise_and_another_policy_is_not() -> None:
    statements = [{"Effect": "Allow", "Action": ["b", "a"]}, {"Effect": "Deny", "Action": "c"}]
    turned = [{"Effect": "Deny", "Action": ["c"]}, {"Action": ["a", "b"], "Effect": "Allow"}]
    other = [{"Effect": "Allow", "Action": ["a", "b", "d"]}]
    one, same_one, another = (
        {**OLD, "policy": json.dumps({"Version": "2012-10-17", "Statement": it})} for it in (statements, turned, other)
    )
    assert only(Resource(one, same_one, one)).verdict is Verdict.NOISE
    assert only(Resource(one, another, one)).verdict is Verdict.OUT_OF_BAND


def test_what_only_an_apply_tells_is_no_change_of_the_code_beside_somebodys_change() -> None:
    code = {**OLD, "size": 1}
    found = only(Resource(OLD, SIZE_2, code, unknown={"arn": True}))
    assert found.verdict is Verdict.OUT_OF_BAND
    assert only(Resource(OLD, OLD, OLD, unknown={"arn": True})).verdict is Verdict.UNAPPLIED


def test_a_replacement_says_so() -> None:
    found = only(Resource(OLD, OLD, SIZE_2, replace=True))
    assert (found.verdict, found.summary) == (Verdict.UNAPPLIED, "the code would replace it")
    put_back = only(Resource(OLD, SIZE_2, OLD, replace=True))
    assert (put_back.verdict, put_back.summary) == (Verdict.OUT_OF_BAND, "the code would replace it")
    tainted = only(Resource(OLD, SIZE_2, OLD, replace=True, reason="replace_because_tainted"))
    assert (tainted.verdict, tainted.summary) == (Verdict.BOTH, "the code would replace it")


def test_what_a_replacement_left_behind_is_not_taken_for_the_one_that_stands() -> None:
    (left,) = findings_of(plan(Resource(OLD, OLD, OLD), Resource(OLD, None, None, deposed="ab12")))
    assert (left.verdict, left.address) == (Verdict.UNAPPLIED, "foundation/vpc//aws_thing.this (deposed ab12)")


def test_a_new_address_is_the_codes_wish() -> None:
    found = only(Resource(OLD, OLD, OLD, former="aws_thing.before"))
    assert (found.verdict, found.summary) == (Verdict.UNAPPLIED, "the code would move it")


def test_an_output_that_no_change_of_a_resource_explains_is_told_beside_what_moved() -> None:
    moved, output = findings_of(plan(Resource(OLD, SIZE_2, SIZE_2), outputs=["extra"]))
    assert (moved.verdict, output.address) == (Verdict.OUT_OF_BAND, "foundation/vpc//output.extra")


@pytest.mark.parametrize("sensitive", [{"name": True}, {"name": True, "id": True}, True])
@pytest.mark.parametrize(
    ("cloud", "code", "verdict"),
    [
        ({"size": 2}, {}, Verdict.OUT_OF_BAND),
        ({}, {"size": 2}, Verdict.UNAPPLIED),
        ({"size": "1"}, {"size": "1"}, Verdict.NOISE),
        ({}, {"size": "1"}, Verdict.NOISE),
        (None, {}, Verdict.MISSING),
        ({"size": 2}, {"size": 3}, Verdict.BOTH),
        ({}, None, Verdict.UNAPPLIED),
    ],
)
def test_a_name_that_is_a_secret_is_no_name(sensitive: Any, cloud: Any, code: Any, verdict: Verdict) -> None:
    state = {**OLD, "id": "/app/hunter2-x", "name": "hunter2-x"}
    sides = (None if it is None else {**state, **it} for it in (cloud, code))
    found = only(Resource(state, *sides, sensitive=sensitive))
    assert found.verdict is verdict
    assert "hunter2-x" not in repr(found)


def test_a_secret_is_said_to_differ_and_never_shown() -> None:
    state, cloud = {**OLD, "text": "hunter2-hunter2"}, {**OLD, "text": "swordfish-swordfish", "size": 2}
    found = only(Resource(state, cloud, state, sensitive={"text": True}))
    assert [(it.path, it.sensitive) for it in found.cloud.shown] == [("size", False), ("text", True)]
    assert "hunter2" not in repr(found)
    assert "swordfish" not in repr(found)


def test_an_output_counts_where_nothing_else_moved() -> None:
    (alone,) = findings_of(plan(outputs=["vpc_id"]))
    assert (alone.verdict, alone.address) == (Verdict.UNAPPLIED, "foundation/vpc//output.vpc_id")
    (caused,) = findings_of(plan(Resource(OLD, None, OLD), outputs=["vpc_id"]))
    assert caused.verdict is Verdict.MISSING


def test_names_of_the_resource_come_the_best_first() -> None:
    assert only(Resource(OLD, None, OLD)).ids == ("thing-1", "arn:thing")
    assert only(Resource(None, None, OLD)).ids == ()


def test_a_unit_that_was_never_applied_is_one_finding_and_one_that_makes_nothing_is_none() -> None:
    (found,) = never_applied(plan(Resource(None, None, OLD), Resource(None, None, OLD, name="other")))
    assert (found.verdict, found.summary) == (Verdict.UNAPPLIED, "never applied: 2 resources to add")
    assert list(never_applied(plan())) == []


def test_a_finding_is_known_again_whatever_its_verdict() -> None:
    missing, moved = only(Resource(OLD, None, OLD)), only(Resource(OLD, SIZE_2, OLD))
    assert missing.fingerprint == moved.fingerprint
    assert missing.fingerprint != only(Resource(OLD, None, OLD, name="other")).fingerprint


_PLAIN = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "1", "true", "{", "[]"])
_TREES = st.recursive(
    _PLAIN, lambda it: st.lists(it, max_size=3) | st.dictionaries(st.sampled_from("abc"), it, max_size=3), max_leaves=8
)


@given(_TREES, _TREES)
def test_sameness_is_symmetric_and_everything_is_itself(one: Any, other: Any) -> None:
    assert same(one, one)
    assert same(one, other) == same(other, one)
    assert different({"k": one}, {"k": other}) == (frozenset() if same(one, other) else {"k"})


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (None, "", True),
        ([], {}, True),
        (1, "1", True),
        (True, "true", True),
        (1, True, False),
        (0, None, True),
        ("0", None, False),
        ("false", "", False),
        ("false", None, False),
        ({"DEBUG": "false", "X": "y"}, {"X": "y"}, False),
        ({"Protected": "false"}, {}, False),
        (False, None, True),
        (0, False, False),
        (7, 0, False),
        ([{"port": None}], [{"port": 0}], True),
        ({"a": {"on": False}}, {}, True),
        ([0], [], False),
        (1.0, 1, True),
        (1.5, "1.5", True),
        ("1.0", 1, False),
        ({"a": None}, None, True),
        ([{"a": ""}], [{}], True),
        (["a", "b"], ["b", "a"], False),
        ('{"a": [2, 1]}', '{"a":[1,2]}', False),
        ('{"b": 1, "a": 2}', '{"a":2,"b":1}', True),
    ],
)
def test_what_means_the_same(one: Any, other: Any, alike: bool) -> None:
    assert same(one, other) is alike
