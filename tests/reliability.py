"""The table of docs/reliability.md: every fault, what comes of it, and the tests that inject it.

A test says which rows it shows: `@pytest.mark.fault(NUMBER, …)`. `python -m tests.reliability` writes the table anew;
`python -m tests.reliability FOLDER` holds it against what really passed, as runs with `--fault-results FOLDER` left it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fault_results import Tests, passed, unlike

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
UNTESTED = "**no test**"
_COLLECT = "--collect"
_TABLE = re.compile(
    r"(<!-- faults, written by `python -m tests\.reliability` -->\n).*?(<!-- end of faults -->)", re.DOTALL
)


@dataclass(frozen=True)
class Fault:
    """One row: what goes wrong, how a test makes it go wrong, and what is lost or happens then."""

    number: int
    injected: str
    outcome: str


FAULTS = (
    Fault(1, "kill -9 of flowops while terraform works", "nothing is lost: terraform finishes; the next start says it"),
    Fault(2, "Ctrl-C once", "nothing is lost: terraform hears nothing, no new unit starts, 130"),
    Fault(
        3,
        "Ctrl-C twice",
        "terraform alone gets one SIGINT, saves and unlocks; what AWS was creating may be left behind",
    ),
    Fault(
        4,
        "Ctrl-C three times",
        "on a terminal a typed `kill` ends terraform: the unit is `unknown`, its lock and the way on are named; "
        "anything else goes on waiting, and without a terminal nothing is killed",
    ),
    Fault(
        5,
        "a CI runner: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL of the whole tree",
        "terraform is interrupted at once, saves and ends with 143; one that takes longer dies with the tree: its unit "
        "is `unknown`, and the next run names its lock",
    ),
    Fault(6, "a lost terminal (SIGHUP)", "nothing happens"),
    Fault(7, "a signal to flowops' process group", "terraform stands in a session of its own and hears nothing"),
    Fault(
        8,
        "kill -9 of terraform",
        "the unit is `unknown`, its provider is ended; the lock is named, and what it had created is offered as import "
        "blocks",
    ),
    Fault(
        9, "the provider crashes", "the resource in flight; what was completed is in the state, the lock is released"
    ),
    Fault(
        10,
        "terragrunt lies: 0 without having run, 0 after a failure",
        "nothing of it is believed; no plan or no end is no success",
    ),
    Fault(11, "throttled three times", "nothing is lost: repeated until it works"),
    Fault(12, "throttled for ever", "said at twice the usual time; `--unit-timeout` interrupts that unit alone"),
    Fault(13, "500 three times", "nothing is lost: repeated until it works"),
    Fault(14, "connection reset three times", "nothing is lost: repeated until it works"),
    Fault(15, "a black hole: AWS accepts the call and never answers", "as 12"),
    Fault(16, "the state cannot be written twice (503)", "nothing is lost: repeated until it works"),
    Fault(
        17,
        "the state can never be written",
        "the only copy is kept, and the unit blocked until `recover` has pushed it",
    ),
    Fault(
        18, "the lock cannot be given back", "applied and saved; the lock and the command that releases it are named, 6"
    ),
    Fault(19, "the lock may not be written", "one line that names the missing permission"),
    Fault(20, "credentials expire within a run", "nothing is lost: renewed ahead of time, for provider and backend"),
    Fault(21, "renewing them fails", "nothing new starts; role, end and state are named"),
    Fault(22, "credentials of another account", "refused before any unit; the provider refuses it, too"),
    Fault(23, "stray AWS_, TF_ and TG_ variables", "children do not see them"),
    Fault(24, "a stale lock", "shown with holder and age, released by its whole id only"),
    Fault(25, "an empty or damaged lock", "explained, and released by name"),
    Fault(26, "two operators at once", "one runs; the other writes nothing and gets 6 with the first one's name"),
    Fault(27, "a lease stolen within a run", "noticed: drained, and said in the report"),
    Fault(
        28,
        "a truncated, garbled or newer state",
        "refused before a plan, with the command that brings the last good version back",
    ),
    Fault(29, "an emptied or vanished state", "as 28"),
    Fault(30, "a state that went back", "as 28"),
    Fault(31, "a stale, truncated or foreign plan", "refused before terraform, with what moved"),
    Fault(32, "a full disk", "said before a run; a plan of 0 or 512 bytes is not believed; no half line in a journal"),
    Fault(
        33,
        "a clock that is wrong by more than two minutes",
        "an error names how far it is off, before anything is planned",
    ),
    Fault(44, "300 MB without a newline", "memory stays flat; a reader gets 64 KiB of a line, the file has all"),
    Fault(46, "whoever reads the output goes away", "the run goes on, its exit code stays"),
    Fault(47, "an endpoint that does not answer", "host and service are named within 30 s"),
    Fault(
        48,
        "a drift check, or a plan, while an apply is at work",
        "the drift check leaves that environment out as busy, 6; a plan goes on and says who changes the environment",
    ),
    Fault(
        49,
        "kill -9 of flowops at a moment drawn with a seed: before an event of its journal, or after a request to AWS",
        "a resumed run ends as an undisturbed one, AWS is as the states say; finished units are not touched",
    ),
)


class Collector:
    """Takes down which test shows which rows."""

    def __init__(self) -> None:
        self.found: dict[int, set[str]] = defaultdict(set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers("fault"):
                for number in mark.args:
                    self.found[number].add(item.nodeid.partition("[")[0])


def collected() -> Tests:
    """Return the ids of the tests of each row, as pytest collects them in a process of its own."""
    argv = [sys.executable, "-m", "tests.reliability", _COLLECT]
    printed = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {int(number): tuple(ids) for number, ids in json.loads(printed.splitlines()[-1]).items()}


def table(tests: Tests) -> str:
    """Return the table."""
    return "\n".join(
        ["| row | what goes wrong | what is lost, or happens | shown by |", "|---|---|---|---|", *_rows(tests)]
    )


def _rows(tests: Tests) -> Iterator[str]:
    for it in FAULTS:
        shown = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in tests.get(it.number, ())) or UNTESTED
        yield f"| {it.number} | {it.injected} | {it.outcome} | {shown} |"


def written(page: str, tests: Tests) -> str:
    """Return the page with this table between its marks."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{table(tests)}\n\n{found[2]}", page)


