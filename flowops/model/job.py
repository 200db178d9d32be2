"""One call of terragrunt over several units, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from flowops.model.changes import Plan
from flowops.model.deployment import Environment, Unit


class Step(Enum):
    """What terragrunt is asked to do."""

    PLAN = "plan"
    PLAN_DESTROY = "plan -destroy"
    APPLY = "apply"
    APPLY_SAVED = "apply of saved plans"

    @property
    def plans(self) -> bool:
        """Whether it only plans."""
        return self in (Step.PLAN, Step.PLAN_DESTROY)


def again(folder: Path) -> Path:
    """Return the folder of what is done again, with ordinary providers, of the job in `folder`."""
    return folder / "ordinary"


@dataclass(frozen=True)
class Job:
    """`units` of one environment, worked on by one `terragrunt run --all`.

    `folder` is fresh and private: plans, report, logs and each terraform call are written below it. `saved` are the
    plans that were shown: APPLY_SAVED applies them, APPLY plans again. `drain` is the run's flag file: while it exists
    no further unit starts. `parallelism` is None where the machine decides. With `warm` terraforms share providers,
    which must know the `types` that the units' states name. Units that need not wait for each other are not `ordered`.
    A unit's terraform is interrupted after `unit_timeout` seconds.
    """

    step: Step
    environment: Environment
    units: tuple[Unit, ...]
    folder: Path
    drain: Path
    parallelism: int | None
    saved: tuple[Plan, ...] = ()
    warm: bool = False
    ordered: bool = True
    types: frozenset[str] = frozenset()
    unit_timeout: float | None = None

    def name(self, unit: Unit) -> str:
        """Return the unit's path relative to its environment's folder: terragrunt's own name for it."""
        return str(unit.path.relative_to(self.environment.path))

    @property
    def plan_folder(self) -> Path:
        """Return where saved plans lie, one folder for each unit."""
        return self.folder / "plans"

    @property
    def json_folder(self) -> Path:
        """Return where each plan lies as JSON."""
        return self.folder / "json"

    @property
    def report(self) -> Path:
        """Return where terragrunt writes its report."""
        return self.folder / "report.json"

    @property
    def calls(self) -> Path:
        """Return where the terraform shim records each call."""
        return self.folder / "calls"
