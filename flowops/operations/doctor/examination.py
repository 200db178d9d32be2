"""The run of an examination: everything side by side, what builds on something else after it, and nothing for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread

from flowops.errors import FlowopsError
from flowops.model.doctor import Diagnosis, Line, Status, of_lines, skipped, untold, wrong

Look = Callable[[], Iterable[Line]]

PATIENCE = 30.0
"""Seconds that one look may take."""


@dataclass(frozen=True)
class Probe:
    """One look; `subject` tells it from others of its check, `needs` are the keys of looks that have to hold before.

    `grave` says that it fails where the look itself meets an error; else nobody can tell how things stand.
    """

    check: str
    look: Look
    subject: str = ""
    needs: tuple[str, ...] = ()
    grave: bool = False
    seconds: float = PATIENCE

    @property
    def key(self) -> str:
        """Return its name among all looks."""
        return key_of(self.check, self.subject)


def key_of(check: str, subject: str = "") -> str:
    """Return the name of a look among all others."""
    return f"{check}/{subject}" if subject else check


def examine(probes: Sequence[Probe]) -> Diagnosis:
    """Return what every probe found, in the order of the checks; nothing is raised and nothing waited for too long.

    A need that is none of `probes` holds. Looks run in threads that nobody waits for at the end: a call that never
    comes back is left behind.
    """
    return of_lines(_Examination(probes).lines())


class _Examination:
    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = {it.key: it for it in probes}
        self._found: dict[str, tuple[Line, ...]] = {}
        self._begun: dict[str, float] = {}
        self._causes: dict[str, str] = {}
        self._changed = Condition()

    def lines(self) -> list[Line]:
        with self._changed:
            while len(self._found) < len(self._probes):
                self._expire()
                self._begin()
                if len(self._found) < len(self._probes):
                    self._changed.wait(self._longest())
        return [line for key in self._probes for line in self._found[key]]

    def _begin(self) -> None:
        """Start every look whose needs are known by now; one whose needs do not hold is over already."""
        progress = True
        while progress:
            progress = False
            for key, probe in self._probes.items():
                if key in self._begun or not self._ready(probe):
                    continue
                self._begun[key], progress = time.monotonic(), True
                if reason := self._in_the_way(probe):
                    self._causes[key] = reason
                    self._found[key] = (skipped(probe.check, reason, probe.subject),)
                else:
                    Thread(target=self._look, args=(probe,), daemon=True).start()

    def _ready(self, probe: Probe) -> bool:
        return all(need in self._found for need in probe.needs if need in self._probes)

    def _in_the_way(self, probe: Probe) -> str:
        """Return the first cause why a look cannot be taken, empty where nothing is in its way."""
        for need in probe.needs:
            if not all(line.holds for line in self._found.get(need, ())):
                return self._causes.get(need) or _cause(self._probes[need], self._found[need])
        return ""

    def _look(self, probe: Probe) -> None:
        found = looked(probe)
        with self._changed:
            self._found.setdefault(probe.key, found)
            self._changed.notify_all()

    def _expire(self) -> None:
        now = time.monotonic()
        for key, since in self._begun.items():
            probe = self._probes[key]
            if key not in self._found and now - since >= probe.seconds:
                said = f"no answer within {probe.seconds:g} s"
                line = wrong(probe.check, said) if probe.grave else untold(probe.check, said)
                self._found[key] = (line,)

    def _longest(self) -> float:
        """Return how long nothing has to be done unless a look comes back."""
        now = time.monotonic()
        ends = (since + self._probes[key].seconds for key, since in self._begun.items() if key not in self._found)
        return max(0.01, min(ends, default=now) - now)


def looked(probe: Probe) -> tuple[Line, ...]:
    """Return what a look found; an error becomes a line of its own."""
    found: list[Line] = []
    try:
        found.extend(probe.look())
    except FlowopsError as error:
        found.append(_of_error(probe, error))
    except Exception as error:
        # A line that is missing would be read as a pass.
        found.append(untold(probe.check, f"{type(error).__name__}: {error}"))
    return tuple(found)


def _of_error(probe: Probe, error: FlowopsError) -> Line:
    text, mend = " ".join(error.happened.split()), error.next_step
    return wrong(probe.check, text, mend) if probe.grave else untold(probe.check, text, mend)


def _cause(probe: Probe, found: Iterable[Line]) -> str:
    """Return why nothing can build on a look: it fails, or nobody can tell."""
    name = f"{probe.check} ({probe.subject})" if probe.subject else probe.check
    failed = any(line.status is Status.FAIL for line in found)
    return f"{name} {'fails' if failed else 'cannot be told'}"
