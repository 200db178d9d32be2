"""What a drift check is asked to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowops.model.drift.result import Shard
from flowops.model.run import WarmProviders


@dataclass(frozen=True)
class DriftRequest:
    """Everything the command line says: without an `environment` all of them, and the security account.

    `assigned` are the shards of units that a plan file balances, by unit id; others go by a hash of their id. A
    `parallelism` of None leaves it to the machine; a unit's terraform is interrupted after `unit_timeout` seconds.
    """

    environment: str | None = None
    layer: str | None = None
    shard: Shard | None = None
    assigned: Mapping[str, int] = field(default_factory=dict)
    unmanaged: bool = False
    parallelism: int | None = None
    warm_providers: WarmProviders = WarmProviders.AUTO
    unit_timeout: float | None = None

    @property
    def target(self) -> str:
        """Return `ENV [LAYER]` as it was typed, empty for everything."""
        return " ".join(it for it in (self.environment, self.layer) if it)

    @property
    def leads(self) -> bool:
        """Whether it looks at what is not terraform's: of several shards the first does."""
        return self.shard is None or self.shard.index == 1
