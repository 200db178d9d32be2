"""A state that terraform could not save: may it be saved now? Rules on it and on what stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from flowops.model.state_document import StateDocument, Unreadable, read_document
from flowops.model.state_health import Seen


@dataclass(frozen=True)
class UnsavedState:
    """One copy of such a state, kept at `path`."""

    path: str
    raw: bytes = field(repr=False)
    written: datetime

    @property
    def sha256(self) -> str:
        """Return the hash of its bytes."""
        return sha256(self.raw).hexdigest()

    @property
    def document(self) -> StateDocument | None:
        """Return the state, None where the file cannot be read."""
        try:
            return read_document(self.raw)
        except Unreadable:
            return None

    def __str__(self) -> str:
        """Return it as messages name it: by the beginning of its hash."""
        what = self.document
        told = f"serial {what.serial}, {what.resources} resources" if what else "unreadable"
        return f"{self.sha256[:12]} ({told}, written {self.written:%Y-%m-%d %H:%M:%S} UTC)"


def saved_already(unsaved: UnsavedState, seen: Seen) -> bool:
    """Say whether what stands holds the same resources and outputs: somebody has pushed it by hand."""
    document, standing = unsaved.document, seen.document
    return document is not None and standing is not None and document.contents == standing.contents


def missed(unsaved: UnsavedState, before: Seen, after: Seen) -> str:
    """Return in what the state that stands after a push is not the one that was pushed, "" where it is.

    terraform may count the serial up once more, and a state that is pushed where none stood gets a new lineage and
    serial 1, whatever it had.
    """
    document, standing = unsaved.document, after.document
    if document is None or standing is None:
        return "nothing that can be read"
    told = []
    stood = before.document is not None
    if stood and standing.lineage != document.lineage:
        told.append(f"lineage {standing.lineage} instead of {document.lineage}")
    if stood and standing.serial < document.serial:
        told.append(f"serial {standing.serial} instead of {document.serial}")
    if standing.contents != document.contents:
        told.append("other resources or outputs")
    return ", ".join(told)


def unfit(unsaved: UnsavedState, seen: Seen) -> tuple[str, ...]:
    """Return every reason why the unsaved state does not follow on what stands; none where it may be saved."""
    document, standing = unsaved.document, seen.document
    if document is None:
        return ("the file cannot be read",)
    if seen.flaw:
        return (f"the state that stands {seen.flaw}",)
    if standing is None:
        return ()
    reasons = []
    if standing.lineage != document.lineage:
        reasons.append(f"its lineage is {document.lineage}, that of the state that stands is {standing.lineage}")
    if standing.serial >= document.serial:
        reasons.append(f"its serial is {document.serial}, that of the state that stands is {standing.serial}")
    return tuple(reasons)