def claimed(page: str) -> Tests:
    """Return the tests that the table of a page names for each row."""
    lines = (line.split(" | ") for line in page.splitlines() if re.match(r"\| \d+ \|", line))
    return {
        int(cells[0].strip("| ")): tuple(f"tests/{it}" for it in re.findall(r"`([^`]+)`", cells[-1])) for cells in lines
    }


def verified(folder: Path) -> int:
    """Say in which rows the page names a test that did not pass in runs that left their results there; 1 for any."""
    wrong = list(unlike(claimed(PAGE.read_text()), passed(folder)))
    for line in wrong:
        print(f"docs/reliability.md, {line}", file=sys.stderr)
    return bool(wrong)


def _collect() -> int:
    files = sorted(str(it) for it in (ROOT / "tests").rglob("test_*.py") if "mark.fault(" in it.read_text())
    collector = Collector()
    code = pytest.main(
        ["--collect-only", "-q", "-m", "fault and not soak", "-p", "no:cacheprovider", *files], plugins=[collector]
    )
    print(json.dumps({number: sorted(ids) for number, ids in sorted(collector.found.items())}))
    return int(code)


if __name__ == "__main__":
    if _COLLECT in sys.argv:
        sys.exit(_collect())
    if sys.argv[1:]:
        sys.exit(verified(Path(sys.argv[1])))
    PAGE.write_text(written(PAGE.read_text(), collected()))
