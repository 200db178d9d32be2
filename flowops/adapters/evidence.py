"""What is known of each unit after a job: terragrunt's report, its log, terraform's calls and the plans they wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL

from flowops.adapters import terragrunt as tg
from flowops.adapters.helm_releases import flaw_in
from flowops.adapters.shim import read_calls
from flowops.model.changes import Plan, plan_from_json
from flowops.model.cluster_errors import cluster_trouble
from flowops.model.deployment import Unit
from flowops.model.evidence import UNSAVED_FILE, Call, Evidence, Reported
from flowops.model.job import Job
from flowops.model.lock_errors import lock_trouble, only_the_lock_stays
from flowops.model.terraform_call import TerraformCall

_DECISIVE = {"plan", "apply", "destroy"}
_QUOTED = 64 * 1024


@dataclass(frozen=True)
class EvidenceReader:
    """Reads what jobs left below `deployments`; `unsaved` keeps a unit's unsaved state and returns its path."""

    deployments: Path
    unsaved: Callable[[Iterable[Unit]], Mapping[Unit, str]]

    def read(self, job: Job, charts: str | None) -> tuple[Evidence, ...]:
        """Return each unit's evidence, in the job's order; `charts` is the folder of Helm's cached charts."""
        reported = tg.read_report(job)
        log = _tail(job.folder / "terragrunt.log").splitlines()
        trouble, everybodys = tg.trouble_from_log(job, log), tg.trouble_of_run(log)
        calls = self._calls(job)
        return tuple(
            Evidence(
                unit,
                reported.get(unit, Reported.ABSENT),
                call=calls.get(unit),
                plan=_plan(job, unit, charts) if job.step.plans else None,
                trouble=trouble.get(unit, "") or (everybodys if unit not in calls else ""),
                drained=job.drain.exists(),
            )
            for unit in job.units
        )

    def _calls(self, job: Job) -> dict[Unit, Call]:
        """Return the decisive call of each unit: its last plan or apply, else an init that failed."""
        units = {self.deployments / unit.path: unit for unit in job.units}
        found: dict[Unit, Call] = {}
        for call in read_calls(job.calls):
            unit = units.get(call.unit_dir)
            if unit is not None and (call.command in _DECISIVE or call.exit_code != 0):
                found[unit] = self._kept(unit, _call(call))
        return found

    def _kept(self, unit: Unit, call: Call) -> Call:
        """Return the call with the place where its unsaved state is kept from now on."""
        return replace(call, unsaved=self.unsaved([unit]).get(unit, "")) if call.unsaved else call


def _plan(job: Job, unit: Unit, charts: str | None) -> Plan | None:
    path = job.json_folder / job.name(unit) / "tfplan.json"
    try:
        document = json.loads(path.read_bytes())
        plan = plan_from_json(unit, document, str(job.plan_folder / job.name(unit) / "tfplan.tfplan"))
        return replace(plan, flaw=flaw_in(document, Path(charts) if charts else None))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _call(call: TerraformCall) -> Call:
    said = "" if call.exit_code == 0 else _tail(call.stderr)
    return Call(
        call.command,
        call.exit_code,
        call.alive,
        seconds=(call.ended - call.started) if call.ended else 0.0,
        error=lock_trouble(said) or cluster_trouble(said) or tg.first_error(said),
        unsaved=_unsaved(call),
        lock_stuck=only_the_lock_stays(said),
        log=str(call.stdout),
        interrupted=call.interrupted,
        killed=call.signal == SIGKILL,
    )


def _unsaved(call: TerraformCall) -> str:
    kept = call.cwd / UNSAVED_FILE
    return str(kept) if kept.is_file() and kept.stat().st_mtime >= call.started else ""


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _QUOTED))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
