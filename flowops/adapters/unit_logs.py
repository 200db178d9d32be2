"""One readable log for each unit of a run, put together from what every terraform of it wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.follow import FollowedFile
from flowops.adapters.shim import call_folders, read_calls
from flowops.model.closing import LOGS
from flowops.model.terraform_call import TerraformCall


def log_of(folder: Path, unit_id: str) -> Path:
    """Return where the log of a unit lies in a run's folder."""
    _, layer, name = unit_id.split("/")
    return folder / LOGS / f"{layer}-{name}.log"


def write_logs(folder: Path, environment: str) -> None:
    """Write the log of every unit that a terraform worked on in this run; an older one of it is replaced."""
    for unit_id, calls in calls_by_unit(folder, environment).items():
        log = log_of(folder, unit_id)
        atomic_file.private_folder(log.parent)
        log.touch(mode=atomic_file.PRIVATE_FILE)
        with log.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in log_lines(calls))


def log_lines(calls: Sequence[TerraformCall]) -> Iterator[str]:
    """Yield what the calls of one unit printed, oldest first, without control characters and known forms of keys."""
    for call in calls:
        yield f"== {' '.join(('terraform', *call.argv))}, {_time(call.started)}"
        yield from FollowedFile(call.stdout).rest()
        yield from FollowedFile(call.stderr).rest()
        yield f"== {_end(call)}"


def calls_by_unit(folder: Path, environment: str) -> Mapping[str, Sequence[TerraformCall]]:
    """Return the calls of every step of a run, oldest first, by the id of the unit they were made in."""
    found: dict[str, list[TerraformCall]] = defaultdict(list)
    for calls in call_folders(folder):
        for call in read_calls(calls):
            found["/".join((environment, *call.unit_dir.parts[-2:]))].append(call)
    return {unit: sorted(calls, key=lambda it: it.started) for unit, calls in found.items()}


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _end(call: TerraformCall) -> str:
    if call.exit_code is None:
        return "still at work" if call.alive else "ended, nobody knows how"
    seconds = f" after {call.ended - call.started:.1f} s" if call.ended else ""
    return f"ended with {call.exit_code}{seconds}"
