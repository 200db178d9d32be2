"""Whole runs over a sandbox, recorded: real terragrunt and terraform, and states on disk in place of a cloud.

As a program, `python -m tests.integration.recorded_bench ROOT TERRAGRUNT TERRAFORM VERB EVENT`, it does one run and
kills itself with SIGKILL when it is about to write that event (0: never).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowops.adapters.creations import RunCreations
from flowops.adapters.fingerprints import ProjectSources
from flowops.adapters.journal import FileJournal
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.signals import Interrupts, hurried
from flowops.cli.view.console import TerminalConsole
from flowops.model.access import Access, Acting
from flowops.model.deployment import Deployment, Environment, Unit
from flowops.model.record import RecordedRun
from flowops.model.run import Run, RunRequest, Verb
from flowops.model.safeguards import NO_RULES, GuardRules
from flowops.model.state import Lock, Output, UnitState
from flowops.model.upkeep import Runway
from flowops.operations import run as operations
from flowops.operations import runs
from flowops.operations.ports.recovery import Lookback
from flowops.operations.ports.run import Alarm, RunPorts
from flowops.operations.ports.safety import Safety
from tests.fakes.charts import FakeCharts
from tests.fakes.cloud import FakeKept
from tests.fakes.console import FakeConsole
from tests.fakes.leases import FakeLeases
from tests.fakes.recovery import FakeHistories
from tests.fakes.safety import FakeDemolition, FakeGit
from tests.fakes.secrets import FakeOperatorSecrets
from tests.integration.bench import Bench
from tests.integration.tools import Tools
from tests.sandbox import Sandbox

VERBS = {Verb.PLAN: operations.plan, Verb.APPLY: operations.apply, Verb.DESTROY: operations.destroy}


def now() -> datetime:
    return datetime.now(UTC)


class SandboxCloud:
    """The states that terraform keeps on disk; `secret` is what the children are given to act with."""

    def __init__(self, sandbox: Sandbox, secret: str = "") -> None:
        self._sandbox, self._secret = sandbox, secret

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        arn = f"arn:aws:sts::222222222222:assumed-role/{access.value}/ann"
        return Acting({"FLOWOPS_SENTINEL": self._secret}, "222222222222", arn)

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        return {unit: self._state(unit) for unit in units}

    def _state(self, unit: Unit) -> UnitState | None:
        found = self._sandbox.state(unit)
        if found is None:
            return None
        outputs = {name: Output(it["value"]) for name, it in found["outputs"].items()}
        return UnitState(found["serial"], found["lineage"], len(found["resources"]), outputs)

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        found = {unit: self._sandbox.lock(unit) for unit in units}
        return {
            unit: Lock(it["Path"], it["ID"], it["Who"], it["Operation"], it["Created"])
            for unit, it in found.items()
            if it is not None
        }

    def runway(self, wanted: timedelta) -> Runway:
        return Runway("profile operator", None, renewing=False)

    def keep(self, environment: Environment, access: Access, folder: Path, alarm: Alarm) -> FakeKept:
        return FakeKept()


class NoArchive:
    """Keeps the names of what it was given."""

    def __init__(self) -> None:
        self.kept: dict[str, list[str]] = {}

    def keep(self, environment: str, run_id: str, files: Mapping[str, Path]) -> None:
        self.kept[f"{environment}/{run_id}"] = sorted(files)


def sandbox_safety(root: Path, tools: Tools, rules: GuardRules = NO_RULES) -> Safety:
    """Return what guards runs over a sandbox: its real files and plans, outside of git and with nothing to demolish."""
    programs = {"terraform": (tools.terraform, "1.11.4"), "terragrunt": (tools.terragrunt, "1.1.3")}
    return Safety(ProjectSources(root, programs), FakeGit(), rules, FakeDemolition())


class RecordedBench:
    """flowops' operations over a sandbox, with a real engine and a real journal."""

    def __init__(
        self,
        root: Path,
        tools: Tools,
        *,
        clock: Callable[[], datetime] = now,
        secret: str = "",
        terragrunt: Path | None = None,
        interrupts: Interrupts | None = None,
        console: TerminalConsole | None = None,
    ) -> None:
        self.sandbox = Sandbox(root)
        self.folders = RunFolders(root / RUNS)
        self.console = FakeConsole()
        self.archive = NoArchive()
        progress, say = (console.progress, console.note) if console else (None, None)
        engine = Bench(self.sandbox, tools, terragrunt, progress, say=say, interrupts=interrupts).engine
        journal = FileJournal(self.folders, clock, lambda: {"flowops": "0", "tools": {}, "git": None}, self.archive)
        cloud = SandboxCloud(self.sandbox, secret)
        deployment = Deployment((self.sandbox.environment,))
        self.ports = RunPorts(
            deployment=deployment,
            cloud=cloud,
            engine=engine,
            charts=FakeCharts(),
            secrets=FakeOperatorSecrets(),
            journal=journal,
            console=console or self.console,
            safety=sandbox_safety(root, tools),
            leases=FakeLeases(),
            lookback=Lookback(FakeHistories(), RunCreations(root / RUNS, self.sandbox.deployments)),
        )

    def run(self, request: RunRequest) -> Run:
        return VERBS[request.verb](request, self.ports, now())

    def plan(self) -> Run:
        return self.run(RunRequest(Verb.PLAN, "dev", parallelism=1))

    def resume(self, word: str = "last") -> Run | None:
        """Do what a run left, agreed to."""
        rest = runs.rest(self.folders.find(word), agreed(Verb.APPLY), self.folders, self.ports, now())
        return None if rest is None else self.run(rest)

    def first(self) -> RecordedRun:
        return self.folders.all()[-1]


def agreed(verb: Verb) -> RunRequest:
    """Return a request for everything, one unit at a time.

    Where states lie on disk, terragrunt asks the upstream unit's working copy for outputs, and that may still be in the
    middle of its init.
    """
    return RunRequest(verb, "dev", yes=True, confirm="dev", parallelism=1)


def killing_clock(event: int) -> Callable[[], datetime]:
    """Return a clock that is read once for the folder's name and once for each event, and kills at one of these."""
    reads = 0

    def clock() -> datetime:
        nonlocal reads
        reads += 1
        if event and reads == event + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return now()

    return clock


def main(root: str, terragrunt: str, terraform: str, verb: str, event: str) -> int:
    tools = Tools(Path(terraform), Path(terragrunt))
    interrupts = Interrupts(hurried=hurried(os.environ, terminal=False))
    bench = RecordedBench(Path(root), tools, clock=killing_clock(int(event)), interrupts=interrupts)
    run = bench.run(agreed(Verb(verb)))
    print("\n".join(bench.console.notes))
    return int(run.exit_code)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
