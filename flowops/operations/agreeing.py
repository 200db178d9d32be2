"""The operator's yes: asked for with one question, given by `y` or by a name that is typed."""

from __future__ import annotations

from typing import Protocol

from flowops.errors import Declined
from flowops.model.answers import is_yes


class Asks(Protocol):
    """Whoever may be asked."""

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""

    def ask(self, question: str) -> str:
        """Return the answer; Declined when nobody can give one."""


def require_yes(terminal: Asks, question: str, *, name: str = "", unanswered: Declined, declined: Declined) -> None:
    """Return once the operator agreed: by typing `name`, or by a yes where there is none.

    Raises `unanswered` where nobody is there, `declined` for every other answer.
    """
    if not terminal.interactive:
        raise unanswered
    answer = terminal.ask(question)
    if not (answer.strip() == name if name else is_yes(answer)):
        raise declined


def wrong_confirm(said: str, kind: str, name: str) -> str:
    """Return what to say where `--confirm` names something else than the environment, account or user it is for."""
    return f"--confirm says {said!r}, but the {kind} is {name!r}."
