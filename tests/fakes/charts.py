"""Repositories of charts in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flowops.errors import FlowopsError
from flowops.model.deployment import Unit


@dataclass
class FakeCharts:
    """Has every repository, but for a `trouble`; notes for which units it was asked.

    `flowable` are the units that install Flowable.
    """

    trouble: FlowopsError | None = None
    prepared: list[tuple[Unit, ...]] = field(default_factory=list)
    flowable: tuple[Unit, ...] = ()

    def install_flowable(self, units: Iterable[Unit]) -> bool:
        return any(unit in self.flowable for unit in units)

    def prepare(self, environment: str, units: Iterable[Unit], folder: Path) -> Mapping[str, str]:
        self.prepared.append(tuple(units))
        if self.trouble:
            raise self.trouble
        return {"HELM_REPOSITORY_CONFIG": str(folder / "repositories.yaml")}
