"""The page of a change report in a real browser: it filters by its address, and runs nothing but its own script."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flowops.adapters.reports.as_html import html
from tests.fakes.reports import report
from tests.integration.browser import Browser

Open = Callable[[str], str]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "report.html"
    file.write_text(html(report()))
    return file


@pytest.fixture
def open_(page: Path, tmp_path: Path) -> Open:
    """Return what opens the page at a fragment and returns the document as it is then."""
    browser = Browser(tmp_path)
    return lambda fragment: browser.document(page, fragment)


def shown(document: str, what: str) -> list[str]:
    """Return the unit, or the action, of each element of a class that is not hidden."""
    found = re.findall(rf'<(?:section|details) class="{what}[^>]*>', document)
    return [re.findall(r'data-(?:unit|action)="([^"]*)"', it)[0] for it in found if " hidden" not in it]


def test_without_a_fragment_everything_is_shown(open_: Open) -> None:
    document = open_("")
    assert shown(document, "unit") == ["dev/foundation/efs", "dev/foundation/eks", "dev/foundation/vpc"]
    assert shown(document, "resource") == ["replace", "change", "add"]
    assert ">3 resources shown<" in document


@pytest.mark.parametrize(
    ("fragment", "units", "count"),
    [
        ("#action=replace", ["dev/foundation/eks"], 1),
        ("#unit=dev/foundation/vpc", ["dev/foundation/vpc"], 2),
        ("#unit=dev%2Ffoundation%2Fvpc&action=add", ["dev/foundation/vpc"], 1),
        ("#unit=dev/foundation/eks&action=add", [], 0),
    ],
)
def test_the_fragment_filters_by_unit_and_action(open_: Open, fragment: str, units: list[str], count: int) -> None:
    document = open_(fragment)
    assert shown(document, "unit") == units
    assert f">{count} resources shown<" in document


def test_what_is_named_like_a_script_is_shown_and_does_not_run(open_: Open) -> None:
    document = open_("")
    assert "<title>Apply dev foundation; Apply prod</title>" in document
    assert "aws_vpc.this[\"&lt;script&gt;document.title='run'&lt;/script&gt;\"]" in document


def test_a_script_that_came_into_the_page_is_not_run(open_: Open, page: Path) -> None:
    page.write_text(page.read_text().replace("</body>", "<script>document.title = 'run'</script></body>"))
    document = open_("")
    assert "<script>document.title = 'run'</script>" in document
    assert "<title>run</title>" not in document
    assert ">3 resources shown<" in document
