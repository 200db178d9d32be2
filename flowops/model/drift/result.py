"""What one drift check found, in every environment that it looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from flowops.errors import Exit
from flowops.model.drift.finding import Finding


class Status(Enum):
    """How a unit or an environment stands; a failed one could not be checked, and a busy one was left alone."""

    CLEAN = "clean"
    DRIFTED = "drifted"
    FAILED = "failed"
    BUSY = "busy"


@dataclass(frozen=True)
class Checked:
    """One unit, or another `source` such as `cloudformation`: how it stands, why not if it failed, and its seconds."""

    name: str
    status: Status
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class EnvironmentDrift:
    """One environment: what was checked and what was found. With a `reason` it was not checked as a whole.

    `code` is the exit code of that reason's error; `run` is the run whose folder has the logs, empty without one. It is
    `busy` where somebody is changing it: no other lock is that.
    """

    environment: str
    checked: tuple[Checked, ...] = ()
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    code: Exit = Exit.FINE
    run: str = ""
    notes: tuple[str, ...] = ()
    busy: bool = False

    @property
    def status(self) -> Status:
        """Return how the environment stands: what could not be checked is worse than what drifted."""
        if self.busy:
            return Status.BUSY
        if self.reason or any(it.status is Status.FAILED for it in self.checked):
            return Status.FAILED
        return Status.DRIFTED if any(it.counts for it in self.findings) else Status.CLEAN

    @property
    def exit_code(self) -> Exit:
        """Return the code of this environment alone."""
        match self.status:
            case Status.BUSY:
                return Exit.LOCKED
            case Status.FAILED:
                return self.code if self.code in _TELLING else Exit.FAILED
            case Status.DRIFTED:
                return Exit.CHANGES
            case Status.CLEAN:
                return Exit.FINE


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`, counted from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


@dataclass(frozen=True)
class RuleTrouble:
    """An ignore rule that does nothing: `trouble` says whether it has expired or never matched."""

    where: str
    address: str
    owner: str
    trouble: str


@dataclass(frozen=True)
class DriftResult:
    """One drift check. `shards` are the parts that it was made of, empty where nothing was divided."""

    id: str
    project: str
    started: datetime
    seconds: float
    environments: tuple[EnvironmentDrift, ...]
    rules: tuple[RuleTrouble, ...] = ()
    shards: tuple[Shard, ...] = ()
    flowops: str = ""

    @property
    def findings(self) -> Iterator[Finding]:
        """Yield all findings, environment by environment."""
        for environment in self.environments:
            yield from environment.findings

    @property
    def exit_code(self) -> Exit:
        """Return the one code: a signal, credentials, what failed, drift, and 6 if there is nothing else.

        Unlike elsewhere drift wins over a lock: a busy environment must not hide what was found in another one.
        """
        codes = {it.exit_code for it in self.environments}
        return next((code for code in _RANK if code in codes), Exit.FINE)


_TELLING = (Exit.INTERRUPTED, Exit.TERMINATED, Exit.CREDENTIALS)
"""Codes that say more than that something could not be checked."""

_RANK = (*_TELLING, Exit.FAILED, Exit.CHANGES, Exit.LOCKED)
