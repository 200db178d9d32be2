"""Every call that reached the emulated AWS, one JSON object a line, without secrets."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from flowops.rehearsal.reading import reads_only

FILE_NAME = "calls.jsonl"
REMEMBERED = 10_000
LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Call:
    """One API call and its answer's status; `time` is UTC in ISO 8601.

    `role` is the ARN with its path of the role that a session acts for, else empty, and `source_identity` what that
    session was begun with. `address` is where the call came from. `resources` are the names of what a write was about,
    each with CloudFormation's type of it.
    """

    time: str
    account: str
    region: str
    principal: str
    role: str
    service: str
    action: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    path: str = "/"
    method: str = "POST"
    status: int = 200
    address: str = ""
    source_identity: str = ""
    resources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, line: str) -> Call:
        """Read one line of the file; raise ValueError where it is not one of ours."""
        try:
            return cls(**json.loads(line))
        except TypeError as wrong:
            raise ValueError(f"not a recorded call: {wrong}") from wrong

    def to_json(self) -> str:
        """Return the line of this call, without its end."""
        # Not asdict: it copies the parameters, only to have them written.
        return json.dumps(vars(self), ensure_ascii=False)


def read_calls(path: Path) -> Iterator[Call]:
    """Yield the recorded calls in their order, leaving out a line that is still being written."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield Call.from_json(line)


class Recorder:
    """Appends calls to the file of a state directory and remembers the newest of them, reads and writes apart.

    A refresh reads so much that it would soon be all that is remembered.
    """

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE_NAME
        self._lock = Lock()
        self._number = count()
        self._newest: dict[bool, deque[tuple[int, Call]]] = {reads: deque(maxlen=REMEMBERED) for reads in (True, False)}

    def resume(self) -> None:
        """Remember the calls of the servers before; a line that one of them left unfinished is cut off."""
        for call in read_calls(self.path):
            self._remember(call)
        if self.path.exists():
            os.truncate(self.path, _whole_lines(self.path))

    def record(self, call: Call) -> None:
        """Append one call; it is in the file when this returns."""
        line = (call.to_json() + "\n").encode()
        with self._lock:
            self._remember(call)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)

    def newest(self, account: str) -> tuple[Call, ...]:
        """Return the remembered calls of one account, newest first."""
        with self._lock:
            reads, writes = (tuple(reversed(it)) for it in self._newest.values())
        both = merge(reads, writes, key=lambda it: -it[0])
        return tuple(call for _, call in both if call.account == account)

    def _remember(self, call: Call) -> None:
        self._newest[reads_only(call.action)].append((next(self._number), call))


def _whole_lines(path: Path) -> int:
    """Return how many bytes of the file are complete lines."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_LINE))
        tail = file.read()
    return size - len(tail) + tail.rfind(b"\n") + 1
