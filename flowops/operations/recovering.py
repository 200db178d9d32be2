"""What every recovery that writes stands on: a verified caller, no foreign lock, a yes, and an open record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from flowops.errors import Declined, Exit, FlowopsError, LockHeld, PartlyDone, worst
from flowops.model.access import Access
from flowops.model.deployment import Environment, Selection, Unit, select
from flowops.model.evidence import recover_command
from flowops.model.recovery import RecoverRequest
from flowops.model.run import Run, UnitRun
from flowops.model.state_document import StateDocument
from flowops.model.state_health import Seen
from flowops.operations.agreeing import Asks, require_yes, wrong_confirm
from flowops.operations.approval import BY_ANSWER, BY_COMMAND
from flowops.operations.held_units import locked
from flowops.operations.ports.recovery import RecoveryTools
from flowops.operations.ports.run import Record, RunPorts
from flowops.operations.settling import look_back
from flowops.operations.upkeep import Upkeep, kept_up


@dataclass(frozen=True)
class RecoverPorts:
    """Everything a recovery is given."""

    run: RunPorts
    tools: RecoveryTools

    def look(self, environment: Environment, unit: Unit) -> Seen:
        """Return a unit's state as it stands now."""
        return self.run.lookback.histories.look(environment, [unit])[unit]


@dataclass
class Recovery:
    """One recovery under way; each step gets a folder of its own. Once it is `agreed`, it may change a state."""

    request: RecoverRequest
    ports: RecoverPorts
    environment: Environment
    record: Record
    started: datetime
    env: Mapping[str, str]
    upkeep: Upkeep
    steps: int = 0
    agreed: bool = False

    def folder(self, name: str) -> Path:
        """Return the folder of the next step, which does not exist yet."""
        self.steps += 1
        return self.record.folder / f"{self.steps:02d}-{name}"

    def finish(self, units: Collection[UnitRun]) -> Run:
        """Return and record the run with these outcomes; what it kept up has ended then."""
        self.upkeep.end()
        code = worst((self.ports.run.engine.interrupted, *(it.exit_code for it in self.upkeep.troubles)))
        outcomes = self.record.logged(units)
        run = Run(self.record.id, self.request.target, self.started, outcomes, code, self.upkeep.notes)
        return replace(run, notes=(*run.notes, *self.record.finish(run)))


@contextmanager
def open_recovery(
    request: RecoverRequest, ports: RecoverPorts, units: Collection[Unit], started: datetime
) -> Iterator[Recovery]:
    """Yield a recovery of these units once the caller is who may write; LockHeld where somebody works on one of them.

    A FlowopsError that ends it is recorded before it goes on.
    """
    environment = selected(request, ports).environment
    with ports.run.journal.alone() as earlier:
        look_back(request.target, environment, earlier, ports.run, started)
        record = ports.run.journal.open(request.target)
    recovery: Recovery | None = None
    with ports.run.engine.watch(record.event):
        try:
            with kept_up(request.target, ports.run, environment, record) as upkeep:
                acting = ports.run.cloud.act(environment, Access.WRITE, record.folder / Access.WRITE.name.lower())
                record.event("caller", arn=acting.arn, account=acting.account, units=[it.id for it in units])
                record.event("recovery", command=request.command)
                upkeep.begin(Access.WRITE, acting)
                for unit, lock in sorted(ports.run.cloud.locks(environment, units).items()):
                    raise locked(environment, unit, lock)
                recovery = Recovery(request, ports, environment, record, started, acting.env, upkeep)
                yield recovery
        except FlowopsError as error:
            record.fail(int(error.exit_code), str(error))
            raise
        except BaseException as error:
            code = Exit.PARTLY_DONE if recovery is not None and recovery.agreed else Exit.FAILED
            record.fail(int(code), f"{type(error).__name__}: {error}")
            raise


def selected(request: RecoverRequest, ports: RecoverPorts) -> Selection:
    """Return what ENV [LAYER [UNIT]] means."""
    target = request.target
    return select(ports.run.deployment, target.environment, target.layer, target.unit)


def agree(recovery: Recovery, question: str) -> None:
    """Go on where the operator says yes; Declined where not, or where nobody can say.

    A protected environment, and what is forced, needs the environment's name.
    """
    request, environment, console = recovery.request, recovery.environment, recovery.ports.run.console
    target = request.target
    named = environment.name if environment.protected or request.force else ""
    if target.confirm not in ("", environment.name):
        raise Declined(
            wrong_confirm(target.confirm, "environment", environment.name),
            next_step=request.agreed(environment.name).command,
        )
    given = target.confirm if named else target.yes
    if not given:
        _ask(request, console, question, named)
    recovery.upkeep.assure()
    for it in recovery.upkeep.troubles:
        raise LockHeld(it.text, not_done="Nothing was recovered.", next_step=request.command)
    recovery.agreed = True
    recovery.record.event("agreed", by=BY_COMMAND if given else BY_ANSWER)


def _ask(request: RecoverRequest, console: Asks, question: str, named: str) -> None:
    require_yes(
        console,
        f"{question} Type the environment's name, {named}: " if named else f"{question} [y/N] ",
        name=named,
        unanswered=Declined(
            "The recovery needs a yes, and nobody is there to give it.", next_step=request.agreed(named).command
        ),
        declined=Declined("The recovery was declined.", next_step=request.command),
    )


def read_back(recovery: Recovery, unit: Unit) -> StateDocument:
    """Return the state as it stands after a write; PartlyDone where it cannot be read."""
    document = recovery.ports.look(recovery.environment, unit).document
    if document is None:
        raise PartlyDone(
            f"What was written of {unit.id} cannot be read back.",
            not_done="It is not known to be recovered.",
            next_step=recover_command(unit, "--list"),
        )
    return document
