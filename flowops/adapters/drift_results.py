"""The drift results of a project: `.flowops/drift/<id>.json`, readable by their owner only; and reports in JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, NoReturn

from flowops import atomic_file
from flowops.adapters.drift_reports.as_json import as_json
from flowops.adapters.right_types import mistyped
from flowops.errors import UnknownTarget, UsageError, shown
from flowops.model.drift.result import DriftResult
from flowops.model.drift.stored import NewerForm, from_data

DRIFT = Path(".flowops") / "drift"
LAST = "last"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True)
class DriftResults:
    """The results that are kept of one project."""

    project: Path

    def keep(self, result: DriftResult) -> Path:
        """Keep a result under its id, in place of what was kept under it before, and return its file."""
        if _ID.fullmatch(result.id) is None:
            raise UsageError(
                f"A result cannot be kept under the id {shown(result.id)}.",
                not_done="It was not kept.",
                next_step="flowops report show last, for the last one that was",
            )
        atomic_file.private_folder(self._folder.parent)
        path = atomic_file.private_folder(self._folder) / f"{result.id}.json"
        atomic_file.write(path, as_json(result).encode("utf-8", "replace"))
        return path

    def known(self) -> tuple[str, ...]:
        """Return the ids of those that are kept, in the order in which they were, oldest first."""
        return tuple(it.stem for it in self._files())

    def find(self, word: str) -> DriftResult:
        """Return the result that an id or `last` means; UnknownTarget names the nearest, UsageError as `read`."""
        known = self.known()
        if not known:
            raise UsageError(
                "No drift result is kept here yet.", not_done="Nothing was shown.", next_step="flowops drift"
            )
        name = known[-1] if word == LAST else word
        if name not in known:
            raise UnknownTarget("drift result", word, known)
        return read(self._folder / f"{name}.json")

    def readable(self) -> tuple[tuple[DriftResult, ...], tuple[str, ...]]:
        """Return all that can be read, in the order in which they were kept, and a sentence for each that cannot."""
        found, troubles = [], []
        for path in self._files():
            try:
                found.append(read(path))
            except UsageError as error:
                troubles.append(error.happened)
        return tuple(found), tuple(troubles)

    @property
    def _folder(self) -> Path:
        return self.project / DRIFT

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"), key=lambda it: (it.stat().st_mtime_ns, it.name))


def read(path: Path) -> DriftResult:
    """Return the result in a file; UsageError where it cannot be read, is none, or is of a newer flowops."""
    try:
        return _checked(json.loads(path.read_bytes(), parse_constant=_refuse))
    except NewerForm as error:
        raise UsageError(
            f"{path} was written by a newer flowops: {error}.",
            not_done="Nothing was started.",
            next_step="the same command with the flowops that wrote it, or a later one",
        ) from error
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (KeyError, RecursionError) as error:
        raise _unreadable(path, "it is no drift report in JSON") from error
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise _unreadable(path, f"it is no drift report in JSON: {shown(str(error))}") from error


def _checked(data: Any) -> DriftResult:
    result = from_data(data)
    if wrong := list(mistyped(result, DriftResult)):
        raise ValueError(f"{wrong[0]} is of another kind")
    for it in (result.started, *(trace.time for finding in result.findings for trace in finding.traces)):
        if it.tzinfo is None:
            raise ValueError(f"{it} has no time zone")
        # A time that no calendar has raises OverflowError, here rather than where it is shown.
        it.astimezone(UTC) + timedelta(seconds=result.seconds)
    return result


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} cannot be read: {why}.",
        not_done="Nothing was started.",
        next_step="the same command with a file that flowops drift --report json=PATH wrote",
    )
