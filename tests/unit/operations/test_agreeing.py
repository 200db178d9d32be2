"""A question of the operator: what agrees to it, and what is raised otherwise."""

from __future__ import annotations

import pytest

from flowops.errors import Declined
from flowops.operations.agreeing import require_yes, wrong_confirm
from tests.fakes.secrets import FakeTerminal

UNANSWERED, DECLINED = Declined("Nobody is there."), Declined("It was declined.")


def ask(answer: str | None, name: str = "") -> None:
    terminal = FakeTerminal([] if answer is None else [answer], interactive=answer is not None)
    require_yes(terminal, "Go on? ", name=name, unanswered=UNANSWERED, declined=DECLINED)


@pytest.mark.parametrize(
    ("answer", "name"), [("y", ""), ("Y", ""), (" Yes\n", ""), ("prod", "prod"), (" prod ", "prod")]
)
def test_a_yes_agrees_and_a_name_where_one_is_wanted(answer: str, name: str) -> None:
    ask(answer, name)


@pytest.mark.parametrize(("answer", "name"), [("", ""), ("n", ""), ("yeah", ""), ("y", "prod"), ("Prod", "prod")])
def test_every_other_answer_declines(answer: str, name: str) -> None:
    with pytest.raises(Declined) as caught:
        ask(answer, name)
    assert caught.value is DECLINED


@pytest.mark.parametrize("name", ["", "prod"])
def test_nobody_there_is_asked_nothing(name: str) -> None:
    with pytest.raises(Declined) as caught:
        ask(None, name)
    assert caught.value is UNANSWERED


def test_a_wrong_name_behind_confirm_is_told_with_the_right_one() -> None:
    assert wrong_confirm("prd", "environment", "prod") == "--confirm says 'prd', but the environment is 'prod'."
