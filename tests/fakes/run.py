"""All in-memory ports of a run, wired together; and the changes that its plans say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flowops.model.changes import Action, ResourceChange
from flowops.model.safeguards import NO_RULES, GuardRules
from flowops.operations.ports.recovery import Lookback
from flowops.operations.ports.run import RunPorts
from flowops.operations.ports.safety import Safety
from tests.fakes import tree
from tests.fakes.charts import FakeCharts
from tests.fakes.cloud import FakeCloud
from tests.fakes.console import FakeConsole
from tests.fakes.engine import FakeEngine
from tests.fakes.journal import FakeJournal
from tests.fakes.leases import FakeLeases
from tests.fakes.recovery import FakeCreations, FakeHistories
from tests.fakes.safety import FakeDemolition, FakeGit, FakeSources
from tests.fakes.secrets import FakeOperatorSecrets


@dataclass
class World:
    """All fakes of one test, wired together."""

    cloud: FakeCloud
    engine: FakeEngine
    journal: FakeJournal
    console: FakeConsole
    sources: FakeSources
    charts: FakeCharts = field(default_factory=FakeCharts)
    secrets: FakeOperatorSecrets = field(default_factory=FakeOperatorSecrets)
    git: FakeGit = field(default_factory=FakeGit)
    rules: GuardRules = NO_RULES
    demolition: FakeDemolition = field(default_factory=FakeDemolition)
    leases: FakeLeases = field(default_factory=FakeLeases)
    histories: FakeHistories = field(default_factory=FakeHistories)
    creations: FakeCreations = field(default_factory=FakeCreations)

    @property
    def ports(self) -> RunPorts:
        safety = Safety(self.sources, self.git, self.rules, self.demolition)
        return RunPorts(
            deployment=tree.deployment(),
            cloud=self.cloud,
            engine=self.engine,
            charts=self.charts,
            secrets=self.secrets,
            journal=self.journal,
            console=self.console,
            safety=safety,
            leases=self.leases,
            lookback=Lookback(self.histories, self.creations),
        )

    def standing(self, *paths: str, environment: str = "dev") -> World:
        self.cloud.resources |= {tree.unit(path, environment): 3 for path in paths}
        return self

    def changing(self, path: str, *changes: ResourceChange, outputs: tuple[str, ...] = ()) -> World:
        self.engine.changes[tree.unit(path)] = changes
        self.engine.outputs[tree.unit(path)] = outputs
        return self


def world() -> World:
    cloud = FakeCloud()
    return World(cloud, FakeEngine(cloud), FakeJournal(), FakeConsole(), FakeSources(cloud))


def create(address: str = "x.this", type_: str = "aws_vpc") -> ResourceChange:
    return ResourceChange(address, type_, Action.CREATE)


def change(action: Action, address: str = "x.this", type_: str = "aws_vpc") -> ResourceChange:
    return replace(create(address, type_), action=action)
