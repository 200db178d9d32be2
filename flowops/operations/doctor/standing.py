"""Stacks, states, runs, locks and secrets: what each means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from flowops.errors import DamagedState
from flowops.model.deployment import Environment, Unit
from flowops.model.doctor import Line, doubtful, fine, untold, wrong
from flowops.model.drift.templates import differing
from flowops.model.evidence import recover_command
from flowops.model.locks import Holding, Life
from flowops.model.record import on_run
from flowops.model.secrets import SecretRow
from flowops.model.stack_changes import Stack, way
from flowops.model.stack_status import Way

_LISTED = 3


def stack_status(account: str, name: str, found: Stack | None) -> Line:
    """Judge a bootstrap stack by its status."""
    mend = f"flowops bootstrap {account}"
    if found is None:
        return wrong("stack-status", f"{account}/{name} is not there", mend)
    said = f"{account}/{name} is {found.status}"
    match way(found):
        case Way.UPDATE:
            return fine("stack-status", said)
        case Way.WAIT:
            return doubtful("stack-status", f"{said}: an operation is under way", mend)
        case other:
            reason = f" ({found.reason})" if found.reason else ""
            return wrong("stack-status", f"{said}{reason}: a bootstrap {other.value}", mend)


def stack_template(account: str, name: str, file: str, *, own: str, deployed: str) -> Line:
    """Judge whether a stack was made of the template that the project holds."""
    parts = differing(own, deployed)
    if not parts:
        return fine("stack-template", f"{account}/{name} is made of bootstrap/{file}")
    more = f" and {len(parts) - _LISTED} more" if len(parts) > _LISTED else ""
    text = f"{account}/{name} is made of another bootstrap/{file}: {', '.join(parts[:_LISTED])}{more} differ"
    return doubtful("stack-template", text, f"flowops bootstrap {account}")


def outdated(account: str, known: Mapping[str, str], found: Stack | None) -> Iterator[Line]:
    """Say where flowops.lock does not say what a stack gives out."""
    standing = found.outputs if found else {}
    other = sorted(name for name in {*known, *standing} if known.get(name) != standing.get(name))
    if other and known and standing:
        text = f"flowops.lock says otherwise than the stack of {account}: {', '.join(other[:_LISTED])}"
        yield wrong("lock-file", text, "flowops discover")


def unsaved(found: Mapping[Unit, Sequence[Path]], environment: Environment) -> Iterator[Line]:
    """Judge states that terraform could not save: a second apply would fork them."""
    for unit, paths in sorted(found.items()):
        text = f"{unit.id} has a state that was not saved: {paths[0]}"
        yield wrong("unsaved-states", text, f"flowops recover {environment.name}")
    if not found:
        yield fine("unsaved-states", f"{environment.name}: every state was saved")


def damaged(environment: str, found: Mapping[Unit, DamagedState | None]) -> Iterator[Line]:
    """Judge states that cannot be read: terraform takes an empty one for nothing at all."""
    for unit, error in found.items():
        if error is not None:
            yield wrong("states", f"{unit.id}: {error.happened}", recover_command(unit, "--list"))
    if not any(found.values()):
        yield fine("states", f"{environment}: {len(found)} states are absent or can be read")


def open_runs(environment: str, found: Sequence[tuple[str, bool]]) -> Iterator[Line]:
    """Judge runs that nobody closed; each by its id and whether something of it still works."""
    for run, working in found:
        if working:
            yield doubtful("open-runs", f"{environment}: {run} is at work", on_run("tail", run))
        else:
            text = f"{environment}: {run} has ended without an end: what it began is not done"
            yield doubtful("open-runs", text, on_run("resume", run))
    if not found:
        yield fine("open-runs", f"{environment}: every run was closed")


def locks(environment: str, found: Iterable[Holding]) -> Iterator[Line]:
    """Judge locks and leases: one whose holder is gone stands in everybody's way."""
    seen = tuple(found)
    for it in seen:
        said = f"{environment}: {it.what} is held by {it.who} ({it.operation}); {it.sign.because}"
        if it.sign.life is Life.GONE:
            yield wrong("locks", said, it.release)
        else:
            yield doubtful("locks", said, f"flowops locks list {environment}")
    if not seen:
        yield fine("locks", f"{environment}: nobody holds a lock or the lease")


def secrets(rows: Iterable[SecretRow]) -> Iterator[Line]:
    """Judge the secrets that people hand in."""
    for it in rows:
        if it.problem is not None:
            yield untold("secrets", f"{it.secret.title}: {it.problem.happened}", it.remedy)
        elif it.ready:
            yield fine("secrets", f"{it.secret.title} is set")
        else:
            yield wrong("secrets", f"{it.secret.title} is {it.state}", it.remedy)
