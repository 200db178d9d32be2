"""What the engine shows while it works, and what a key pressed meanwhile asks for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from flowops.model.board import BoardEvent, JobOpened
from flowops.model.graph import Graph
from flowops.model.job import Job
from flowops.model.usual import kind_of


class Progress(Protocol):
    """A board that may be shown while a job is under way."""

    @property
    def shown(self) -> bool:
        """Whether it is shown now: then nobody needs each line of each unit."""

    def begin(self) -> None:
        """Forget everything: another run begins."""

    def showing(self) -> AbstractContextManager[object]:
        """Return what shows the board inside of a `with`, where it can be shown."""

    def tell(self, event: BoardEvent) -> None:
        """Take what happens."""

    def output(self, unit: str, lines: Iterable[str]) -> None:
        """Take what a unit's terraform prints."""

    def look(self) -> bool:
        """Bring the board up to date without waiting; return whether a key asked for a drain since the last look."""

    def ask(self, question: str) -> bool:
        """Ask for a line and do not wait for it; say whether there is somebody who can type one."""

    def answer(self) -> str | None:
        """Return the line that was typed since the question, once; None until there is one, and without a question."""


class Unshown:
    """No board."""

    shown = False

    def begin(self) -> None:
        """Forget nothing, for nothing was kept."""

    def showing(self) -> AbstractContextManager[object]:
        """Show nothing."""
        return nullcontext()

    def tell(self, event: BoardEvent) -> None:
        """Keep nothing."""

    def output(self, unit: str, lines: Iterable[str]) -> None:
        """Keep nothing."""

    def look(self) -> bool:
        """Say that no key was pressed."""
        return False

    def ask(self, question: str) -> bool:
        """Say that nobody can be asked."""
        return False

    def answer(self) -> str | None:
        """Return that nobody answered."""
        return None


def unknown(_environment: str, _kind: str) -> Mapping[str, float]:
    """Return that nobody knows how long a unit takes."""
    return {}


def opened(job: Job, graph: Graph | None, usual: Mapping[str, float]) -> JobOpened:
    """Return what is told of a job that begins now."""
    # Through units that are not part of the run, too: what is behind them waits all the same.
    needs = {it.id: tuple(other.id for other in graph.upstream(it)) for it in graph.units} if graph else {}
    ordered = job.ordered or not job.step.plans
    units = sorted((it.id for it in job.units), key=lambda name: (len(needs.get(name, ())), name))
    return JobOpened(kind_of(job), tuple(units), time.time(), needs if ordered else {}, usual)
