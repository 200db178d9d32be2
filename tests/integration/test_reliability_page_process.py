"""docs/reliability.md names the tests that pytest really finds."""

from __future__ import annotations

import pytest

from tests.reliability import FAULTS, PAGE, Tests, collected, table, written


@pytest.fixture(scope="module")
def tests() -> Tests:
    return collected()


def test_the_page_names_every_test_that_injects_a_fault(tests: Tests) -> None:
    page = PAGE.read_text()
    assert table(tests) in page, "`python -m tests.reliability` writes the table anew"
    assert written(page, tests) == page


def test_no_test_shows_a_row_that_is_not_there(tests: Tests) -> None:
    assert set(tests) <= {it.number for it in FAULTS}


def test_a_row_without_a_test_says_so() -> None:
    assert all(row.endswith("| **no test** |") for row in table({}).splitlines()[2:])
