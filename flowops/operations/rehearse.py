"""The whole life of an environment against the emulated AWS, stage by stage, each of them proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flowops.errors import Exit, FlowopsError


@dataclass(frozen=True)
class Finding:
    """What a stage found: numbers and ids for the summary, and why it does not hold (empty when it does).

    `exit_code` is what the rehearsal ends with where the stage does not hold.
    """

    summary: str
    trouble: str = ""
    listed: tuple[str, ...] = ()
    exit_code: Exit = Exit.FAILED


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


class Rehearsal(Protocol):
    """The stages of a life; each does its work for real and returns what it found, or raises a FlowopsError."""

    def accounts(self) -> Finding:
        """Start the emulated AWS and create the organization's accounts."""

    def bootstrap(self) -> Finding:
        """Run the bootstrap; a second one must change nothing."""

    def operator(self) -> Finding:
        """Create the operator, who must be able to assume the environment's roles and no others."""

    def render(self) -> Finding:
        """Write the HCL files; none may be stale afterwards."""

    def apply(self) -> Finding:
        """Apply; every unit must be applied."""

    def second_plan(self) -> Finding:
        """Plan again; it must be empty."""

    def drift_check(self) -> Finding:
        """Look for drift; there must be none."""

    def listing(self) -> Finding:
        """List network, cluster and states through the `aws` command line; all must be there."""

    def destroy(self) -> Finding:
        """Destroy; every unit must be destroyed."""

    def sweep(self) -> Finding:
        """Look for what is left; only what AWS itself keeps may be there."""


def rehearse(
    rehearsal: Rehearsal, *, clock: Callable[[], float], note: Callable[[str], None], show: Callable[[Stage], None]
) -> Life:
    """Run the stages in order and stop at the first that does not hold.

    `clock` gives seconds; `show` is told of each finished stage. Exit code 0 only if every stage held.
    """
    steps: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("accounts", rehearsal.accounts),
        ("bootstrap", rehearsal.bootstrap),
        ("operator", rehearsal.operator),
        ("render", rehearsal.render),
        ("apply", rehearsal.apply),
        ("second plan", rehearsal.second_plan),
        ("drift check", rehearsal.drift_check),
        ("listing", rehearsal.listing),
        ("destroy", rehearsal.destroy),
        ("sweep", rehearsal.sweep),
    )
    stages: list[Stage] = []
    for number, (name, step) in enumerate(steps, start=1):
        note(f"── stage {number}/{len(steps)}: {name}")
        begun = clock()
        finding = _attempt(step)
        stages.append(Stage(name, clock() - begun, finding))
        show(stages[-1])
        if not stages[-1].held:
            return Life(tuple(stages), finding.exit_code)
    return Life(tuple(stages), Exit.FINE)


def _attempt(step: Callable[[], Finding]) -> Finding:
    try:
        return step()
    except FlowopsError as error:
        return Finding("failed", str(error), exit_code=error.exit_code)
