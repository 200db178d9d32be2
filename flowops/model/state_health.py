"""May the state of a unit be believed? Rules on what stands now and on what stood before. Pure.

terraform itself takes an empty object for a unit that was never applied, and an old state for the newest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flowops.model.plaintext import printable
from flowops.model.state import UnitState
from flowops.model.state_document import StateDocument, Unreadable, read_document


@dataclass(frozen=True)
class StateVersion:
    """One version of a state object, as the bucket keeps it; `gone` is a mark that the object was deleted then."""

    id: str
    when: datetime
    size: int
    current: bool = False
    gone: bool = False


@dataclass(frozen=True)
class KeptVersion:
    """A version with its bytes; None for a mark of a deletion, and for one that has been cleared away meanwhile."""

    version: StateVersion
    raw: bytes | None = field(repr=False)

    @property
    def document(self) -> StateDocument | None:
        """Return the state, None where it cannot be read."""
        return Seen(self.raw).document

    @property
    def remark(self) -> str:
        """Return what is wrong with it, "" for nothing."""
        return "deleted" if self.version.gone else Seen(self.raw).flaw


@dataclass(frozen=True)
class Seen:
    """A state object as it is now; `raw` is None where there is none.

    `accepted` says that an operator put it there by `flowops recover`, whatever stood before.
    """

    raw: bytes | None = field(repr=False)
    version: str = ""
    accepted: bool = False

    @property
    def document(self) -> StateDocument | None:
        """Return the state, None where there is none that can be read."""
        try:
            return read_document(self.raw) if self.raw is not None else None
        except Unreadable:
            return None

    @property
    def flaw(self) -> str:
        """Return why the object cannot be read, as the rest of a sentence; "" where it can or is not there."""
        try:
            if self.raw is not None:
                read_document(self.raw)
        except Unreadable as error:
            return str(error)
        return ""


@dataclass(frozen=True)
class Former:
    """The last good state that stood before the present one; `version` is "" where only our own memory has it."""

    serial: int
    lineage: str
    resources: int
    when: datetime
    version: str = ""

    def __str__(self) -> str:
        """Return it as messages name it."""
        return f"serial {self.serial} with {self.resources} resources, of {self.when:%Y-%m-%d %H:%M:%S} UTC"


def of_former(document: StateDocument, version: StateVersion) -> Former:
    """Return what a readable former version says."""
    return Former(document.serial, document.lineage, document.resources, version.when, version.id)


def too_new(state: UnitState | None, terraform: str) -> str:
    """Return why what stands now must not be worked on with this version of terraform, "" where it may."""
    if state is None or state.accepted or not _newer(state.terraform, terraform):
        return ""
    return f"was written by terraform {printable(state.terraform)}, which is newer than {terraform}"


def went_back(state: UnitState | None, former: Former | None) -> str:
    """Return how what stands now falls behind what stood before, "" where it does not.

    Where nothing stood before, nothing can have been lost.
    """
    if former is None or former.resources == 0:
        return ""
    if state is None:
        return f"is gone, though it had {former}"
    if state.accepted:
        return ""
    if state.lineage != former.lineage:
        return f"has another lineage ({printable(state.lineage)}) than before ({printable(former.lineage)}; {former})"
    if state.serial < former.serial:
        return f"went back to serial {state.serial}; before, it had {former}"
    return ""


def _newer(found: str, ours: str) -> bool:
    """Say whether a terraform of a later minor version wrote it; a patch changes nothing in a state."""
    try:
        return _minor(found) > _minor(ours)
    except ValueError:
        return False


def _minor(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)
