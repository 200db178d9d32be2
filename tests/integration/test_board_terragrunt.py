"""The live board on a real terminal, over real terragrunt and terraform: keys, signals, and what is left behind."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.tools import Tools
from tests.integration.watched import Watched

LINES = {"NO_COLOR": {"NO_COLOR": "1"}, "dumb": {"TERM": "dumb"}, "CI": {"CI": "true"}}


@pytest.fixture
def watch(tmp_path: Path, tools: Tools) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def start(**how: Any) -> Watched:
        made.append(Watched(tmp_path, tools, **how))
        return made[-1]

    yield start
    for it in made:
        it.close()


def test_the_board_shows_each_unit_with_its_resources_times_and_what_is_slow(watch: Callable[..., Watched]) -> None:
    watched = watch()
    watched.until_applying()
    watched.until_shown(r"dev/foundation/vpc +applying +1/2 +\S+ +10m00s +\S+ terraform_data\.held")
    watched.until_shown(r"dev/foundation/eks +waiting +0/1 +- +5m00s")
    watched.until_shown(r"apply: 0 of 2 units, \d+s, about 1[45]m\d\ds left")
    assert "terraform_data.this: Creating" not in watched.text
    watched.sandbox.release()
    assert watched.end() == 0
    watched.until_shown("dev/foundation/eks: apply done after")
    assert watched.settings() == watched.before


def test_d_drains_like_the_first_ctrl_c(watch: Callable[..., Watched]) -> None:
    watched = watch()
    watched.until_applying()
    watched.until_shown("applying")
    assert not watched.echoes
    watched.type("dd")
    watched.until_shown("draining: what runs is finished and saved")
    watched.sandbox.release()
    assert watched.end() == 130
    assert "interrupting terraform" not in watched.text
    assert watched.sandbox.resources(watched.held) == ["held", "this"]
    assert watched.sandbox.state(watched.next) is None
    assert watched.settings() == watched.before


def test_l_shows_the_log_of_a_unit_after_the_other_and_then_the_board_again(watch: Callable[..., Watched]) -> None:
    watched = watch()
    watched.until_applying()
    watched.until_shown(r"dev/foundation/vpc +applying")
    watched.type("l")
    watched.until_shown(r"Log of dev/foundation/vpc[\s\S]*terraform_data\.held: (?:Creating|Provisioning)")
    watched.type("l")
    watched.until_shown("Log of dev/foundation/eks")
    watched.text = ""
    watched.type("l")
    watched.until_shown(r"dev/foundation/vpc +applying")
    watched.sandbox.release()
    assert watched.end() == 0
    assert watched.settings() == watched.before


def test_ctrl_c_stays_a_signal_while_the_board_shows(watch: Callable[..., Watched]) -> None:
    watched = watch()
    watched.until_applying()
    watched.until_shown("applying")
    watched.type("\x03")
    watched.until_shown("draining")
    watched.type("\x03")
    assert watched.end() == 130
    assert "interrupting terraform" in watched.text
    assert watched.settings() == watched.before


def test_sigterm_leaves_the_terminal_as_it_was(watch: Callable[..., Watched]) -> None:
    watched = watch()
    watched.until_applying()
    watched.until_shown("applying")
    watched.process.send_signal(signal.SIGTERM)
    assert watched.end() == 143
    assert watched.settings() == watched.before
    assert watched.text.rindex("\x1b[?25h") > watched.text.rindex("\x1b[?25l")


def test_an_error_inside_the_board_leaves_the_terminal_as_it_was(watch: Callable[..., Watched]) -> None:
    watched = watch(how="broken")
    assert watched.end() == 1
    assert "broken on purpose" in watched.text
    assert watched.settings() == watched.before
    assert watched.text.rindex("\x1b[?25h") > watched.text.rindex("\x1b[?25l")


@pytest.mark.parametrize("env", LINES.values(), ids=list(LINES))
def test_where_no_board_is_wanted_there_are_lines(watch: Callable[..., Watched], env: dict[str, str]) -> None:
    watched = watch(**env)
    watched.until_applying()
    watched.until_shown("dev/foundation/vpc: terraform_data.this: Creating")
    assert watched.echoes
    watched.sandbox.release()
    assert watched.end() == 0
    assert "\x1b" not in watched.text
    assert "waiting" not in watched.text


def test_a_narrow_terminal_gets_lines(watch: Callable[..., Watched]) -> None:
    watched = watch(columns=59)
    watched.until_shown("dev/foundation/vpc: apply started")
    watched.sandbox.release()
    assert watched.end() == 0
    assert "\x1b[?25l" not in watched.text
