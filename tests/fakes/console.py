"""A console with answers, which remembers what was shown and asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flowops.adapters.progress import Progress, Unshown
from flowops.errors import Declined
from flowops.model.changes import Plan


@dataclass
class FakeConsole:
    answers: list[str] = field(default_factory=list)
    interactive: bool = False
    notes: list[str] = field(default_factory=list)
    shown: list[Sequence[Plan]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    progress: Progress = field(default_factory=Unshown)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        self.shown.append(plans)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        self.meanwhile()
        if not self.answers:
            raise Declined("nobody answers")
        return self.answers.pop(0)
