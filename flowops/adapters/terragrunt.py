"""terragrunt's argument lists and what it writes as JSON (find, report, log). Nothing here starts a process.

Only what terragrunt 1.x guarantees is read: the command line, `find --json`, and the report (schema v4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from flowops.adapters.terraform import apply_arguments, plan_arguments
from flowops.errors import OperationFailed
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import Reported
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.plaintext import printable, redacted


def find_argv(terragrunt: Path, folder: Path) -> list[str]:
    """Return the command that prints the units below `folder` and their direct dependencies as JSON."""
    return [str(terragrunt), "find", "--json", "--dependencies", "--no-color", "--working-dir", str(folder)]


def run_argv(terragrunt: Path, folder: Path, job: Job, parallelism: int) -> list[str]:
    """Return the command that does `job` in `folder`, the environment's folder, with so many units at once."""
    return [
        *(str(terragrunt), "run", "--all", "--working-dir", str(folder)),
        *("--non-interactive", "--no-color", "--no-filters-file", "--summary-disable"),
        # Otherwise outputs would be fetched through whichever role the upstream unit was last initialised with.
        "--dependency-fetch-output-from-state",
        *("--log-format", "json", "--parallelism", str(parallelism)),
        *("--report-file", str(job.report), "--report-format", "json"),
        *_outputs(job),
        *(word for unit in job.units for word in ("--filter", f"{{./{job.name(unit)}}}")),
        *("--", *_terraform(job)),
    ]


def unit_argv(terragrunt: Path, folder: Path, arguments: Sequence[str]) -> list[str]:
    """Return the command that lets terraform do `arguments` in one unit's working copy, made where it is missing."""
    return [
        *(str(terragrunt), "run", "--working-dir", str(folder), "--non-interactive", "--no-color"),
        # As in a run: outputs of other units are read with this run's own role.
        "--dependency-fetch-output-from-state",
        *("--", *arguments),
    ]


def own_settings(terraform: Path) -> dict[str, str]:
    """Return what every terragrunt of ours is told besides its arguments; `terraform` is what it starts."""
    return {"TG_TF_PATH": str(terraform), "TG_NON_INTERACTIVE": "true", "TG_NO_COLOR": "true"}


def _outputs(job: Job) -> Sequence[str]:
    match job.step:
        case Step.PLAN | Step.PLAN_DESTROY:
            at_once = () if job.ordered else ("--queue-ignore-dag-order",)
            return ("--out-dir", str(job.plan_folder), "--json-out-dir", str(job.json_folder), *at_once)
        case Step.APPLY_SAVED:
            # One wave has no order within itself; terragrunt's own order is wrong for saved destroy plans.
            return ("--out-dir", str(job.plan_folder), "--queue-ignore-dag-order")
        case Step.APPLY:
            return ()


def _terraform(job: Job) -> list[str]:
    match job.step:
        case Step.PLAN:
            return plan_arguments(destroy=False)
        case Step.PLAN_DESTROY:
            return plan_arguments(destroy=True)
        case Step.APPLY | Step.APPLY_SAVED:
            return apply_arguments()


def declares_dependencies(hcl: str) -> bool:
    """Say whether a unit's file has a dependency block; only to notice where terragrunt silently saw none."""
    return re.search(r'^\s*(dependency\s+"|dependencies\s*\{)', hcl, re.MULTILINE) is not None


def graph_from_find(
    environment: Environment, text: str, *, declares: Callable[[Unit], bool], explain: Callable[[], object]
) -> Graph:
    """Return the graph that `find --json --dependencies` printed for one environment.

    terragrunt drops cycles, and the edges of units that it cannot read, without an error: a unit that is on disk and
    not in its answer, or that `declares` dependencies and has none there, raises OperationFailed, unless `explain`
    raises something that says more.
    """
    try:
        rows = {row["path"]: row.get("dependencies", ()) for row in json.loads(text) if row["type"] == "unit"}
    except (ValueError, KeyError, TypeError) as error:
        raise OperationFailed(
            "terragrunt find printed something that is not a list of units.",
            not_done="No unit was started.",
            next_step=f"terragrunt find --json --dependencies --working-dir deployments/{environment.path} to see it, "
            "and flowops toolchain list for which terragrunt that is",
        ) from error
    units = {str(unit.path.relative_to(environment.path)): unit for unit in environment.units}
    missing = sorted(unit.id for name, unit in units.items() if name not in rows or (declares(unit) and not rows[name]))
    if missing:
        explain()
        raise OperationFailed(
            f"terragrunt cannot place {', '.join(missing)}: a terragrunt.hcl cannot be read, or units form a circle.",
            not_done="No unit was started.",
            next_step=f"terragrunt hcl validate --working-dir deployments/{environment.path}",
        )
    return Graph({unit: frozenset(_known(units, rows[name])) for name, unit in units.items()})


def _known(units: Mapping[str, Unit], names: Sequence[str]) -> list[Unit]:
    return [units[str(PurePosixPath(name))] for name in names if name in units]


def read_report(job: Job) -> Mapping[Unit, Reported]:
    """Return each unit's result in terragrunt's report; a missing or unreadable report has none."""
    try:
        rows: list[dict[str, Any]] = json.loads(job.report.read_bytes())
    except (OSError, ValueError):
        return {}
    results = {row.get("Name"): row.get("Result") for row in rows if isinstance(row, dict)}
    named = {unit: results.get(job.name(unit)) for unit in job.units}
    known = {it.value: it for it in Reported}
    return {unit: known[result] for unit, result in named.items() if result in known}


def trouble_from_log(job: Job, lines: Sequence[str]) -> Mapping[Unit, str]:
    """Return the last error terragrunt logged for each unit, from its JSON log; other lines are passed over."""
    units = {job.name(unit): unit for unit in job.units}
    named = ((_unit_of(units, folder), text) for folder, text in _errors(lines) if folder)
    return {unit: text for unit, text in named if unit is not None}


def trouble_of_run(lines: Sequence[str]) -> str:
    """Return the last error terragrunt logged for no unit in particular, such as a root.hcl that it cannot read."""
    return next((text for folder, text in reversed(list(_errors(lines))) if not folder), "")


def _errors(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield folder and text of each error in terragrunt's JSON log."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if (
            isinstance(record, dict)
            and record.get("level") in ("error", "stderr")
            and str(record.get("msg", "")).strip()
        ):
            yield str(record.get("working-dir", "")), _shown(first_error(str(record["msg"])))


def _shown(text: str) -> str:
    """Return foreign text as one line that neither steers a terminal nor holds a key."""
    return redacted(printable(text))


def _unit_of(units: Mapping[str, Unit], folder: str) -> Unit | None:
    for name, unit in units.items():
        if folder == name or f"/{name}/" in f"/{folder}/":
            return unit
    return None


def first_error(text: str) -> str:
    """Return the headline of the first error in terraform's output, or its last line that says something."""
    lines = [line.strip("│╷╵ \t") for line in text.splitlines()]
    for index, line in enumerate(lines):
        if line.startswith("Error: "):
            detail = next((it for it in lines[index + 1 :] if it and not it.startswith(("with ", "on "))), "")
            return _shown(f"{line.removeprefix('Error: ')}{f' ({detail})' if detail else ''}"[:500])
    return _shown(next((line for line in reversed(lines) if line), "")[:500])
