"""Workspaces of rehearsals that nobody comes back to: their checkout is gone, or they have not run for long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from flowops.errors import InvalidConfig
from flowops.model.gc import Deletion, GcRequest, Item, Kind, kept
from flowops.rehearsal.emulator import START_LOCK_FILE
from flowops.rehearsal.identity import LOCK_FILE
from flowops.rehearsal.occupancy import Occupancy
from flowops.rehearsal.settings import load
from flowops.rehearsal.workspace import Workspace

REHEARSALS = "rehearsals"

Holds = Callable[[Path], str]
Look = Callable[[Kind, Path, str, str], Iterable[Item]]
"""Yields what stands at a path below a root as an item, with the reason why it stays."""


class Remover(Protocol):
    """Deletes an item at once out of the way, then for good."""

    def remove(self, it: Item, holds: Holds) -> Deletion:
        """Delete an item, unless something holds it."""


class OldWorkspaces:
    """Those below `rehearsals` in the user's state; `holds` says who works in a folder, "" for nobody."""

    kinds = frozenset({Kind.REHEARSAL})

    def __init__(self, state: Path, look: Look, holds: Holds, remover: Remover) -> None:
        self._state, self._look, self._holds, self._remover = state, look, holds, remover

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield those whose checkout is gone, and those that were not used for as long as the request says."""
        for root in workspaces(self._state):
            workspace = Workspace(root)
            reason = _holder(workspace) or self._holds(root)
            for found in self._look(Kind.REHEARSAL, self._state, f"{REHEARSALS}/{root.name}", reason):
                if _is_gone(workspace) or now - found.changed > request.older_than:
                    yield found

    def delete(self, it: Item) -> Deletion:
        """Delete one, while nobody can start it."""
        with claimed(Workspace(self._state / it.path)) as holder:
            return kept(holder) if holder else self._remover.remove(it, self._holds)


def workspaces(state: Path) -> tuple[Path, ...]:
    """Return the folder of every rehearsal of this user."""
    folder = state / REHEARSALS
    return tuple(sorted(it for it in folder.glob("*") if it.is_dir() and not it.is_symlink()))


def programs_of(state: Path) -> frozenset[Path]:
    """Return the programs that the rehearsals of this user were started with, and will be again."""
    found: set[Path] = set()
    for root in workspaces(state):
        with suppress(InvalidConfig):  # it was never started
            found |= {Path(path) for _, path in load(Workspace(root).emulator).kubernetes}
    return frozenset(found)


@contextmanager
def claimed(workspace: Workspace) -> Iterator[str]:
    """Keep a rehearsal from being started or used while the block runs; yield who has it instead, "" for nobody."""
    with ExitStack() as stack:
        for lock in _locks(workspace):
            if not lock.claim():
                yield f"process {lock.holder()} runs it"
                return
            stack.callback(lock.release)
        yield ""


def _holder(workspace: Workspace) -> str:
    """Return who has a rehearsal, "" for nobody; a look leaves no trace: its age is that of its last use."""
    holders = (lock.holder() for lock in _locks(workspace))
    return next((f"process {pid} runs it" for pid in holders if pid), "")


def _locks(workspace: Workspace) -> list[Occupancy]:
    """Return the locks of whoever uses a rehearsal, as far as there can be any."""
    own = workspace.root.with_name(f"{workspace.root.name}.lock")
    server = (workspace.emulator / name for name in (START_LOCK_FILE, LOCK_FILE))
    return [Occupancy(path) for path in (own, *server) if path.parent.is_dir()]


def _is_gone(workspace: Workspace) -> bool:
    """Say whether the checkout that a rehearsal is of is no more; of an older flowops nobody knows."""
    try:
        return not Path(workspace.checkout_file.read_text()).exists()
    except OSError:
        return False
