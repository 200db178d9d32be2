"""The chain that holds a journal together: each line carries the SHA-256 of the line before it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

FIELD = "previous"
"""Where a line carries the hash of the line before; the first one carries that of the run's id."""

HEAD_SIZE = 76
"""Bytes of a written Head, so that one write replaces the one before."""

EVENTS, HEAD = "events.jsonl", "events.head"


@dataclass(frozen=True)
class Head:
    """How many lines were written to their end, and the hash of the last of them."""

    lines: int
    hash: str

    def encode(self) -> bytes:
        """Return the head as HEAD_SIZE bytes."""
        return f"{self.lines:010d} {self.hash}\n".encode()


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a line of the events, counted from 1, or with another file as a whole: its line is 0."""

    line: int
    what: str
    file: str = EVENTS

    def __str__(self) -> str:
        return f"{f'line {self.line}' if self.line else self.file}: {self.what}"


DAMAGED = Head(0, "")
"""What is read from a head that nobody wrote like that."""


def head_from(content: bytes) -> Head | None:
    """Return the head that was written, None where none was, DAMAGED where it is not as it was written."""
    if not content:
        return None
    number, _, digest = content.decode("ascii", "replace").strip().partition(" ")
    head = Head(int(number), digest) if number.isdecimal() else DAMAGED
    return head if head.encode() == content else DAMAGED


def start_of(run_id: str) -> str:
    """Return what the first line of a run carries, so that no journal passes for another run's."""
    return hash_of(run_id.encode())


def hash_of(line: bytes) -> str:
    """Return the SHA-256 of a line without its newline."""
    return sha256(line).hexdigest()


def linked(event: Mapping[str, Any], previous: str) -> bytes:
    """Return the event as one line, without its newline, that follows the line with the hash `previous`."""
    return json.dumps({**event, FIELD: previous}, default=str).encode()


def complete_lines(content: bytes) -> tuple[list[bytes], bytes]:
    """Return the lines that were written to their end, and the beginning of one that was not."""
    *lines, torn = content.split(b"\n")
    return lines, torn


def flaws(run_id: str, content: bytes, head: Head | None, *, ended: bool) -> tuple[Flaw, ...]:
    """Return what does not fit in a journal; a line that a killed process left half written is none, unless `ended`.

    The head counts whole lines only: so a line that was cut off afterwards is told apart from one that was never
    finished.
    """
    lines, torn = complete_lines(content)
    found = [*_broken_links(run_id, lines), *_against_head(lines, head, ended=ended)]
    if torn and ended:
        found.append(Flaw(len(lines) + 1, "stands after the end, or the end was cut off"))
    return tuple(sorted(dict.fromkeys(found), key=lambda it: it.line))


def _broken_links(run_id: str, lines: Sequence[bytes]) -> Iterator[Flaw]:
    expected = start_of(run_id)
    for number, line in enumerate(lines, start=1):
        carried = _carried(line)
        if carried is None:
            yield Flaw(number, "is no event that carries a hash")
        elif carried != expected and number == 1:
            yield Flaw(number, "is not the first line of this run")
        elif carried != expected:
            yield Flaw(
                number, f"does not follow line {number - 1}: one of both was changed, or one between them is gone"
            )
        expected = hash_of(line)


def _carried(line: bytes) -> str | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    carried = event.get(FIELD) if isinstance(event, dict) else None
    return carried if isinstance(carried, str) else None


def _against_head(lines: Sequence[bytes], head: Head | None, *, ended: bool) -> Iterator[Flaw]:
    if head is None:
        # Before its first line, and between that and the first head, a run may be killed.
        if len(lines) > 1 or ended:
            yield Flaw(max(len(lines), 1), "cannot be checked: nothing says how many lines there were")
        return
    if head == DAMAGED:
        yield Flaw(0, "is not as it was written", HEAD)
    elif head.lines > len(lines):
        yield Flaw(len(lines) + 1, f"is gone: {head.lines} lines were written")
    elif head.lines < 1 or hash_of(lines[head.lines - 1]) != head.hash:
        yield Flaw(max(head.lines, 1), "was changed after it was written")
    elif ended and head.lines < len(lines):
        yield Flaw(head.lines + 1, "was put in after the end")
