"""Whether signals leave time to drain."""

from __future__ import annotations

import os
import signal

import pytest

from flowops.adapters.signals import Interrupts, hurried


@pytest.mark.parametrize(
    ("ci", "terminal", "hurry"),
    [("true", False, True), ("1", False, True), ("true", True, False), ("false", False, False), ("", False, False)],
)
def test_only_a_ci_runner_without_a_terminal_is_in_a_hurry(ci: str, terminal: bool, hurry: bool) -> None:
    assert hurried({"CI": ci}, terminal=terminal) is hurry


def test_without_the_variable_nobody_is_in_a_hurry() -> None:
    assert not hurried({}, terminal=False)


def test_one_signal_of_somebody_in_a_hurry_interrupts_and_a_second_one_changes_nothing() -> None:
    interrupts = Interrupts(hurried=True)
    with interrupts.watch():
        os.kill(os.getpid(), signal.SIGINT)
        assert (interrupts.level, interrupts.terminated) == (2, True)
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.level == 2


def test_somebody_at_a_terminal_counts_up() -> None:
    interrupts = Interrupts()
    with interrupts.watch():
        for level in (1, 2, 3):
            os.kill(os.getpid(), signal.SIGINT)
            assert (interrupts.level, interrupts.terminated) == (level, False)
