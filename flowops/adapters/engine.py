"""terragrunt and terraform at work: one job started, followed while it runs, and its evidence gathered afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flowops.adapters import terragrunt as tg
from flowops.adapters.attendant import Attendant
from flowops.adapters.capacity import free_memory, usable_cores
from flowops.adapters.evidence import EvidenceReader
from flowops.adapters.following import Tell, unheard
from flowops.adapters.orphans import reap
from flowops.adapters.process import Completed, Processes
from flowops.adapters.progress import Progress, Unshown, opened, unknown
from flowops.adapters.project import LOCK_NAME
from flowops.adapters.providers.warm import Lanes, SharedProviders
from flowops.adapters.shim import UNHURRIED, install_shim, read_calls
from flowops.adapters.signals import Interrupts
from flowops.adapters.unit_file import text_of
from flowops.adapters.unsaved_states import UnsavedStates
from flowops.errors import Exit, OperationFailed
from flowops.model.again import to_do_again
from flowops.model.board import planned
from flowops.model.deployment import Environment, Unit
from flowops.model.evidence import Evidence
from flowops.model.graph import Graph
from flowops.model.job import Job, Step
from flowops.model.job import again as again_in
from flowops.model.parallelism import side_by_side
from flowops.model.patience import Patience
from flowops.model.usual import kind_of

NOTHING: Mapping[str, str] = {}


class TerragruntEngine:
    """Runs jobs with real binaries.

    `env` is what every child gets; what a job needs on top is given with it. `say` gets progress, a line at a time,
    `progress` as events; `usual` says how long units of an environment take for what a job does, `patience` when one
    takes too long. Without `warm` every terraform has providers of its own.
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
        unsaved: UnsavedStates,
        warm: SharedProviders | None = None,
        progress: Progress | None = None,
        usual: Callable[[str, str], Mapping[str, float]] = unknown,
        patience: Patience | None = None,
    ) -> None:
        self._processes = processes
        self._progress: Progress = progress or Unshown()
        self._usual = usual
        self._found: Graph | None = None
        self._warm, self._unsaved = warm, unsaved
        self._terragrunt, self._terraform, self._python = terragrunt, terraform, python
        # Calls record where they really ran, so a link on the way must not matter.
        self._deployments = deployments.resolve()
        self._env = dict(env)
        self._interrupts = interrupts
        self._say = say
        self._tell: Tell = unheard
        self._patience = patience
        self._evidence = EvidenceReader(self._deployments, self.unsaved)

    @property
    def interrupted(self) -> Exit:
        """Return INTERRUPTED or TERMINATED once a signal asked to stop, else FINE."""
        if self._interrupts.level == 0:
            return Exit.FINE
        return Exit.TERMINATED if self._interrupts.terminated else Exit.INTERRUPTED

    @property
    def hurried(self) -> bool:
        """Whether whoever sends a signal kills seconds later."""
        return self._interrupts.hurried

    @contextmanager
    def watch(self, tell: Tell = unheard) -> Iterator[None]:
        """Take signals over while a run is under way, and `tell` what happens; warm providers end with it."""
        self._progress.begin()
        with self._interrupts.watch():
            self._tell = tell
            try:
                yield
            finally:
                self._tell = unheard
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
        with self._processes.begin(argv, env=self._env | tg.own_settings(self._terraform), cwd=folder) as begun:
            yield lambda: self._graph(environment, begun.result(timeout=300))

    def _graph(self, environment: Environment, done: Completed) -> Graph:
        if done.returncode != 0:
            raise OperationFailed(
                f"terragrunt find failed: {tg.first_error(done.stderr)}",
                not_done="No unit was started.",
                next_step=f"terragrunt hcl validate --working-dir deployments/{environment.path}",
            )
        self._found = tg.graph_from_find(
            environment,
            done.stdout,
            declares=self._declares_dependencies,
            explain=lambda: self._explain(environment),
        )
        return self._found

    def _explain(self, environment: Environment) -> None:
        """Raise what says which file or which circle keeps terragrunt from placing units, where that can be told."""
        # Here, because no run that terragrunt understands should pay for a second HCL parser.
        from flowops.adapters.declared import declared_graph
        from flowops.adapters.rendering import require_rendered

        declared_graph(self._deployments, environment)
        discovered = (self._deployments.parent / LOCK_NAME).exists()
        require_rendered(self._deployments, environment.path, discovered=discovered)

    def drain(self, flag: Path, because: str) -> None:
        """Start nothing new in the run with this flag, and say why; what works is finished and saved."""
        flag.touch(mode=0o600)
        self._say(f"draining: what runs is finished and saved, nothing new starts, because {because}")

    def unsaved(self, units: Iterable[Unit]) -> Mapping[Unit, str]:
        """Return the path of each unit's state that terraform could not save and that nobody has pushed yet."""
        return {unit: kept[0].path for unit, kept in self._unsaved.collect(units).items()}

    def _declares_dependencies(self, unit: Unit) -> bool:
        return tg.declares_dependencies(text_of(self._deployments, unit))

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
        second = replace(job, units=tuple(again), folder=again_in(job.folder), warm=False)
        done = {it.unit: replace(it, again_because=again[it.unit]) for it in self._once(second, env, None)}
        return tuple(done.get(it.unit, it) for it in found)

    def _lanes(self, job: Job, env: Mapping[str, str]) -> Lanes | None:
        if self._warm is None or not job.warm:
            return None
        return self._warm.open(job.units, env, job.folder / "lanes", job.types, writes=not job.step.plans)

    def _once(self, job: Job, env: Mapping[str, str], lanes: Lanes | None) -> tuple[Evidence, ...]:
        for folder in (job.folder, job.calls, job.plan_folder, job.json_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _place(job)
        shim = install_shim(job.folder / "shim", python=self._python)
        root = self._deployments / job.environment.path
        argv = tg.run_argv(self._terragrunt, root, job, self._parallelism(job, lanes))
        attendant = Attendant(
            self._deployments, self._interrupts, self._progress, self._say, self._tell, self._patience
        )
        # Nothing may fail between the start of terragrunt and the one who looks after it.
        with self._progress.showing():
            self._progress.tell(opened(job, self._found, self._usually(job)))
            running = self._processes.start(
                argv,
                env={**self._env, **env, **tg.own_settings(shim), **self._shim_settings(job, lanes)},
                cwd=root,
                stdout=job.folder / "terragrunt.out",
                stderr=job.folder / "terragrunt.log",
            )
            attendant.attend(job, running, lambda: self._usual(job.environment.name, kind_of(job)))
        self.reap(job.folder)
        if lanes is not None:
            self._install(job, lanes)
        found = self.evidence(job, env)
        for plan in (it.plan for it in found if it.plan is not None):
            self._progress.tell(planned(plan))
        return found

    def _usually(self, job: Job) -> Mapping[str, float]:
        # Read only where somebody sees it.
        return self._usual(job.environment.name, kind_of(job)) if self._progress.shown else {}

    def reap(self, folder: Path) -> None:
        """End the providers that a killed terraform of the run, or step, in `folder` left behind, and say so."""
        if ended := reap(folder):
            self._say(f"a killed terraform left {len(ended)} provider process(es) behind; they were ended")

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

    def evidence(self, job: Job, env: Mapping[str, str] = NOTHING) -> tuple[Evidence, ...]:
        """Return what is known of each unit of a job that was begun, also by a flowops that is gone."""
        return self._evidence.read(job, env.get("HELM_REPOSITORY_CACHE"))


def _place(job: Job) -> None:
    """Put the saved plans where terragrunt looks for them."""
    if job.step is not Step.APPLY_SAVED:
        return
    for plan in job.saved:
        folder = job.plan_folder / job.name(plan.unit)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(plan.file, folder / "tfplan.tfplan")
