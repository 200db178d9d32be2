"""Take terraform's mark off a resource that an interruption left tainted although it is whole."""

from __future__ import annotations

from datetime import datetime

from flowops.errors import Refused, UnknownTarget
from flowops.model.deployment import Unit
from flowops.model.evidence import recover_command
from flowops.model.recovery import RecoverRequest
from flowops.model.run import Outcome, Run, UnitRun
from flowops.model.state_document import Instance, StateDocument
from flowops.operations.recovering import RecoverPorts, agree, open_recovery, read_back, selected


def untaint(request: RecoverRequest, ports: RecoverPorts, now: datetime) -> Run:
    """Let the next apply keep a tainted resource, once the operator has said that it is whole."""
    (unit,) = selected(request, ports).units
    address = _address(request.untaint, unit)
    with open_recovery(request, ports, [unit], now) as recovery:
        found = _instance(unit, address, ports.look(recovery.environment, unit).document)
        if not found.tainted:
            return recovery.finish([UnitRun(unit, Outcome.UNCHANGED, f"{address} is not tainted")])
        agree(recovery, f"Is {address} ({found.id or 'without an id'}) whole, and to be kept?")
        folder = recovery.folder("untaint")
        trouble = ports.tools.terraform.untaint(unit, address, folder, recovery.env)
        document = read_back(recovery, unit)
        if _instance(unit, address, document).tainted:
            return recovery.finish([UnitRun(unit, Outcome.FAILED, trouble or f"{address} is still tainted")])
        recovery.record.event("untainted", unit=unit.id, address=address, id=found.id, serial=document.serial)
        told = f"{address} is kept; plan before applying, for its creation may have missed its last steps"
        return recovery.finish([UnitRun(unit, Outcome.RECOVERED, told)])


def _address(word: str, unit: Unit) -> str:
    """Return terraform's own address; LAYER/UNIT//ADDRESS has to name this unit."""
    place, separator, address = word.partition("//")
    own = f"{unit.layer}/{unit.name}"
    if separator and place == own:
        return address
    # A name in an index may hold two slashes, a unit may not hold a bracket.
    if separator and "[" not in place:
        raise UnknownTarget("unit", place, [own], where=" in this command")
    return word


def _instance(unit: Unit, address: str, document: StateDocument | None) -> Instance:
    if document is None:
        raise Refused(
            f"The state of {unit.id} cannot be read, or there is none.",
            next_step=recover_command(unit, "--list"),
        )
    for it in document.instances:
        if it.address == address:
            return it
    known = [it.address for it in document.tainted] or [it.address for it in document.instances]
    raise UnknownTarget("resource", address, known, where=f" in the state of {unit.id}")
