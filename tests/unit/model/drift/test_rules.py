"""What a project ignores of drift, until when, and the rules that do nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.attributes import AttributeChange, AttributeChanges
from flowops.model.drift.finding import UNMOVED, Finding, Source, Verdict
from flowops.model.drift.rules import NEVER_MATCHED, DriftRules, IgnoreRule, Owner
from flowops.model.drift.spots import Spot, may_begin

TODAY = date(2026, 11, 28)
RULE = IgnoreRule("flowops.drift.yaml:2", "foundation/*//aws_thing.*", "scales by itself", "platform", TODAY)


def attributes(*paths: str) -> AttributeChanges:
    return AttributeChanges(tuple(AttributeChange(it, "a", "b") for it in paths))


FOUND = Finding(
    "dev",
    Source.TERRAFORM,
    "foundation/vpc//aws_thing.this",
    "aws_thing",
    Verdict.OUT_OF_BAND,
    "dev/foundation/vpc",
    cloud=attributes("scaling.desired", "tags.Who"),
)
BOTH = replace(FOUND, verdict=Verdict.BOTH, code=attributes("size"))


def ruled(finding: Finding, *rules: IgnoreRule) -> Finding:
    return DriftRules(rules).applied(finding, TODAY)[0]


def test_a_rule_without_an_attribute_ignores_the_whole_finding_with_reason_owner_and_end() -> None:
    found = ruled(FOUND, RULE)
    assert not found.counts
    assert found.ignored is not None
    assert (found.ignored.reason, found.ignored.owner, found.ignored.expires) == ("scales by itself", "platform", TODAY)
    assert found.ignored.where == "flowops.drift.yaml:2"


def test_a_rule_holds_through_its_last_day_and_not_longer() -> None:
    late = replace(RULE, expires=date(2026, 11, 27))
    assert ruled(FOUND, late).counts
    (trouble,) = DriftRules((late,)).troubles([late], {}, TODAY, [])
    assert trouble.trouble == "expired on 2026-11-27"


@pytest.mark.parametrize("attribute", ["scaling", "scaling.desired", "scal*"])
def test_an_attribute_is_ignored_with_all_that_is_part_of_it_and_what_is_left_counts(attribute: str) -> None:
    found = ruled(FOUND, replace(RULE, attribute=attribute))
    assert [it.path for it in found.cloud.shown] == ["tags.Who"]
    assert found.counts


def test_nothing_left_does_not_count() -> None:
    scaling, tags = replace(RULE, attribute="scaling.desired"), replace(RULE, attribute="tags.Who")
    assert not ruled(FOUND, scaling, tags).counts
    assert not ruled(FOUND, replace(RULE, attribute="*")).counts


def test_what_is_left_has_the_verdict_of_what_is_left() -> None:
    assert ruled(BOTH, replace(RULE, attribute="scaling"), replace(RULE, attribute="tags")).verdict is Verdict.UNAPPLIED
    assert ruled(BOTH, replace(RULE, attribute="size")).verdict is Verdict.OUT_OF_BAND
    assert ruled(BOTH, replace(RULE, attribute="scaling")).verdict is Verdict.BOTH


@pytest.mark.parametrize(
    "rule",
    [
        replace(RULE, address="app/*"),
        replace(RULE, environment="prod"),
        replace(RULE, verdict=Verdict.MISSING),
        replace(RULE, attribute="scaling.max"),
        replace(RULE, attribute="scaling.desire"),
    ],
)
def test_a_rule_about_something_else_changes_nothing_and_is_itself_reported(rule: IgnoreRule) -> None:
    rules = DriftRules((rule,))
    found, matched = rules.applied(FOUND, TODAY)
    assert (found, tuple(matched)) == (FOUND, ())
    (trouble,) = rules.troubles(matched, {}, TODAY, [])
    assert (trouble.where, trouble.trouble) == (RULE.where, NEVER_MATCHED)
    there = Spot(rule.environment.replace("*", "dev"), "of its own", rule.address.partition("//")[0].rstrip("*"))
    assert rules.troubles(matched, {}, TODAY, [there]) == (), "it may be about what was not looked at"


UNIT = Spot("dev", "dev/foundation/vpc", "foundation/vpc//")
STACKS, ARNS = Spot("dev", "cloudformation", "dev/"), Spot("dev", "unmanaged", "arn:")


@pytest.mark.parametrize(
    ("rule", "spot", "may"),
    [
        (RULE, UNIT, True),
        (RULE, STACKS, False),
        (replace(RULE, address="*"), ARNS, True),
        (replace(RULE, address="*//aws_vpc.*"), UNIT, True),
        (replace(RULE, address="found*/vpc//aws_vpc.this"), UNIT, True),
        (replace(RULE, address="foundation/???//aws_vpc.this"), UNIT, True),
        (replace(RULE, address="foundation/??//aws_vpc.this"), UNIT, False),
        (replace(RULE, address="foundation/vpc"), UNIT, False),
        (replace(RULE, address="foundation/eks//*"), UNIT, False),
        (replace(RULE, address="*/vpc*", environment="prod"), UNIT, False),
        (replace(RULE, address="arn:aws:s3:::x"), ARNS, True),
        (replace(RULE, address="*", verdict=Verdict.UNMANAGED), UNIT, False),
        (replace(RULE, address="*", verdict=Verdict.UNMANAGED), ARNS, True),
        (replace(RULE, address="*", verdict=Verdict.MISSING), ARNS, False),
    ],
)
def test_what_a_rule_may_be_about(rule: IgnoreRule, spot: Spot, may: bool) -> None:
    assert rule.may_be_in(spot) is may


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=3), st.text("ab", max_size=4))
def test_what_a_glob_names_begins_as_the_glob_may(glob: str, beginning: str, rest: str) -> None:
    if fnmatchcase(beginning + rest, glob):
        assert may_begin(glob, beginning)
    endings = ("".join(it) for length in range(7) for it in itertools.product("ab", repeat=length))
    if may_begin(glob, beginning):
        assert any(fnmatchcase(beginning + it, glob) for it in endings)


def test_a_rule_about_a_resource_that_stands_as_the_code_says_is_no_trouble() -> None:
    known = {FOUND.address: {"id", "scaling"}}
    assert DriftRules((RULE, replace(RULE, attribute="scaling.desired"))).troubles([], known, TODAY, []) == ()


def test_an_attribute_that_nothing_it_names_has_is_answered_with_the_nearest() -> None:
    rules = DriftRules((replace(RULE, attribute="scalign.desired"),))
    known = {FOUND.address: {"id", "scaling", "tags"}, "app/db//aws_db.this": {"scalign"}}
    (trouble,) = rules.troubles([], known, TODAY, [UNIT])
    assert trouble.trouble.startswith("what it names has no attribute 'scalign'; did you mean 'scaling'?")


def test_brackets_of_an_address_are_terraforms_and_no_class_of_characters() -> None:
    found = replace(FOUND, address='foundation/vpc//aws_thing.this["a"]', cloud=UNMOVED)
    assert not ruled(found, replace(RULE, address='foundation/vpc//aws_thing.this["a"]')).counts
    assert ruled(found, replace(RULE, address='foundation/vpc//aws_thing.this["b"]')).counts


def test_noise_needs_no_rule() -> None:
    found, matched = DriftRules((RULE,)).applied(replace(FOUND, verdict=Verdict.NOISE), TODAY)
    assert (found.ignored, tuple(matched)) == (None, ())


def test_the_first_owner_that_fits_answers_unless_the_resource_names_one() -> None:
    rules = DriftRules(owners=(Owner("foundation/*", "platform"), Owner("*", "everybody")))
    assert rules.applied(FOUND, TODAY)[0].owner == "platform"
    assert rules.applied(replace(FOUND, address="app/x//y"), TODAY)[0].owner == "everybody"
    assert rules.applied(replace(FOUND, owner="ann"), TODAY)[0].owner == "ann"


def test_what_the_code_would_do_to_the_resource_itself_is_ignored_by_no_rule_about_an_attribute() -> None:
    doomed = replace(FOUND, verdict=Verdict.BOTH, summary="the code would destroy it")
    every = tuple(replace(RULE, attribute=it) for it in ("scaling", "tags"))
    assert ruled(doomed, *every).verdict is Verdict.UNAPPLIED
    assert ruled(doomed, every[0]).verdict is Verdict.BOTH
    assert not ruled(doomed, RULE).counts


def test_what_was_too_much_to_keep_is_not_ignored_with_what_was_kept() -> None:
    more = replace(FOUND, cloud=replace(attributes("tags.Who"), more=51))
    assert ruled(more, replace(RULE, attribute="tags")).counts
