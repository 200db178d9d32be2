from __future__ import annotations

from pathlib import Path

import pytest

from tests.nets.module_haul import ModuleHaul, every_module
from tests.nets.module_rules import MODULE_RULES, broken_module_rules
from tests.nets.survivors import MODULE_SURVIVORS
from tests.nets.weakenings.modules import MODULE_WEAKENINGS

UNWEAKENED = {"resource-group"}
"""A module without a setting that could be weaker: it names what others made."""


def test_at_least_95_percent_of_the_weakened_modules_are_caught(modules: ModuleHaul) -> None:
    caught = sum(it.caught for it in modules.weakened)
    assert len(modules.weakened) >= 120
    assert caught >= 0.95 * len(modules.weakened)


def test_what_is_missed_in_a_weakened_module_is_known_and_explained(modules: ModuleHaul) -> None:
    assert {it.name for it in modules.weakened if not it.caught} == set(MODULE_SURVIVORS)


def test_nothing_is_found_in_the_modules_as_they_are_and_nothing_breaks_off(modules: ModuleHaul) -> None:
    assert modules.originals == ()


@pytest.mark.parametrize("rule", MODULE_RULES)
def test_a_rule_fails_where_its_control_is_weak(modules: ModuleHaul, rule: str) -> None:
    assert [it.name for it in modules.weakened if rule in it.by["rules"]]


def test_every_module_is_weakened_in_some_way() -> None:
    assert {it.name for it in every_module()} - {it.module for it in MODULE_WEAKENINGS} == UNWEAKENED


def test_every_weakening_has_a_name_of_its_own() -> None:
    names = [it.name for it in MODULE_WEAKENINGS]
    assert sorted(names) == sorted(set(names))


def test_a_module_that_is_no_hcl_is_red(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("resource {")
    assert broken_module_rules(tmp_path) == ("hcl",)
