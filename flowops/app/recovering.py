"""Recoveries at one site."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flowops.adapters.import_files import UnitFolders
from flowops.adapters.unit_terraform import UnitCommands
from flowops.adapters.unsaved_states import UnsavedStates
from flowops.app.site import now
from flowops.app.workbench import Workbench
from flowops.model.creations import Lost
from flowops.model.deployment import Unit
from flowops.model.recovery import Recovered, RecoverRequest
from flowops.model.state_health import KeptVersion
from flowops.operations import recover, recover_version
from flowops.operations.ports.recovery import RecoveryTools
from flowops.operations.recovering import RecoverPorts


@dataclass(frozen=True)
class Recoveries:
    """What `flowops recover` does at one site; import blocks are written into `checkout`, in a rehearsal, too."""

    bench: Workbench
    checkout: Path

    def recover(self, request: RecoverRequest) -> Recovered:
        """Save, bring back or untaint what is asked for, and say what is left to decide."""
        return recover.recover(request, self._ports(request), now())

    def imports(self, request: RecoverRequest, *, write: bool) -> Mapping[Unit, tuple[Lost, str, str]]:
        """Return what the state of each unit does not know, as a list, as HCL, and the path it was written to."""
        return recover.imports(request, self._ports(request), write=write)

    def versions(self, request: RecoverRequest) -> tuple[KeptVersion, ...]:
        """Return every version that is kept of one unit's state."""
        return recover_version.kept_versions(request, self._ports(request))

    def _ports(self, request: RecoverRequest) -> RecoverPorts:
        bench, target = self.bench, request.target
        # A wrong name is answered before a tool is fetched or built for it.
        bench.selected(target.environment, target.layer, target.unit)
        run = bench.run_ports
        commands = UnitCommands(
            bench.processes,
            terragrunt=bench.tools.require("terragrunt"),
            terraform=bench.tools.require("terraform"),
            python=Path(sys.executable),
            deployments=bench.site.deployments,
            env=bench.environment(),
        )
        folders = UnitFolders(self.checkout / "deployments")
        tools = RecoveryTools(UnsavedStates(bench.site.project), commands, folders)
        return RecoverPorts(run, tools)
