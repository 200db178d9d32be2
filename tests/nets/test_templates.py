from __future__ import annotations

import pytest

from tests.nets.guard import broken_rules, rules
from tests.nets.haul import Catch, Haul
from tests.nets.survivors import TEMPLATE_SURVIVORS
from tests.nets.weakenings import WEAKENINGS


def test_no_net_finds_anything_in_the_templates_as_they_are(haul: Haul) -> None:
    assert [it for it in haul.untouched if it.caught] == []


def test_the_scanners_find_nothing_in_the_files_themselves_and_break_off_nowhere(haul: Haul) -> None:
    assert haul.originals == ()


def test_at_least_95_percent_of_the_weakenings_are_caught(haul: Haul) -> None:
    assert len(haul.weakened) >= 40
    assert haul.share >= 0.95


def test_what_is_not_caught_is_known_and_explained(haul: Haul) -> None:
    assert {it.name for it in haul.weakened if not it.caught} == set(TEMPLATE_SURVIVORS)


def test_every_weakening_has_a_name_of_its_own() -> None:
    names = [it.name for it in WEAKENINGS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("rule", rules())
def test_a_rule_fails_where_its_control_is_weak(haul: Haul, rule: str) -> None:
    assert [it.name for it in haul.weakened if rule in it.by["Guard"]]


def test_rules_have_names_of_their_own() -> None:
    assert sorted(rules()) == sorted(set(rules()))


def test_rules_that_find_nothing_to_speak_about_are_red() -> None:
    red = broken_rules("environment-account.yaml", {"Resources": {}})
    assert "roles_have_the_boundary (skipped)" in red


@pytest.mark.parametrize(
    "name",
    [
        "state policy: refusal of plain HTTP turned into an allow",
        "state: encrypted with the account's default key",
        "state policy: read by everybody",
        "state policy: every state read by every environment",
        "state policy: version deletion not refused",
        "deploy trust: no MFA",
        "deploy trust: pipeline without external id",
        "boundary: can be removed",
        "deploy role: passes every role",
        "user role: reads secrets",
        "boundary: one more region",
        "deploy role: sessions of 12 hours",
    ],
)
def test_what_scanners_miss_a_rule_of_ours_catches(haul: Haul, name: str) -> None:
    assert _named(haul, name).by["Guard"]


def _named(haul: Haul, name: str) -> Catch:
    return next(it for it in haul.weakened if it.name == name)
