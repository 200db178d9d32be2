"""Switching a part of an environment off in the text of its HCL file."""

from __future__ import annotations

import pytest

from flowops.model.toggles import switched_off

TEXT = """locals {
  flowable_work_enabled   = true # the engine
  flowable_engage_enabled = false

  es_enabled = true
}
"""


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("es_enabled", "  es_enabled = false\n"),
        ("flowable_work_enabled", "  flowable_work_enabled   = false # the engine\n"),
        ("flowable_engage_enabled", "  flowable_engage_enabled = false\n"),
    ],
)
def test_one_setting_changes_and_nothing_else(setting: str, line: str) -> None:
    changed = switched_off(TEXT, setting)
    assert changed is not None
    assert line in changed
    others = [it for it in TEXT.splitlines() if setting not in it]
    assert [it for it in changed.splitlines() if setting not in it] == others


def test_a_setting_that_is_not_there_is_not_switched_off() -> None:
    assert switched_off(TEXT, "enabled") is None
