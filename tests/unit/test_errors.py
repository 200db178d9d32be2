"""Errors say three things; one table decides the exit code."""

from __future__ import annotations

import itertools

import pytest

from flowops import errors
from flowops.errors import EXIT_RANK, Exit, FlowopsError, UnknownTarget, nearest, worst


def subclasses(kind: type) -> list[type]:
    return [kind, *itertools.chain.from_iterable(subclasses(it) for it in kind.__subclasses__())]


def test_an_error_prints_what_happened_what_was_not_done_and_what_to_type() -> None:
    error = FlowopsError("The lock is held.", not_done="No unit was started.", next_step="flowops status dev")
    assert str(error) == "The lock is held.\nNo unit was started.\nNext: flowops status dev"


@pytest.mark.parametrize("kind", [it for it in subclasses(FlowopsError) if it.__module__ == errors.__name__])
def test_every_error_has_a_code_and_stands_in_the_drawing(kind: type[FlowopsError]) -> None:
    assert kind.exit_code in Exit
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__ or kind.__base__.__name__ in errors.__doc__  # type: ignore[union-attr]


def test_every_code_has_its_rank_once() -> None:
    assert sorted(EXIT_RANK) == sorted(Exit)


@pytest.mark.parametrize(
    ("held", "code"),
    [
        ([], Exit.FINE),
        ([Exit.CHANGES, Exit.FINE], Exit.CHANGES),
        ([Exit.CHANGES, Exit.FAILED], Exit.FAILED),
        ([Exit.PARTLY_DONE, Exit.REFUSED], Exit.REFUSED),
        ([Exit.REFUSED, Exit.CREDENTIALS], Exit.CREDENTIALS),
        ([Exit.CREDENTIALS, Exit.INTERRUPTED], Exit.INTERRUPTED),
        ([Exit.LOCKED, Exit.DECLINED, Exit.CHANGES], Exit.LOCKED),
        ([Exit.FAILED, Exit.LOCKED], Exit.FAILED),
    ],
)
def test_the_highest_ranked_code_wins(held: list[Exit], code: Exit) -> None:
    assert worst(held) is code


def test_an_unknown_name_is_answered_with_the_nearest_and_all_others() -> None:
    error = UnknownTarget("layer", "foundaton", ["app", "foundation"], where=" in dev")
    assert error.happened == "There is no layer 'foundaton' in dev; did you mean 'foundation'? known: app, foundation."
    assert error.exit_code is Exit.USAGE


def test_nothing_known_is_said_so() -> None:
    assert nearest("x", []) == "none is known"
