"""terragrunt and terraform at work: one job started, followed while it runs, and its evidence gathered afterwards."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from signal import SIGINT

from flowops.adapters import terragrunt as tg
from flowops.adapters.capacity import free_memory, usable_cores
from flowops.adapters.following import CallFollower
from flowops.adapters.process import Completed, Processes, Running
from flowops.adapters.providers.warm import Lanes, WarmProviders
from flowops.adapters.shim import UNHURRIED, install_shim, read_calls
from flowops.adapters.signals import Interrupts
from flowops.errors import Exit, OperationFailed
from flowops.model.again import to_do_again
from flowops.model.changes import Plan, plan_from_json
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import UNSAVED_FILE, Call, Evidence, Reported
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.parallelism import side_by_side
from flowops.model.terraform_call import TerraformCall

CACHE = ".terragrunt-cache"
_DECISIVE = {"plan", "apply", "destroy"}
_PAUSE = 0.05
_ROUNDS_A_LOOK = 5
_QUOTED = 64 * 1024


class TerragruntEngine:
    """Runs jobs with real binaries.

    `env` is what every child gets; what a job needs on top is given with it. `say` gets progress, a line at a time.
    Without `warm` every terraform has providers of its own.
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
        warm: WarmProviders | None = None,
    ) -> None:
        self._processes = processes
        self._warm = warm
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

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Take signals over while a run is under way; warm providers end with it."""
        with self._interrupts.watch():
            try:
                yield
            finally:
                if self._warm is not None:
                    self._warm.close()

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        """Start the warm providers of `units` now, so that they are ready when a job with this `env` begins."""
        if self._warm is not None:
            self._warm.prepare(tuple(units), {**self._env, **env})

    @contextmanager
    def reading(self, environment: Environment) -> Iterator[Callable[[], Graph]]:
        """Yield a function that returns the environment's units and edges, while terragrunt is finding them.

        It raises OperationFailed where terragrunt cannot tell.
        """
        folder = self._deployments / environment.path
        argv = tg.find_argv(self._terragrunt, folder)
        with self._processes.begin(argv, env=self._env | _own(self._terraform), cwd=folder) as begun:
            yield lambda: self._graph(environment, begun.result(timeout=300))

    def _graph(self, environment: Environment, done: Completed) -> Graph:
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
        """Do the job and return each unit's evidence; a signal drains it, a second one interrupts terraform.

        A unit that warm providers failed is done again the ordinary way, once, where that cannot change anything twice.
        """
        lanes = self._lanes(job, {**self._env, **env})
        found = self._once(job, env, lanes)
        if lanes is None:
            return found
        again = to_do_again(job, found, lanes.close(), lanes.may_have_written)
        if not again or self._interrupts.level:
            return found
        if self._warm is not None:
            self._warm.give_up(again)
        names = ", ".join(f"{unit.id} ({reason})" for unit, reason in sorted(again.items()))
        self._say(f"again, with ordinary providers: {names}")
        second = replace(job, units=tuple(again), folder=job.folder / "ordinary", warm=False)
        done = {it.unit: replace(it, again_because=again[it.unit]) for it in self._once(second, env, None)}
        return tuple(done.get(it.unit, it) for it in found)

    def _lanes(self, job: Job, env: Mapping[str, str]) -> Lanes | None:
        if self._warm is None or not job.warm:
            return None
        return self._warm.open(job.units, env, job.folder / "lanes", job.types)

    def _once(self, job: Job, env: Mapping[str, str], lanes: Lanes | None) -> tuple[Evidence, ...]:
        for folder in (job.folder, job.calls, job.plan_folder, job.json_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _place(job)
        shim = install_shim(job.folder / "shim", python=self._python)
        running = self._processes.start(
            tg.run_argv(self._terragrunt, self._deployments / job.environment.path, job, self._parallelism(job, lanes)),
            env={**self._env, **env, **_own(shim), **self._shim_settings(job, lanes)},
            cwd=self._deployments / job.environment.path,
            stdout=job.folder / "terragrunt.out",
            stderr=job.folder / "terragrunt.log",
        )
        self._follow(job, running)
        if lanes is not None:
            self._install(job, lanes)
        return self._evidence(job)

    def _install(self, job: Job, lanes: Lanes) -> None:
        units = {self._deployments / unit.path: unit for unit in lanes.units}
        for call in read_calls(job.calls):
            if call.command == "init" and call.exit_code == 0 and call.unit_dir in units:
                lanes.install(units[call.unit_dir], call.cwd)

    def _parallelism(self, job: Job, lanes: Lanes | None) -> int:
        """Return how many units are worked on at once, and say it where the machine decides."""
        if job.parallelism is not None:
            return job.parallelism
        cores, memory, warm = usable_cores(), free_memory(), lanes is not None and lanes.everybody
        chosen = side_by_side(cores, memory, warm=warm)
        kind = "warm" if warm else "ordinary"
        self._say(
            f"{len(job.units)} units, up to {chosen} at once with {kind} providers "
            f"({cores} cores, {memory / 2**30:.1f} GiB free)"
        )
        return chosen

    def _shim_settings(self, job: Job, lanes: Lanes | None) -> dict[str, str]:
        return {
            **({"FLOWOPS_LANES": str(lanes.folder)} if lanes else {}),
            **(UNHURRIED if lanes and lanes.everybody else {}),
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
