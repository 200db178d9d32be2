"""The life of an environment: stages that each hold or do not, with what they found and how long they took. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flowops.errors import Exit, worst


@dataclass(frozen=True)
class Timed:
    """What became of one unit in a stage, and the seconds that terraform took for it."""

    unit: str
    outcome: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.unit} {self.outcome} {self.seconds:.1f} s"


@dataclass(frozen=True)
class Finding:
    """What a stage found: numbers and ids for the summary, and why it does not hold (empty when it does).

    `exit_code` is what the life ends with where the stage does not hold.
    """

    summary: str
    trouble: str = ""
    listed: tuple[str, ...] = ()
    exit_code: Exit = Exit.FAILED
    units: tuple[Timed, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One finished stage and its wall seconds."""

    name: str
    seconds: float
    finding: Finding

    @property
    def held(self) -> bool:
        """Whether everything the stage promises was so."""
        return not self.finding.trouble


@dataclass(frozen=True)
class Life:
    """All stages that ran, and the code to end with."""

    stages: tuple[Stage, ...]
    exit_code: Exit


def life_of(stages: Iterable[Stage]) -> Life:
    """Return the life that these stages make: fine where all of them held."""
    ran = tuple(stages)
    return Life(ran, worst(it.finding.exit_code for it in ran if not it.held))
