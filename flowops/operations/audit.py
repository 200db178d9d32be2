"""Are the journals what was written? Their chains, and their copies in the state bucket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from flowops.errors import Exit, FlowopsError, worst
from flowops.model.chain import EVENTS, Flaw
from flowops.model.record import RecordedRun
from flowops.operations.runs import Runs


class Copies(Protocol):
    """The copies of journals in the state bucket."""

    def kept(self, environment: str, run_id: str, name: str) -> bytes | None:
        """Return one file of a run, None where it has no copy."""


class Originals(Runs, Protocol):
    """The recorded runs, down to their bytes."""

    def uncovered(self, run_id: str) -> Sequence[str]:
        """Return which of a run's files its journal does not cover, and why."""

    def covered(self, run_id: str) -> Sequence[str]:
        """Return the name of each file that a run's journal is, or speaks of."""

    def content(self, run_id: str, name: str) -> bytes | None:
        """Return one of those files as it stands, None where it is gone or cannot be read."""

    def awaits_copy(self, run_id: str) -> bool:
        """Say whether a run knows that its journal has no copy yet."""


@dataclass(frozen=True)
class Audited:
    """One run's verdict: what is wrong with its journal, and what is to be said beside that."""

    run_id: str
    flaws: tuple[Flaw, ...]
    remarks: tuple[str, ...] = ()


def verify(words: Sequence[str], runs: Originals, copies: Copies | None) -> tuple[Audited, ...]:
    """Return the verdict on each of the named runs, or on all; with `copies` also those are compared."""
    names = [runs.find(word).id if word not in runs.names() else word for word in words] or runs.names()
    return tuple(_verdict(name, runs, copies) for name in names)


def exit_code(verdicts: Sequence[Audited]) -> Exit:
    """Return FAILED where a journal is not what was written."""
    return worst(Exit.FAILED for it in verdicts if it.flaws)


def _verdict(run_id: str, runs: Originals, copies: Copies | None) -> Audited:
    flaws, remarks = tuple(runs.flaws(run_id)), tuple(runs.uncovered(run_id))
    run = runs.read(run_id)
    if copies is None or run is None or _never_copied(run):
        return Audited(run_id, flaws, remarks)
    waits = runs.awaits_copy(run_id)
    try:
        found = tuple(_differences(run, runs, copies, waits=waits))
    except FlowopsError as error:
        return Audited(run_id, flaws, (*remarks, f"the copy was not compared: {error.happened}"))
    if waits and run.end is not None:
        remarks = (*remarks, "not copied to the state bucket yet; the next run that writes will do it")
    return Audited(run_id, (*flaws, *found), remarks)


def _never_copied(run: RecordedRun) -> bool:
    """Say whether a run was one that only reads: by its id, too, which a journal written anew cannot change."""
    verb = run.request.verb
    return verb.reads and run.id.split("-")[1:2] == [verb.value]


def _differences(run: RecordedRun, runs: Originals, copies: Copies, *, waits: bool) -> Iterator[Flaw]:
    """Yield what the copies say otherwise; a flowops that was killed while it copied has left some of them out."""
    environment = run.request.environment
    copy = copies.kept(environment, run.id, EVENTS)
    if copy is None:
        # Copied when it is closed: one that is open has a copy only if somebody cut off its end.
        if run.end is not None and not waits:
            yield Flaw(1, "has no copy in the state bucket")
        return
    yield from _difference(runs.content(run.id, EVENTS) or b"", copy)
    for name in runs.covered(run.id):
        if name == EVENTS:
            continue
        kept = copies.kept(environment, run.id, name)
        if runs.content(run.id, name) != kept and not (waits and kept is None):
            yield Flaw(0, "is not what its copy in the state bucket says", name)


def _difference(local: bytes, copy: bytes) -> Sequence[Flaw]:
    ours, theirs = local.splitlines(), copy.splitlines()
    pairs = enumerate(zip(ours, theirs, strict=False), start=1)
    first = next((number for number, (mine, other) in pairs if mine != other), min(len(ours), len(theirs)) + 1)
    return [] if local == copy else [Flaw(first, "is not what the copy in the state bucket says")]
