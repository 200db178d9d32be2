"""How doctor's lines are shown to people and to programs."""

from __future__ import annotations

from rich.console import Console

from flowops.cli.view.doctor import doctor_result
from flowops.errors import Exit
from flowops.model.doctor import Diagnosis, fine, of_lines, skipped, untold, wrong

FOUND = of_lines(
    [
        wrong("secrets", "license dev is \x1b[2Jnot set", "flowops secrets set license dev"),
        fine("python", "Python 3.11.2"),
        untold("locks", "denied"),
        skipped("states", "operator-roles (dev) fails", "dev"),
    ]
)


def pointed(text: str) -> str:
    return text.replace("flowops ", "flowops --rehearsal ")


def lines(found: Diagnosis) -> list[str]:
    console = Console(width=200, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(doctor_result(found, pointed).text)
    return captured.get().splitlines()


def test_lines_stand_by_group_with_the_command_below_and_a_summary_at_the_end() -> None:
    assert [it.rstrip() for it in lines(FOUND)] == [
        "tools",
        "  pass  python: Python 3.11.2",
        "",
        "state",
        "  -     states: dev: not looked at, because operator-roles (dev) fails",
        "  warn  locks: cannot be told: denied",
        "",
        "secrets",
        "  FAIL  secrets: license dev is not set",
        "        next: flowops --rehearsal secrets set license dev",
        "",
        "1 fine, 1 worth a look, 1 failed, 1 not looked at.",
    ]


def test_programs_get_one_entry_for_each_line() -> None:
    result = doctor_result(FOUND, pointed)
    assert result.exit_code is Exit.FAILED
    assert [it["id"] for it in result.data] == ["python", "states", "locks", "secrets"]
    assert result.data[-1] == {
        "id": "secrets",
        "group": "secrets",
        "status": "fail",
        "text": "license dev is not set",
        "next": "flowops --rehearsal secrets set license dev",
    }
    assert result.errors == ("secrets: license dev is not set",)


def test_warnings_alone_are_fine() -> None:
    assert doctor_result(of_lines([untold("locks", "denied")]), pointed).exit_code is Exit.FINE
