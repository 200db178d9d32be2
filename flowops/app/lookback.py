"""What runs at one site need for their look at earlier ones."""

from __future__ import annotations

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.state_histories import StateHistories
from flowops.adapters.creations import RunCreations
from flowops.adapters.run_folders import RUNS
from flowops.adapters.state_memory import StateMemory
from flowops.app.site import Site, now
from flowops.operations.ports.recovery import Lookback


def lookback_of(site: Site, cloud: EnvironmentAws) -> Lookback:
    """Return the states with their versions, and what earlier runs created."""
    histories = StateHistories(
        cloud.history, cloud.state_key, StateMemory(site.project), site.config.tools.terraform, now
    )
    return Lookback(histories, RunCreations(site.project / RUNS, site.deployments))
