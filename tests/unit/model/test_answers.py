"""What counts as a yes."""

from __future__ import annotations

import pytest

from flowops.model.answers import is_yes


@pytest.mark.parametrize("answer", ["y", "yes", "Y", "Yes", " y\n"])
def test_who_says_yes_agrees(answer: str) -> None:
    assert is_yes(answer)


@pytest.mark.parametrize("answer", ["", "\n", "n", "no", "yep", "dev", "y n"])
def test_whatever_else_is_said_is_a_no(answer: str) -> None:
    assert not is_yes(answer)
