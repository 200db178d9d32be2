"""What the last event of a run says of the files beside its journal: the result, and the hash of each log. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flowops.model.chain import FIELD, Flaw
from flowops.model.record import Event

RESULT, LOGS = "run.json", "logs"

_OF_THE_EVENT = ("time", "event", FIELD)


def result_document(result: Mapping[str, Any]) -> bytes:
    """Return the file that says how a run ended, of its last event or of what that was written from."""
    said = {name: it for name, it in result.items() if name not in _OF_THE_EVENT}
    return (json.dumps(said, indent=2) + "\n").encode()


def logs_said(end: Event) -> Mapping[str, str] | None:
    """Return the SHA-256 of each log by its name; None where the flowops that closed the journal took none."""
    said = end.get(LOGS)
    return said if isinstance(said, dict) else None


def beside(end: Event, result: bytes | None, logs: Mapping[str, str]) -> Iterator[Flaw]:
    """Yield what the files beside an ended journal are not as it says; `result` is None where there is none."""
    if result is not None and result != result_document(end):
        yield Flaw(0, "does not say what the journal says", RESULT)
    said = logs_said(end)
    if said is None:
        return
    for name in sorted(said.keys() | logs.keys()):
        if name not in logs:
            yield Flaw(0, "is gone", f"{LOGS}/{name}")
        elif name not in said:
            yield Flaw(0, "was put in after the end", f"{LOGS}/{name}")
        elif logs[name] != said[name]:
            yield Flaw(0, "was changed after the end", f"{LOGS}/{name}")
