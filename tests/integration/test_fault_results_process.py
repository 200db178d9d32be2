"""A row of docs/reliability.md is tied to tests that passed, in one process of pytest or in several."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fault_results import passed, unlike
from tests.reliability import ROOT, claimed, table

TESTS = """
import pytest

@pytest.mark.fault(1, 2)
def test_good(): pass

@pytest.mark.fault(1)
@pytest.mark.parametrize("broken", [False, True])
def test_good_in_one_form(broken): assert not broken

@pytest.mark.fault(2)
def test_skipped(): pytest.skip("no such program")

@pytest.mark.fault(2)
@pytest.mark.xfail
def test_expected_to_fail(): assert False

@pytest.fixture
def leaving():
    yield
    raise OSError("left behind")

@pytest.mark.fault(2)
def test_that_leaves_something(leaving): pass

@pytest.mark.fault(3)
@pytest.mark.parametrize("form", [1, 2])
def test_good_in_both_forms(form): pass

def test_of_no_fault(): pass
"""


def run(folder: Path, results: Path, *words: str) -> None:
    (folder / "test_faults.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = fault\n")
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "tests.fault_results", "--fault-results", str(results), *words]
    done = subprocess.run(
        [*argv, "--rootdir", str(folder), "-c", str(folder / "pytest.ini"), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.parametrize("words", [(), ("--numprocesses", "2")], ids=["alone", "side by side"])
def test_only_what_passed_in_every_form_and_to_its_end_shows_a_row(tmp_path: Path, words: tuple[str, ...]) -> None:
    run(tmp_path, tmp_path / "results", *words)
    shown = passed(tmp_path / "results")
    assert {row: [it.rpartition("::")[2] for it in tests] for row, tests in shown.items()} == {
        1: ["test_good"],
        2: ["test_good"],
        3: ["test_good_in_both_forms"],
    }


def test_what_another_process_saw_fail_shows_nothing(tmp_path: Path) -> None:
    run(tmp_path, tmp_path / "results")
    (tmp_path / "results" / "0.json").write_text(
        '[{"test": "test_faults.py::test_good_in_both_forms[3]", "rows": [3], "parts": ["passed", "failed"]}]'
    )
    assert 3 not in passed(tmp_path / "results")


def test_a_page_is_unlike_results_that_lack_a_test_or_have_one_more() -> None:
    page = table({1: ("tests/a.py::test_x", "tests/a.py::test_y"), 2: ("tests/b.py::test_z",)})
    assert claimed(page)[1] == ("tests/a.py::test_x", "tests/a.py::test_y")
    shown = {1: ("tests/a.py::test_x",), 2: ("tests/b.py::test_z", "tests/b.py::test_new")}
    assert list(unlike(claimed(page), shown)) == [
        "row 1: tests/a.py::test_y did not pass",
        "row 2: tests/b.py::test_new passed, and the page does not name it",
    ]
    assert list(unlike(claimed(page), claimed(page))) == []
