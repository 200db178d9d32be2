"""Stage after stage: where a life stops, what comes after a bad end, and with which code it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest

from flowops.adapters.breaks import Breaks
from flowops.errors import CredentialsError, Exit
from flowops.model.life import Finding, Life, Stage
from flowops.operations.life import Step, Watching, live
from flowops.operations.rehearse import rehearse
from tests.stages import OF_REHEARSAL

GOOD = Finding("well")
BAD = Finding("badly", "it broke", exit_code=Exit.PARTLY_DONE)


@dataclass
class Steps:
    """Steps that do what they are told to, and note that they were done."""

    done: list[str] = field(default_factory=list)

    def step(self, name: str, do: Callable[[], Finding] = lambda: GOOD, *, makes: bool = False) -> Step:
        def noted() -> Finding:
            self.done.append(name)
            return do()

        return Step(name, noted, makes)


def watching(shown: list[Stage] | None = None, signals: Breaks | None = None) -> Watching:
    seconds = count()
    show = (shown if shown is not None else []).append
    rest = {"signals": signals} if signals else {}
    return Watching(lambda: float(next(seconds)), lambda _line: None, show, **rest)


def sent(number: int) -> Finding:
    os.kill(os.getpid(), number)
    return GOOD


def denied() -> Finding:
    raise CredentialsError("Nobody is calling AWS.")


def test_every_stage_is_timed_and_shown() -> None:
    steps, shown = Steps(), list[Stage]()
    life = live([steps.step("a"), steps.step("b")], watching(shown))
    assert [(it.name, it.seconds, it.held) for it in shown] == [("a", 1.0, True), ("b", 1.0, True)]
    assert life == Life(tuple(shown), Exit.FINE)


def test_the_first_stage_that_does_not_hold_is_the_last_and_its_code_the_life_s() -> None:
    steps = Steps()
    life = live([steps.step("a"), steps.step("b", lambda: BAD), steps.step("c")], watching())
    assert steps.done == ["a", "b"]
    assert life.exit_code is Exit.PARTLY_DONE


def test_an_error_is_a_stage_that_does_not_hold() -> None:
    life = live([Steps().step("a", denied)], watching())
    assert (life.exit_code, life.stages[0].finding.trouble.splitlines()[0]) == (
        Exit.CREDENTIALS,
        "Nobody is calling AWS.",
    )


@pytest.mark.parametrize(
    ("broken", "keep", "done"),
    [
        ("", False, ["look", "make", "prove", "clean", "sweep"]),
        ("", True, ["look", "make", "prove", "clean", "sweep"]),
        ("look", False, ["look"]),
        ("make", False, ["look", "make", "clean", "sweep"]),
        ("make", True, ["look", "make"]),
        ("prove", False, ["look", "make", "prove", "clean", "sweep"]),
        ("clean", False, ["look", "make", "prove", "clean"]),
    ],
)
def test_what_was_begun_to_be_made_is_taken_away_again(broken: str, *, keep: bool, done: list[str]) -> None:
    steps = Steps()

    def step(name: str, *, makes: bool = False) -> Step:
        return steps.step(name, lambda: BAD if name == broken else GOOD, makes=makes)

    order = [step("look"), step("make", makes=True), step("prove")]
    life = live(order, watching(), ending=[step("clean"), step("sweep")], keep=keep)
    assert steps.done == done
    assert life.exit_code is (Exit.PARTLY_DONE if broken else Exit.FINE)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED)])
def test_a_signal_ends_the_stage_and_everything_is_taken_away(number: int, code: Exit) -> None:
    steps = Steps()
    order = [steps.step("make", lambda: sent(number), makes=True), steps.step("prove")]
    life = live(order, watching(signals=Breaks()), ending=[steps.step("clean"), steps.step("sweep")])
    assert steps.done == ["make", "clean", "sweep"]
    assert life.exit_code is code


def test_a_signal_between_two_stages_ends_the_next_and_never_what_takes_away() -> None:
    for at, done in ((1, ["make", "clean"]), (2, ["make", "prove", "clean"])):
        steps, shown = Steps(), list[Stage]()

        def show(stage: Stage, at: int = at, shown: list[Stage] = shown) -> None:
            shown.append(stage)
            if len(shown) == at:
                os.kill(os.getpid(), signal.SIGINT)

        watched = Watching(lambda: 0.0, lambda _line: None, show, Breaks())
        live([steps.step("make", makes=True), steps.step("prove")], watched, ending=[steps.step("clean")])
        assert steps.done == done


def test_a_second_signal_ends_what_takes_away_too() -> None:
    steps = Steps()
    order = [steps.step("make", lambda: sent(signal.SIGINT), makes=True)]
    ending = [steps.step("clean", lambda: sent(signal.SIGINT)), steps.step("sweep")]
    life = live(order, watching(signals=Breaks()), ending=ending)
    assert steps.done == ["make", "clean"]
    assert life.exit_code is Exit.INTERRUPTED


def test_signals_are_given_back_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    live([Steps().step("a")], watching(signals=Breaks()))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


class Lived:
    """Every stage of a rehearsal, each of which holds."""

    def __getattr__(self, name: str) -> Callable[[], Finding]:
        return lambda: GOOD


def test_a_rehearsal_has_its_twelve_stages() -> None:
    life = rehearse(Lived(), watching())
    assert tuple(it.name for it in life.stages) == OF_REHEARSAL
