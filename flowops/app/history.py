"""The recorded runs of one project, looked at without AWS and without terraform."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.errors import Exit, UnknownTarget
from flowops.model.record import Event
from flowops.operations import audit, runs


class History:
    """What ran in a project; `copies` is asked only where journals are compared with those in the state bucket."""

    def __init__(self, project: Path, environments: Collection[str], copies: Callable[[], audit.Copies]) -> None:
        self._folders = RunFolders(project / RUNS)
        self._environments = environments
        self._copies = copies

    def listed(self, environment: str | None) -> tuple[runs.Seen, ...]:
        """Return the runs of an environment, or all, newest first; UnknownTarget for one that never was."""
        found = runs.listed(environment, self._folders)
        if environment is not None and not found and environment not in self._environments:
            raise UnknownTarget("environment", environment, self._environments)
        return found

    def seen(self, word: str) -> runs.Seen:
        """Return one run with everything that is known of it."""
        return runs.seen(word, self._folders)

    def log(self, word: str, unit: str) -> Iterator[str]:
        """Yield what terraform printed for a unit of a run, named with or without its environment; UnknownTarget."""
        run = self._folders.find(word)
        within = f"{run.request.environment}/"
        return self._folders.log(run, within + unit.removeprefix(within))

    def tail(self, word: str, show: Callable[[Event], None]) -> Exit:
        """Show what happens in a run until it ends, and return its exit code."""
        run = self._folders.find(word)
        return runs.tail(run, self._folders, self._folders.follow(run), show, time.sleep)

    def verify(self, words: Sequence[str], *, remote: bool) -> tuple[audit.Audited, ...]:
        """Return the verdict on the journals of the named runs, or of all."""
        return audit.verify(words, self._folders, self._copies() if remote else None)
