"""Bring back an older version of a unit's state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flowops.errors import PartlyDone, Refused, UnknownTarget
from flowops.model.deployment import Unit
from flowops.model.evidence import recover_command
from flowops.model.recovery import RecoverRequest
from flowops.model.run import Outcome, Run, UnitRun
from flowops.model.state_document import StateDocument
from flowops.model.state_health import KeptVersion, Seen
from flowops.operations.recovering import RecoverPorts, agree, open_recovery, selected

_LISTED = 20


def kept_versions(request: RecoverRequest, ports: RecoverPorts) -> tuple[KeptVersion, ...]:
    """Return every version that the bucket keeps of one unit's state, newest first."""
    selection = selected(request, ports)
    return tuple(ports.run.lookback.histories.versions(selection.environment, selection.units[0]))


def restore_version(request: RecoverRequest, ports: RecoverPorts, now: datetime) -> Run:
    """Make one version of a unit's state the present one, once the operator has seen what that changes."""
    (unit,) = selected(request, ports).units
    wanted = _wanted(request, unit, kept_versions(request, ports))
    document = _readable(unit, wanted)
    with open_recovery(request, ports, [unit], now) as recovery:
        before = ports.look(recovery.environment, unit)
        for line in _difference(before, document):
            ports.run.console.note(f"{unit.id}: {line}")
        agree(recovery, f"Let the state of {unit.id} be version {wanted.version.id} again?")
        ports.run.lookback.histories.restore(recovery.environment, unit, wanted.version.id)
        after = ports.look(recovery.environment, unit)
        if after.raw != wanted.raw:
            raise PartlyDone(
                f"Version {wanted.version.id} was copied, but another state of {unit.id} stands.",
                not_done="It is not recovered.",
                next_step=recover_command(unit, "--list"),
            )
        recovery.record.event(
            "restored",
            unit=unit.id,
            version=wanted.version.id,
            replaced=before.version,
            serial=document.serial,
            lineage=document.lineage,
            resources=document.resources,
        )
        told = f"serial {document.serial} with {document.resources} resources stands again; plan before applying"
        return recovery.finish([UnitRun(unit, Outcome.RECOVERED, told)])


def _wanted(request: RecoverRequest, unit: Unit, versions: Sequence[KeptVersion]) -> KeptVersion:
    for it in versions:
        if it.version.id == request.version:
            return it
    known = [it.version.id for it in versions if it.document is not None]
    raise UnknownTarget("version", request.version, known, where=f" of the state of {unit.id}")


def _readable(unit: Unit, wanted: KeptVersion) -> StateDocument:
    if wanted.document is None:
        raise Refused(
            f"Version {wanted.version.id} of the state of {unit.id} is no good either: it "
            f"{'marks a deletion' if wanted.version.gone else wanted.remark}.",
            next_step=recover_command(unit, "--list"),
        )
    return wanted.document


def _difference(before: Seen, document: StateDocument) -> list[str]:
    """Return what stands, what would stand, and which resources the state would forget or know again, a line each."""
    stands = before.document
    now = f"serial {stands.serial} with {stands.resources} resources" if stands else (before.flaw or "is gone")
    known = {it.address for it in stands.instances} if stands else set()
    then = {it.address for it in document.instances}
    return [
        f"now: {now}; then: serial {document.serial} with {document.resources} resources",
        *_listed("the state would no longer know", known - then),
        *(_listed("the state would know again", then - known) if stands else ()),
    ]


def _listed(what: str, addresses: set[str]) -> list[str]:
    shown = sorted(addresses)[:_LISTED]
    more = f" and {len(addresses) - len(shown)} more" if len(addresses) > len(shown) else ""
    return [f"{what} {', '.join(shown)}{more}"] if shown else []
