"""What a run needs of the outside world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from flowops.errors import Exit
from flowops.model.access import Access, Acting
from flowops.model.changes import Plan
from flowops.model.deployment import Deployment, Environment, Unit
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
from flowops.model.job import Job
from flowops.model.lease import Lease
from flowops.model.record import RecordedRun
from flowops.model.run import Run, RunRequest, UnitRun
from flowops.model.settlement import Settlement
from flowops.model.state import Lock, UnitState
from flowops.model.upkeep import Runway, Trouble
from flowops.model.work import Work
from flowops.operations.ports.recovery import Lookback
from flowops.operations.ports.safety import Safety
from flowops.operations.ports.secrets import SecretsOfOperator

Alarm = Callable[[str], None]
"""Hears, in another thread, why nothing new may start any more."""


class Cloud(Protocol):
    """AWS, as far as a run looks at it itself."""

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        """Return who acts in the environment, after its account was verified; WrongAccount or CredentialsError."""

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        """Return each unit's state; None where it has none yet."""

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        """Return the lock of each unit that somebody holds."""

    def runway(self, wanted: timedelta) -> Runway:
        """Return how long the operator's session lasts; one that ends sooner than wanted is first made anew."""

    def keep(self, environment: Environment, access: Access, folder: Path, alarm: Alarm) -> Kept:
        """Return the upkeep of the credentials that `act` wrote into `folder`, at work until it is ended."""


class Kept(Protocol):
    """Something that is kept up, in a thread of its own, while a run works."""

    @property
    def trouble(self) -> Trouble | None:
        """Return why nothing new may start any more, None while all is well."""

    def assure(self) -> None:
        """See by the clock that it has not run out unnoticed; renew it where it should have been, or be in trouble."""

    def end(self) -> str:
        """Keep it up no more, and return what went wrong with that, "" for nothing."""


class Leases(Protocol):
    """The lease of each environment: only its holder changes anything there."""

    def take(self, request: RunRequest, environment: Environment, run: str, caller: str, alarm: Alarm) -> Kept:
        """Return the lease, taken and kept up until it is ended; LockHeld, and nothing written, when another has it."""

    def held(self, environment: Environment) -> Lease | None:
        """Return the lease that somebody holds just now."""

    def give_up(self, environment: Environment, run: str) -> bool:
        """Give back the lease of a run whose flowops was killed, if it still stands there; say whether it did."""


class Tell(Protocol):
    """Takes what happens, as it happens."""

    def __call__(self, kind: str, **data: object) -> None:
        """Take one event."""


class Engine(Protocol):
    """terragrunt and terraform."""

    def reading(self, environment: Environment) -> AbstractContextManager[Callable[[], Graph]]:
        """Return what yields a function for the environment's units and edges, which are being looked for meanwhile."""

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        """Begin with whatever a job over `units` with this `env` will need; it is not waited for."""

    def run(self, job: Job, env: Mapping[str, str]) -> tuple[Evidence, ...]:
        """Do the job with `env` for the children and return what is known of each of its units afterwards."""

    def evidence(self, job: Job) -> tuple[Evidence, ...]:
        """Return what is known of each unit of a job that was begun, also by a flowops that is gone."""

    def unsaved(self, units: Iterable[Unit]) -> Mapping[Unit, str]:
        """Return the path of each unit's state that terraform could not save and that nobody has pushed yet."""

    def drain(self, flag: Path, because: str) -> None:
        """Start nothing new in the run with this flag, and say why; what works is finished and saved."""

    def reap(self, folder: Path) -> None:
        """End the processes that a killed terraform of the run in `folder` left behind, and say so."""

    @property
    def interrupted(self) -> Exit:
        """Return INTERRUPTED or TERMINATED once a signal asked to stop, else FINE."""

    @property
    def hurried(self) -> bool:
        """Whether whoever sends a signal kills seconds later, as CI runners do."""

    def watch(self, tell: Tell) -> AbstractContextManager[object]:
        """Take signals over while a run is under way, and `tell` what happens to its units meanwhile."""


class Charts(Protocol):
    """The repositories that Helm charts come from."""

    def install_flowable(self, units: Iterable[Unit]) -> bool:
        """Say whether one of the units installs Flowable itself, which needs its secrets."""

    def prepare(self, environment: str, units: Iterable[Unit], folder: Path) -> Mapping[str, str]:
        """Write what Helm needs for `units` into `folder`; return the variables that lead children to it."""


class Record(Protocol):
    """One run's journal."""

    id: str
    folder: Path

    def event(self, kind: str, **data: object) -> None:
        """Append one event."""

    def planned(self, plan: Plan) -> None:
        """Append what a saved plan would do."""

    def ended(self, run: UnitRun) -> None:
        """Append what became of a unit, once."""

    def logged(self, units: Iterable[UnitRun]) -> tuple[UnitRun, ...]:
        """Return the units with the path of the log that is kept of each."""

    def finish(self, run: Run) -> Sequence[str]:
        """Write the result, delete the credentials and plans that the run needed, and say what did not work."""

    def settle(self, found: Settlement) -> Sequence[str]:
        """Write the result of a run whose flowops was killed, as `finish` does."""

    def fail(self, exit_code: int, error: str) -> None:
        """Write that the run ended with an error, and delete its credentials and plans."""


class Earlier(Protocol):
    """The runs that were recorded before."""

    def open_runs(self, environment: str) -> Sequence[RecordedRun]:
        """Return the runs of an environment that nobody has closed, of this machine, oldest first."""

    def read(self, run_id: str) -> RecordedRun | None:
        """Return one run as it is now, None where nothing readable was recorded."""

    def work(self, run: RecordedRun) -> Work:
        """Return who is still at work for a run."""


class Journal(Protocol):
    """Where runs are recorded."""

    def open(self, request: RunRequest) -> Record:
        """Start the record of one run."""

    def reopen(self, run: RecordedRun) -> Record:
        """Return the record of a run whose flowops was killed, to be settled."""

    def alone(self) -> AbstractContextManager[Earlier]:
        """Yield the earlier runs while no other flowops of this project begins or settles one."""

    def usual(self, request: RunRequest) -> timedelta | None:
        """Return how long runs like this one took so far, None where none was recorded."""


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
    charts: Charts
    secrets: SecretsOfOperator
    journal: Journal
    console: Console
    safety: Safety
    leases: Leases
    lookback: Lookback
