"""What became of the tests that inject a fault, taken down while they run: docs/reliability.md may name no other.

Each process of pytest that is told `--fault-results FOLDER` leaves a file there; one of xdist's workers tells its
controller.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

_OPTION = "--fault-results"
_ROW = "fault"

Tests = Mapping[int, tuple[str, ...]]
"""The ids of the tests of each row, without their parameters."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know the folder that the results of fault tests are written to."""
    parser.addoption(_OPTION, metavar="FOLDER", default="", help="write there which tests of faults passed")


def pytest_configure(config: pytest.Config) -> None:
    """Take down results where that is wanted."""
    if folder := config.getoption(_OPTION):
        config.pluginmanager.register(_Rows())
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(_Results(Path(folder)))


class _Rows:
    """Lets each report of a test say which rows the test shows."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            item.user_properties += [(_ROW, it) for mark in item.iter_markers("fault") for it in mark.args]


class _Results:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, set[int]] = defaultdict(set)
        self._parts: dict[str, list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._rows[report.nodeid] |= {int(str(it)) for name, it in report.user_properties if name == _ROW}
        self._parts[report.nodeid].append(report.outcome)

    def pytest_sessionfinish(self) -> None:
        found = [
            {"test": name, "rows": sorted(rows), "parts": self._parts[name]}
            for name, rows in self._rows.items()
            if rows
        ]
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{os.getpid()}.json").write_text(json.dumps(found))


def passed(folder: Path) -> Tests:
    """Return the tests of each row that passed in every form in which they ran; a skipped one did not pass."""
    rows: dict[str, set[int]] = defaultdict(set)
    parts: dict[str, set[str]] = defaultdict(set)
    for file in sorted(folder.glob("*.json")):
        for it in json.loads(file.read_text()):
            test = it["test"].partition("[")[0]
            rows[test] |= set(it["rows"])
            parts[test] |= set(it["parts"])
    found: dict[int, list[str]] = defaultdict(list)
    for test in sorted(rows):
        for row in rows[test] if parts[test] == {"passed"} else ():
            found[row].append(test)
    return {row: tuple(tests) for row, tests in sorted(found.items())}


def unlike(claimed: Tests, shown: Tests) -> Iterator[str]:
    """Yield in what rows the page claims other tests than those that passed."""
    for row in sorted(claimed.keys() | shown.keys()):
        claims, shows = set(claimed.get(row, ())), set(shown.get(row, ()))
        yield from (f"row {row}: {it} did not pass" for it in sorted(claims - shows))
        yield from (f"row {row}: {it} passed, and the page does not name it" for it in sorted(shows - claims))
