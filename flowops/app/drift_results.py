"""The drift results of one project: looked at, put together, and written as reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flowops.adapters.drift_reports import DriftReports
from flowops.adapters.drift_results import DriftResults, read
from flowops.adapters.shards_file import read_shards
from flowops.app.site import now
from flowops.errors import UnknownTarget, UsageError
from flowops.model.config import Config
from flowops.model.drift.formats import DriftFormat
from flowops.model.drift.history import DriftHistory, history, of_environment
from flowops.model.drift.merging import merged
from flowops.model.drift.result import DriftResult


@dataclass(frozen=True)
class DriftRecords:
    """What drift checks found in the project at `root`; `note` is told what could not be written."""

    root: Path
    config: Config
    note: Callable[[str], object]

    @property
    def kept(self) -> DriftResults:
        """Return where results are kept."""
        return DriftResults(self.root)

    def find(self, word: str) -> DriftResult:
        """Return the result that an id or `last` means."""
        return self.kept.find(word)

    def reports(self, targets: Sequence[tuple[DriftFormat, Path]]) -> Callable[[DriftResult], None]:
        """Return what writes a result to these files; UsageError where that is not possible."""
        folders = {name: PurePosixPath(it.path) for name, it in self.config.environments.items()}
        files = DriftReports(targets, folders)

        def write(result: DriftResult) -> None:
            for trouble in files.write(result):
                self.note(trouble)

        return write

    def assigned(self, path: Path, count: int) -> Mapping[str, int]:
        """Return the shard of each unit in a file that `ci matrix` wrote; UsageError where it divides otherwise."""
        return read_shards(path, count)

    def merge(self, paths: Sequence[Path]) -> DriftResult:
        """Return and keep one result of these reports; UsageError where they do not make one, or are not ours."""
        result = merged([read(it) for it in paths])
        if result.project != self.config.project:
            raise UsageError(
                f"The results are of the project {result.project}, and this is {self.config.project}.",
                not_done="Nothing was merged.",
                next_step="flowops --project-dir DIR report merge FILE…, with the folder of their project",
            )
        self.kept.keep(result)
        return result

    def history(self, environment: str | None) -> DriftHistory:
        """Return the history of every environment, or of one; UnknownTarget for one that never was."""
        results, troubles = self.kept.readable()
        ours = [it for it in results if it.project == self.config.project]
        found = history(ours, now())
        known = {it.environment for it in found.trends} | set(self.config.environments)
        if environment is not None and environment not in known:
            raise UnknownTarget("environment", environment, known)
        noted = DriftHistory(found.standing, found.trends, (*found.notes, *troubles))
        return noted if environment is None else of_environment(noted, environment)
