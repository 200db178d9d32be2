"""The files of a run that its journal covers: whether they are as they were written, and what it does not cover."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from flowops.adapters.chained_file import read, read_head
from flowops.adapters.hashes import sha256_of
from flowops.model.chain import EVENTS, HEAD, Flaw, complete_lines, flaws
from flowops.model.closing import LOGS, RESULT, beside, logs_said
from flowops.model.record import ENDS, Event


def log_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every log in a run's folder by its name; OSError for one that cannot be read."""
    return {it.name: sha256_of(it) for it in sorted((folder / LOGS).glob("*"))}


def covered(folder: Path) -> tuple[str, ...]:
    """Return the names of all files that the journal in a run's folder is, or speaks of."""
    end = _end(_lines(folder))
    logs = {it.name for it in (folder / LOGS).glob("*")} | (logs_said(end) or {} if end else {}).keys()
    return (EVENTS, HEAD, RESULT, *(f"{LOGS}/{name}" for name in sorted(logs)))


def wrong(folder: Path) -> tuple[Flaw, ...]:
    """Return what is not as it was written in a run's folder; a file that nobody can read is such a flaw, too."""
    unreadable = tuple(_unreadable(folder))
    if unreadable:
        return unreadable
    # In the order opposite to that in which a run at work writes them.
    result = read(folder / RESULT) if (folder / RESULT).exists() else None
    head, content = read_head(folder), read(folder / EVENTS)
    end = _end(complete_lines(content)[0])
    found = flaws(folder.name, content, head, ended=end is not None or result is not None)
    if end is not None:
        return (*found, *beside(end, result, log_hashes(folder)))
    if result is not None and not found:
        return (Flaw(len(complete_lines(content)[0]) + 1, "is gone: the run has a result, and its journal no end"),)
    return found


def uncovered(folder: Path) -> tuple[str, ...]:
    """Return, in sentences without a full stop, which of a run's files nothing covers."""
    if any(_unreadable(folder)):
        return ()
    end = _end(_lines(folder))
    if end is None:
        return (_of_an_open_one(folder),)
    old = logs_said(end) is None and any((folder / LOGS).glob("*"))
    return (
        *(["its logs are not covered: the flowops that closed it took no hashes of them"] if old else []),
        *([f"there is no {RESULT}; what it said stands in the journal"] if not (folder / RESULT).exists() else []),
    )


def _of_an_open_one(folder: Path) -> str:
    head, content = read_head(folder), read(folder / EVENTS)
    counted = sum(len(line) + 1 for line in complete_lines(content)[0][: head.lines if head else 0])
    rest = len(content) - counted
    last = f", and the last {rest} bytes of {EVENTS}" if rest else ""
    return f"has no end, because it is at work or was killed: not covered are its result, its logs{last}"


def _unreadable(folder: Path) -> Iterator[Flaw]:
    for name in (EVENTS, HEAD, RESULT, *(f"{LOGS}/{it.name}" for it in sorted((folder / LOGS).glob("*")))):
        try:
            with (folder / name).open("rb") as file:
                file.read(1)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Flaw(0, f"cannot be read: {error.strerror}", name)


def _lines(folder: Path) -> list[bytes]:
    try:
        return complete_lines(read(folder / EVENTS))[0]
    except OSError:
        return []


def _end(lines: list[bytes]) -> Event | None:
    """Return the event that closed a journal, the last of its whole lines that says so."""
    return next((event for event in map(event_of, reversed(lines)) if event and event["event"] in ENDS), None)


def event_of(line: bytes) -> Event | None:
    """Return the event that a line is, None where it is none."""
    try:
        loaded = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) and {"event", "time"} <= loaded.keys() else None
