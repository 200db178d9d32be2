from __future__ import annotations

import re

import pytest

from flowops.rehearsal.cloudformation.documents import read_document
from tests.nets.conftest import complain_without_checkov
from tests.nets.guard import judged
from tests.nets.weakenings.module import MODULES
from tests.unit.bootstrap.resolve import BOOTSTRAP, TEMPLATES


def test_each_skipped_check_of_a_module_says_why() -> None:
    skips = [line for file in MODULES.rglob("*.tf") for line in file.read_text().splitlines() if "checkov:skip" in line]
    assert skips
    for skip in skips:
        assert re.search(r"#checkov:skip=CKV2?_AWS_\d+:\S.{20,}$", skip), skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_skipped_check_of_a_template_says_why(name: str) -> None:
    for resource in read_document((BOOTSTRAP / name).read_text())["Resources"].values():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert len(skip["comment"]) > 20, skip


def test_a_missing_checkov_fails_in_ci() -> None:
    with pytest.raises(pytest.fail.Exception, match="make checkov"):
        complain_without_checkov(False, {"CI": "true"})


def test_a_missing_checkov_says_elsewhere_how_to_get_it() -> None:
    with pytest.raises(pytest.skip.Exception, match="make checkov"):
        complain_without_checkov(False, {})


def test_what_guard_breaks_off_at_is_red() -> None:
    assert judged("some", "rule half {", "{}") == {"some.guard": "FAIL"}
