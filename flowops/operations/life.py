"""Stage after stage of an environment's life, the same in a rehearsal and in an account of AWS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from flowops.errors import Exit, FlowopsError
from flowops.model.life import Finding, Life, Stage, life_of


@dataclass(frozen=True)
class Step:
    """One stage to be done; what it `makes` has to be taken away again, however far it came."""

    name: str
    do: Callable[[], Finding]
    makes: bool = False


class Signals(Protocol):
    """Whom Ctrl-C and SIGTERM end while a life is lived."""

    def watch(self) -> AbstractContextManager[None]:
        """Take them over while the block runs."""

    def stage(self) -> AbstractContextManager[None]:
        """Let them end the block; one that came between two of these ends the next at once."""

    def forgive(self) -> None:
        """Forget one that came between two stages."""


class Unwatched:
    """Leaves signals to whoever has them."""

    def watch(self) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def stage(self) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def forgive(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Watching:
    """Who sees the stages: `clock` gives seconds, `show` is told of each finished one."""

    clock: Callable[[], float]
    note: Callable[[str], None]
    show: Callable[[Stage], None]
    signals: Signals = field(default_factory=Unwatched)


def live(steps: Sequence[Step], watching: Watching, *, ending: Sequence[Step] = (), keep: bool = False) -> Life:
    """Do the steps in order up to the first that does not hold, then the ending, as far as it holds.

    The ending comes after a bad one, too, once a step was begun that makes something; with `keep` that stands for
    whoever wants to look at it. Exit code 0 only if every stage held.
    """
    count = len(steps) + len(ending)
    with watching.signals.watch():
        stages = _held(steps, watching, 1, count)
        good = len(stages) == len(steps) and all(it.held for it in stages)
        made = any(it.makes for it in steps[: len(stages)])
        if good or (made and not keep):
            watching.signals.forgive()  # who asked to stop is not to be left with what stands
            stages += _held(ending, watching, len(steps) + 1, count)
    return life_of(stages)


def _held(steps: Sequence[Step], watching: Watching, first: int, count: int) -> list[Stage]:
    stages: list[Stage] = []
    for number, step in enumerate(steps, start=first):
        watching.note(f"── stage {number}/{count}: {step.name}")
        begun = watching.clock()
        finding = _attempt(step, watching)
        stages.append(Stage(step.name, watching.clock() - begun, finding))
        watching.show(stages[-1])
        if not stages[-1].held:
            break
    return stages


def _attempt(step: Step, watching: Watching) -> Finding:
    try:
        with watching.signals.stage():
            return step.do()
    except FlowopsError as error:
        return Finding("failed", str(error), exit_code=error.exit_code)
    except KeyboardInterrupt:
        return Finding("interrupted", "Ctrl-C came", exit_code=Exit.INTERRUPTED)
