"""What a run needs of the outside world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flowops.errors import Exit
from flowops.model.access import Access, Acting
from flowops.model.changes import Plan
from flowops.model.deployment import Deployment, Environment, Unit
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
from flowops.model.job import Job
from flowops.model.run import Run, RunRequest
from flowops.model.state import Lock, UnitState


class Cloud(Protocol):
    """AWS, as far as a run looks at it itself."""

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        """Return who acts in the environment, after its account was verified; WrongAccount or CredentialsError."""

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        """Return each unit's state; None where it has none yet."""

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        """Return the lock of each unit that somebody holds."""


class Engine(Protocol):
    """terragrunt and terraform."""

    def reading(self, environment: Environment) -> AbstractContextManager[Callable[[], Graph]]:
        """Return what yields a function for the environment's units and edges, which are being looked for meanwhile."""

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        """Begin with whatever a job over `units` with this `env` will need; it is not waited for."""

    def run(self, job: Job, env: Mapping[str, str]) -> tuple[Evidence, ...]:
        """Do the job with `env` for the children and return what is known of each of its units afterwards."""

    def unsaved(self, units: Iterable[Unit]) -> Mapping[Unit, str]:
        """Return the path of each unit's state that terraform could not save and that nobody has pushed yet."""

    @property
    def interrupted(self) -> Exit:
        """Return INTERRUPTED or TERMINATED once a signal asked to stop, else FINE."""

    def watch(self) -> AbstractContextManager[object]:
        """Take signals over while a run is under way."""


class Record(Protocol):
    """One run's journal."""

    id: str
    folder: Path

    def event(self, kind: str, **data: object) -> None:
        """Append one event."""

    def finish(self, run: Run) -> None:
        """Write the result, and delete the credentials and plans that the run needed."""

    def fail(self, exit_code: int, error: str) -> None:
        """Write that the run ended with an error, and delete its credentials and plans."""


class Journal(Protocol):
    """Where runs are recorded."""

    def open(self, request: RunRequest) -> Record:
        """Start the record of one run."""


class Console(Protocol):
    """The operator."""

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""

    def note(self, text: str) -> None:
        """Say one line of progress."""

    def plans(self, title: str, plans: Sequence[Plan]) -> None:
        """Show what would change."""

    def ask(self, question: str) -> str:
        """Return the operator's answer; Declined when nobody can give one."""


@dataclass(frozen=True)
class RunPorts:
    """Everything a run is given."""

    deployment: Deployment
    cloud: Cloud
    engine: Engine
    journal: Journal
    console: Console
