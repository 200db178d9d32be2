"""Whole runs over a sandbox that somebody watches: asked, answered, and disturbed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flowops.adapters.journal import FileJournal
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.model.deployment import Deployment
from flowops.model.patience import Patience
from flowops.model.run import Run, RunRequest, Verb, WarmProviders
from flowops.model.safeguards import NO_RULES, GuardRules
from flowops.operations import run as operations
from flowops.operations.ports.recovery import Lookback
from flowops.operations.ports.run import RunPorts
from tests.fakes.charts import FakeCharts
from tests.fakes.console import FakeConsole
from tests.fakes.leases import FakeLeases
from tests.fakes.recovery import FakeCreations, FakeHistories
from tests.fakes.secrets import FakeOperatorSecrets
from tests.integration.bench import Bench
from tests.integration.recorded_bench import NoArchive, SandboxCloud, now, sandbox_safety
from tests.integration.tools import Tools
from tests.sandbox import Sandbox


@dataclass
class Trusted:
    """One project whose runs are whole; `console` is asked, and can do something meanwhile."""

    sandbox: Sandbox
    tools: Tools
    rules: GuardRules = NO_RULES
    console: FakeConsole = field(default_factory=lambda: FakeConsole(interactive=True))
    patience: Patience = field(default_factory=Patience)
    said: list[str] = field(default_factory=list)

    def apply(self, **flags: Any) -> Run:
        """Apply everything, after one yes."""
        self.console.answers = ["y"]
        request = RunRequest(Verb.APPLY, "dev", warm_providers=WarmProviders.NEVER, **flags)
        return operations.apply(request, self.ports(), datetime.now(UTC))

    def plan(self) -> Run:
        request = RunRequest(Verb.PLAN, "dev", warm_providers=WarmProviders.NEVER)
        return operations.plan(request, self.ports(), datetime.now(UTC))

    @property
    def cloud(self) -> SandboxCloud:
        """Return the cloud that holds the states."""
        return SandboxCloud(self.sandbox)

    @property
    def runs(self) -> list[Path]:
        """Return the folder of each run, in order."""
        return sorted(it for it in (self.sandbox.root / RUNS).iterdir() if it.is_dir())

    def ports(self) -> RunPorts:
        """Return everything that a run over the sandbox is given."""
        journal = FileJournal(RunFolders(self.sandbox.root / RUNS), now, dict, NoArchive())
        return RunPorts(
            deployment=Deployment((self.sandbox.environment,)),
            cloud=self.cloud,
            engine=Bench(self.sandbox, self.tools, say=self.said.append, patience=self.patience).engine,
            charts=FakeCharts(),
            secrets=FakeOperatorSecrets(),
            journal=journal,
            console=self.console,
            safety=sandbox_safety(self.sandbox.root, self.tools, self.rules),
            leases=FakeLeases(),
            lookback=Lookback(FakeHistories(), FakeCreations()),
        )
