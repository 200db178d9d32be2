"""terragrunt and terraform at work: one job started, followed while it runs, and its evidence gathered afterwards."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from signal import SIGINT

from flowops.adapters import terragrunt as tg
from flowops.adapters.following import CallFollower
from flowops.adapters.process import Processes, Running
from flowops.adapters.shim import install_shim, read_calls
from flowops.adapters.signals import Interrupts
from flowops.errors import Exit, OperationFailed
from flowops.model.changes import Plan, plan_from_json
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import UNSAVED_FILE, Call, Evidence, Reported
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.terraform_call import TerraformCall

CACHE = ".terragrunt-cache"
_DECISIVE = {"plan", "apply", "destroy"}
_PAUSE = 0.05
_ROUNDS_A_LOOK = 5
_QUOTED = 64 * 1024


class TerragruntEngine:
    """Runs jobs with real binaries.

    `env` is what every child gets; what a job needs on top is given with it. `say` gets progress, a line at a time.
    """

    def __init__(
        self,
        processes: Processes,
        *,
        terragrunt: Path,
        terraform: Path,
        python: Path,
        deployments: Path,
        env: Mapping[str, str],
        interrupts: Interrupts,
        say: Callable[[str], None],
    ) -> None:
        self._processes = processes
        self._terragrunt, self._terraform, self._python = terragrunt, terraform, python
        # Calls record where they really ran, so a link on the way must not matter.
        self._deployments = deployments.resolve()
        self._env = dict(env)
        self._interrupts = interrupts
        self._say = say

    @property
    def interrupted(self) -> Exit:
        """Return INTERRUPTED or TERMINATED once a signal asked to stop, else FINE."""
        if self._interrupts.level == 0:
            return Exit.FINE
        return Exit.TERMINATED if self._interrupts.terminated else Exit.INTERRUPTED

    def watch(self) -> AbstractContextManager[object]:
        """Take signals over while a run is under way."""
        return self._interrupts.watch()

    def graph(self, environment: Environment) -> Graph:
        """Return the environment's units and edges; OperationFailed where terragrunt cannot tell."""
        folder = self._deployments / environment.path
        argv = tg.find_argv(self._terragrunt, folder)
        done = self._processes.run(argv, env=self._env | _own(self._terraform), cwd=folder, timeout=300)
        if done.returncode != 0:
            raise OperationFailed(
                f"terragrunt find failed: {tg.first_error(done.stderr)}",
                not_done="No unit was started.",
                next_step=f"terragrunt hcl validate --working-dir deployments/{environment.path}",
            )
        return tg.graph_from_find(environment, done.stdout, self._declares_dependencies)

    def unsaved(self, units: Iterable[Unit]) -> Mapping[Unit, str]:
        """Return the path of each unit's state that terraform could not save and that nobody has pushed yet."""
        found = {unit: _errored_state(self._deployments / unit.path / CACHE) for unit in units}
        return {unit: path for unit, path in found.items() if path}

    def _declares_dependencies(self, unit: Unit) -> bool:
        text = (self._deployments / unit.path / "terragrunt.hcl").read_text(encoding="utf-8", errors="replace")
        return tg.declares_dependencies(text)

    def run(self, job: Job, env: Mapping[str, str]) -> tuple[Evidence, ...]:
        """Do the job and return each unit's evidence; a signal drains it, a second one interrupts terraform."""
        for folder in (job.folder, job.calls, job.plan_folder, job.json_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _place(job)
        shim = install_shim(job.folder / "shim", python=self._python)
        running = self._processes.start(
            tg.run_argv(self._terragrunt, self._deployments / job.environment.path, job),
            env={**self._env, **env, **_own(shim), **self._shim_settings(job)},
            cwd=self._deployments / job.environment.path,
            stdout=job.folder / "terragrunt.out",
            stderr=job.folder / "terragrunt.log",
        )
        self._follow(job, running)
        return self._evidence(job)

    def _shim_settings(self, job: Job) -> dict[str, str]:
        return {
            "FLOWOPS_TERRAFORM": str(self._terraform),
            "FLOWOPS_CALLS": str(job.calls),
            "FLOWOPS_DRAIN_FLAG": str(job.drain),
        }

    def _follow(self, job: Job, running: Running) -> None:
        follower = CallFollower(job, self._deployments, self._say)
        answered = rounds = 0
        while running.poll() is None:
            if rounds % _ROUNDS_A_LOOK == 0:
                follower.step()
            rounds += 1
            if self._interrupts.level > answered:
                answered = self._answer(job, answered + 1)
            time.sleep(_PAUSE)
        follower.step()

    def _answer(self, job: Job, level: int) -> int:
        """Do what the operator's signal asks for and return the level that is answered now."""
        if level == 1:
            job.drain.touch(mode=0o600)
            self._say(
                "draining: what runs is finished and saved, nothing new starts (Ctrl-C again interrupts terraform)"
            )
        elif level == 2:
            self._say(
                "interrupting terraform: what AWS is creating just now may be left behind, so plan before applying"
            )
            for call in read_calls(job.calls):
                if call.alive and call.command in _DECISIVE:
                    _interrupt(call.pid)
        else:
            pids = [str(it.pid) for it in read_calls(job.calls) if it.alive and it.command in _DECISIVE]
            self._say(f"still waiting for terraform; kill -9 {' '.join(pids)} would lose what it has not saved yet")
        return level

    def _evidence(self, job: Job) -> tuple[Evidence, ...]:
        reported = tg.read_report(job)
        log = _tail(job.folder / "terragrunt.log").splitlines()
        trouble, everybodys = tg.trouble_from_log(job, log), tg.trouble_of_run(log)
        calls = self._calls(job)
        return tuple(
            Evidence(
                unit,
                reported.get(unit, Reported.ABSENT),
                call=calls.get(unit),
                plan=_plan(job, unit) if job.step.plans else None,
                trouble=trouble.get(unit, "") or (everybodys if unit not in calls else ""),
                drained=job.drain.exists(),
            )
            for unit in job.units
        )

    def _calls(self, job: Job) -> dict[Unit, Call]:
        """Return the decisive call of each unit: its last plan or apply, else an init that failed."""
        units = {self._deployments / unit.path: unit for unit in job.units}
        found: dict[Unit, Call] = {}
        for call in read_calls(job.calls):
            unit = units.get(call.unit_dir)
            if unit is not None and (call.command in _DECISIVE or call.exit_code != 0):
                found[unit] = _call(call)
        return found


def _interrupt(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, SIGINT)


def _own(terraform: Path) -> dict[str, str]:
    return {"TG_TF_PATH": str(terraform), "TG_NON_INTERACTIVE": "true", "TG_NO_COLOR": "true"}


def _place(job: Job) -> None:
    """Put the saved plans where terragrunt looks for them."""
    if job.step is not Step.APPLY_SAVED:
        return
    for plan in job.saved:
        folder = job.plan_folder / job.name(plan.unit)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(plan.file, folder / "tfplan.tfplan")


def _plan(job: Job, unit: Unit) -> Plan | None:
    path = job.json_folder / job.name(unit) / "tfplan.json"
    try:
        document = json.loads(path.read_bytes())
        return plan_from_json(unit, document, str(job.plan_folder / job.name(unit) / "tfplan.tfplan"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _call(call: TerraformCall) -> Call:
    return Call(
        call.command,
        call.exit_code,
        call.alive,
        seconds=(call.ended - call.started) if call.ended else 0.0,
        error="" if call.exit_code == 0 else tg.first_error(_tail(call.stderr)),
        unsaved=_unsaved(call),
        log=str(call.stdout),
    )


def _errored_state(cache: Path) -> str:
    for folder, folders, files in os.walk(cache):
        folders[:] = [name for name in folders if name != ".terraform"]
        if UNSAVED_FILE in files:
            return str(Path(folder) / UNSAVED_FILE)
    return ""


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
