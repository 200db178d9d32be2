"""recover: save what was not saved, bring back what was lost, and say what is left to decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from flowops.model.creations import Lost, import_blocks
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import recover_command
from flowops.model.recovery import Finding, Recovered, RecoverRequest
from flowops.operations.orphans import forgotten, note_of
from flowops.operations.recover_tainted import untaint
from flowops.operations.recover_unsaved import save_states
from flowops.operations.recover_version import restore_version
from flowops.operations.recovering import RecoverPorts, selected
from flowops.operations.soundness import damaged, fallen_behind


def recover(request: RecoverRequest, ports: RecoverPorts, now: datetime) -> Recovered:
    """Do what is asked; without a version or an address, save unsaved states and say what else there is."""
    if request.version:
        return Recovered(restore_version(request, ports, now))
    if request.untaint:
        return Recovered(untaint(request, ports, now))
    run = save_states(request, ports, now)
    selection = selected(request, ports)
    return Recovered(run, tuple(_findings(selection.environment, selection.units, ports)))


def _findings(environment: Environment, units: tuple[Unit, ...], ports: RecoverPorts) -> Iterator[Finding]:
    histories = ports.run.lookback.histories
    flaws = list(damaged(environment, units, histories))
    readable = [unit for unit in units if unit not in {flaw.unit for flaw in flaws}]
    flaws += fallen_behind(environment, ports.run.cloud.states(environment, readable), histories)
    yield from (Finding(it.unit, f"its state {it.what}", it.command) for it in flaws)
    unsaved = ports.tools.unsaved.collect(units)
    yield from (Finding(unit, "its state is not saved yet", recover_command(unit)) for unit in sorted(unsaved))
    lost = forgotten(environment, [unit for unit in readable if unit not in unsaved], ports.run.lookback)
    for unit, found in sorted(lost.items()):
        yield Finding(unit, note_of(found), recover_command(unit, "--imports"))
    for unit, seen in sorted(histories.look(environment, readable).items()):
        for it in seen.document.tainted if seen.document else ():
            command = recover_command(unit, "--untaint", f"{unit.layer}/{unit.name}//{it.address}")
            yield Finding(unit, f"{it.address} is tainted: the next apply would replace it", command)


def imports(request: RecoverRequest, ports: RecoverPorts, *, write: bool) -> Mapping[Unit, tuple[Lost, str, str]]:
    """Return what the state of each selected unit does not know, as a list, as HCL, and the path it was written to."""
    selection = selected(request, ports)
    found = forgotten(selection.environment, selection.units, ports.run.lookback)
    blocks = {unit: import_blocks(lost) for unit, lost in sorted(found.items())}
    paths = {unit: ports.tools.imports.write(unit, text) if write and text else "" for unit, text in blocks.items()}
    return {unit: (found[unit], text, paths[unit]) for unit, text in blocks.items()}
