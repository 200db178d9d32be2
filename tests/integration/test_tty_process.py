"""A question on a process' own terminal: asked there whatever its streams are, and never of one that is not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.terminal import typed

QUESTION = "MFA code: "
ASK = """
import sys
from flowops.cli.view.tty import ask_on_terminal
from flowops.errors import Declined
try:
    answer = ask_on_terminal("MFA code: ").strip()
except Declined as error:
    answer = error.happened
open(sys.argv[1], "w").write(answer)
"""


def at_a_terminal(line: str, answer: str, *words: str) -> str:
    """Run a line of shell on a terminal, answer the first question, and return all that was shown."""
    argv = ["/bin/sh", "-c", line, "sh", sys.executable, ASK, *words]
    return typed(argv, os.environ, {QUESTION: answer} if answer else {})[1]


def test_it_is_asked_and_answered_there_although_every_stream_is_taken(tmp_path: Path) -> None:
    told = tmp_path / "told"
    shown = at_a_terminal('"$1" -c "$2" "$3" </dev/null >/dev/null 2>&1', "123456", str(told))
    assert "MFA code: " in shown
    assert told.read_text() == "123456"


def test_input_that_ends_is_no_answer(tmp_path: Path) -> None:
    told = tmp_path / "told"
    at_a_terminal('"$1" -c "$2" "$3"', "\x04", str(told))
    assert told.read_text() == "The answer did not come: input ended."


def test_in_the_background_nobody_is_asked_and_nothing_stops(tmp_path: Path) -> None:
    told = tmp_path / "told"
    shown = at_a_terminal('set -m; "$1" -c "$2" "$3" & wait', "", str(told))
    assert "MFA code: " not in shown
    assert told.read_text() == "There is no terminal to ask on: MFA code."


def test_without_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    told = tmp_path / "told"
    subprocess.run([sys.executable, "-c", ASK, str(told)], start_new_session=True, check=True, timeout=300)
    assert told.read_text() == "There is no terminal to ask on: MFA code."
