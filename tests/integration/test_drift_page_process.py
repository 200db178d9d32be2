"""The page of a drift report in a real browser: filtered by its address, and readable on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowops.adapters.drift_reports.page import html
from flowops.model.drift.result import DriftResult
from tests.fakes.drift import EFS, EKS, VPC, everything, typical
from tests.integration.browser import Browser

ALL = ["dev/cloudformation", EFS, EKS, VPC, "dev/iam", "dev/unmanaged"]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "drift.html"
    file.write_text(html(everything()))
    return file


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


def shown(document: str, what: str, by: str) -> list[str]:
    """Return what each element of a class that is not hidden has as data-`by`."""
    found = re.findall(rf'<(?:section|details) class="{what}[^>]*>', document)
    return [re.findall(rf'data-{by}="([^"]*)"', it)[0] for it in found if " hidden" not in it]


def test_without_a_fragment_everything_that_counts_is_shown(browser: Browser, page: Path) -> None:
    document = browser.document(page)
    assert shown(document, "unit", "unit") == ALL
    assert sorted(shown(document, "resource", "verdict")) == [
        "both",
        "missing",
        "out-of-band",
        "out-of-band",
        "unapplied",
        "unmanaged",
    ]
    assert ">6 findings shown, 2 not: noise or ignored<" in document


@pytest.mark.parametrize(
    ("fragment", "units", "count"),
    [
        ("#verdict=missing", [VPC], "1 findings shown"),
        ("#verdict=noise", [VPC], "1 findings shown"),
        ("#verdict=ignored", ["dev/foundation/rds"], "1 findings shown"),
        ("#unit=dev/foundation/vpc", [VPC], "2 findings shown, 1 not: noise or ignored"),
        ("#unit=dev/foundation/efs", [EFS], "0 findings shown"),
        ("#owner=network team", [VPC], "1 findings shown"),
        ("#owner=%28nobody%29&verdict=both", [EKS], "1 findings shown"),
        ("#unit=dev/foundation/eks&verdict=missing", [], "0 findings shown"),
        ("#verdict=<script>", [], "0 findings shown"),
    ],
)
def test_the_fragment_filters_by_verdict_unit_and_owner(
    browser: Browser, page: Path, fragment: str, units: list[str], count: str
) -> None:
    document = browser.document(page, fragment)
    assert shown(document, "unit", "unit") == units
    assert f">{count}<" in document


def test_what_is_named_like_a_script_is_shown_and_no_script_but_its_own_runs(browser: Browser, page: Path) -> None:
    page.write_text(page.read_text().replace("</body>", "<script>document.title = 'run'</script></body>"))
    document = browser.document(page)
    assert "<title>Drift of flowable</title>" in document
    assert "aws_vpc.this[\"&lt;script&gt;document.title='run'&lt;/script&gt;\"]" in document


@pytest.mark.parametrize("result", [everything(), typical()], ids=["everything", "typical"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_on_a_phone_or_a_desk_however_much_is_unfolded(
    browser: Browser, page: Path, result: DriftResult, width: int
) -> None:
    page.write_text(html(result).replace('<details class="', '<details open class="'))
    whole, visible = browser.widths(page, width)
    assert whole == visible
