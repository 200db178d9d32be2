"""The operator's terminal, when it is there and when it is not."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from flowops.cli.context import Invocation
from flowops.cli.view.console import TerminalConsole
from flowops.cli.view.result import Result, show
from flowops.errors import Declined, Exit
from flowops.model.changes import Plan
from flowops.model.gc import GcResult, Item, Kind, seen
from tests.fakes.run import create
from tests.fakes.tree import unit


class Gone(io.StringIO):
    """A terminal that was closed, or a pipe that nobody reads any more."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        raise self._error


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), BrokenPipeError(32, "Broken pipe")])
@pytest.mark.fault(46)
def test_a_lost_terminal_does_not_end_what_is_under_way(error: OSError) -> None:
    console = TerminalConsole(Gone(error), interactive=False)
    console.note("applying")
    console.plans("Plan", [Plan(unit("foundation/vpc"), (create(),))])
    console.leftovers(GcResult(()))


def test_commands_in_what_is_said_lead_where_the_command_was_led() -> None:
    screen = io.StringIO()
    console = TerminalConsole(screen, interactive=False, pointed=Invocation(rehearsal=True).pointed)
    console.note("dev does not stand yet; next: flowops bootstrap dev")
    console.leftovers(seen([Item(Kind.CACHE, "/p", "a", 1, datetime.now(UTC), "flowops audit verify says so")]))
    assert "next: flowops --rehearsal bootstrap dev\n" in screen.getvalue()
    assert "flowops --rehearsal audit verify says so" in " ".join(screen.getvalue().split())


def test_a_question_with_nobody_to_answer_is_declined_with_the_flag_to_use() -> None:
    with pytest.raises(Declined) as declined:
        TerminalConsole(io.StringIO(), interactive=False).ask("Apply? ")
    assert "--yes" in declined.value.next_step


def test_brackets_and_colons_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(Result("x", None, "kept: /tmp/[proj]/a:key:/[/x]", Exit.CHANGES), "table") == 2
    assert capsys.readouterr().out == "kept: /tmp/[proj]/a:key:/[/x]\n"


def test_text_that_a_shell_reads_is_written_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    shell = "export PATH='/opt/a\tb':\"$PATH\"\nunset AWS_PROFILE"
    assert show(Result("x", None, shell), "table") == 0
    assert capsys.readouterr().out == f"{shell}\n"
