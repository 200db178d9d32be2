"""May the states be believed, and do they know all that exists: looked at before anything is planned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flowops.errors import DamagedState, Refused
from flowops.model.deployment import Environment, Selection, Unit
from flowops.model.evidence import recover_command
from flowops.model.state import UnitState
from flowops.model.state_health import Former, KeptVersion, too_new, went_back
from flowops.operations.orphans import notes_of
from flowops.operations.ports.recovery import Histories
from flowops.operations.ports.run import Cloud, Engine, RunPorts

_NOTHING = "No unit was started."
States = Mapping[Unit, UnitState | None]


@dataclass(frozen=True)
class Flaw:
    """Why the state of a unit is not believed, and the version that was good, "" where none is known."""

    unit: Unit
    what: str
    good: str = ""

    def __str__(self) -> str:
        """Return it as one sentence."""
        return f"The state of {self.unit.id} {self.what}."

    @property
    def command(self) -> str:
        """Return what to type next."""
        return recover_command(self.unit, *(("--version", self.good) if self.good else ("--list",)))


def checked_states(selection: Selection, units: Iterable[Unit], ports: RunPorts) -> States:
    """Return the states of what a run looks at, all of them sound; Refused where one is not, or was never saved.

    What earlier runs made and the states of the selected units do not know is said.
    """
    chosen = tuple(units)
    check_unsaved(chosen, ports.engine)
    states = sound_states(selection.environment, chosen, ports.cloud, ports.lookback.histories)
    for line in notes_of(selection.environment, selection.units, ports.lookback):
        ports.console.note(line)
    return states


def believed_states(selection: Selection, units: Iterable[Unit], ports: RunPorts) -> tuple[States, Mapping[Unit, str]]:
    """Return the states that may be believed, and why not for each unit whose state may not: for who only looks."""
    chosen, environment, histories = tuple(units), selection.environment, ports.lookback.histories
    try:
        flaws: tuple[Flaw, ...] = ()
        states = ports.cloud.states(environment, chosen)
    except DamagedState:
        if not (flaws := tuple(damaged(environment, chosen, histories))):
            raise
        hurt = {it.unit for it in flaws}
        states = ports.cloud.states(environment, [it for it in chosen if it not in hurt])
    flaws += tuple(fallen_behind(environment, states, histories))
    troubles = {it.unit: f"{it} Next: {it.command}" for it in flaws}
    for unit, path in ports.engine.unsaved(chosen).items():
        troubles[unit] = f"its state was never saved: it is kept as {path}; next: {recover_command(unit)}"
    return {unit: state for unit, state in states.items() if unit not in troubles}, troubles


def sound_states(environment: Environment, units: Iterable[Unit], cloud: Cloud, histories: Histories) -> States:
    """Return each unit's state; Refused where one is damaged, gone, too new or went back, with the way out."""
    chosen = tuple(units)
    try:
        states = cloud.states(environment, chosen)
    except DamagedState as error:
        # One was enough to stop; all of them are named.
        found = tuple(damaged(environment, chosen, histories))
        if not found:
            raise  # readable again, or by us alone
        raise _refused(found) from error
    flaws = tuple(fallen_behind(environment, states, histories))
    if flaws:
        raise _refused(flaws)
    return states


def damaged(environment: Environment, units: Collection[Unit], histories: Histories) -> Iterator[Flaw]:
    """Yield what is wrong with each state that cannot be read."""
    for unit, seen in sorted(histories.look(environment, units).items()):
        if seen.flaw:
            good = last_good(histories.versions(environment, unit))
            yield Flaw(unit, seen.flaw, good.version.id if good else "")


def fallen_behind(environment: Environment, states: States, histories: Histories) -> Iterator[Flaw]:
    """Yield what is wrong with each state that can be read or is not there; the sound ones are remembered."""
    former = histories.former(environment, states)
    found = {unit: _flaw(unit, state, former.get(unit), histories.terraform) for unit, state in states.items()}
    histories.remember(environment, {unit: states[unit] for unit, flaw in found.items() if flaw is None})
    yield from (flaw for _, flaw in sorted(found.items()) if flaw is not None)


def _flaw(unit: Unit, state: UnitState | None, former: Former | None, terraform: str) -> Flaw | None:
    if newer := too_new(state, terraform):
        return Flaw(unit, newer)
    back = went_back(state, former)
    return Flaw(unit, back, former.version if former else "") if back else None


def last_good(versions: Iterable[KeptVersion]) -> KeptVersion | None:
    """Return the newest version that can be read."""
    return next((it for it in versions if it.document is not None), None)


def _refused(flaws: tuple[Flaw, ...]) -> Refused:
    commands = "\n".join(f"  {it.command}" for it in flaws)
    lists = "" if all(not it.good for it in flaws) else "; --list instead of --version ID shows all that are kept"
    return Refused(
        "\n".join(map(str, flaws)),
        not_done=f"{_NOTHING} A plan would not know what exists.",
        next_step=f"{commands.strip()}{lists}",
    )


def check_unsaved(units: Iterable[Unit], engine: Engine) -> None:
    """Raise Refused where terraform could not save a state, and nobody has since."""
    unsaved = sorted(engine.unsaved(tuple(units)).items())
    if unsaved:
        told = "\n".join(f"The state of {unit.id} was never saved: it is kept as {path}." for unit, path in unsaved)
        commands = "\n".join(f"  {recover_command(unit)}" for unit, _ in unsaved)
        raise Refused(told, not_done=f"{_NOTHING} A plan would not know what exists.", next_step=commands.strip())
