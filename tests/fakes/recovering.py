"""One recovery's world: the fakes of a run, and what only a recovery needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flowops.adapters.aws.state import unit_state
from flowops.model.deployment import Unit
from flowops.model.recovery import Recovered, RecoverRequest
from flowops.model.run import RunRequest, Verb
from flowops.operations.ports.recovery import RecoveryTools
from flowops.operations.recover import recover
from flowops.operations.recovering import RecoverPorts
from tests.fakes import tree
from tests.fakes.recovery import FakeImports, FakeUnitTerraform, FakeUnsaved
from tests.fakes.run import World, world

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")


@dataclass
class Accident:
    """A world in which states lie in the histories."""

    world: World = field(default_factory=world)
    unsaved: FakeUnsaved = field(default_factory=FakeUnsaved)
    imports: FakeImports = field(default_factory=FakeImports)

    def __post_init__(self) -> None:
        self.terraform = FakeUnitTerraform(self.world.histories, self.unsaved)

    @property
    def ports(self) -> RecoverPorts:
        return RecoverPorts(self.world.ports, RecoveryTools(self.unsaved, self.terraform, self.imports))

    def standing(self, unit: Unit, *versions: bytes | None) -> Accident:
        """Let these versions of a unit's state be kept, the last one standing."""
        self.world.histories.kept[unit] = list(versions)
        if versions[-1]:
            found = self.world.histories.look(tree.deployment().environment("dev"), [unit])[unit].document
            if found is not None:
                self.world.cloud.replaced[unit] = unit_state(versions[-1])
                self.world.cloud.resources[unit] = found.resources
        return self

    def recover(self, *words: str, **more: Any) -> Recovered:
        return recover(request(*words, **more), self.ports, NOW)

    @property
    def events(self) -> list[tuple[str, dict[str, object]]]:
        return self.world.journal.records[-1].events

    def said(self, kind: str) -> list[dict[str, object]]:
        return [data for name, data in self.events if name == kind]


def request(*words: str, **more: Any) -> RecoverRequest:
    flags = {name: more.pop(name) for name in ("yes", "confirm") if name in more}
    named = dict(zip(("environment", "layer", "unit"), words or ("dev", "foundation", "vpc"), strict=False))
    return RecoverRequest(RunRequest(Verb.RECOVER, **named, **flags), **more)
