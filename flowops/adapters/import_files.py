"""Import blocks in the folders of units, where terragrunt copies them into the working copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flowops import atomic_file
from flowops.errors import Refused
from flowops.model.deployment import Unit

IMPORTS = "imports.tf"
MARK = "# Written by `flowops recover`: what an interrupted apply created. Delete this file once it is applied.\n\n"


@dataclass(frozen=True)
class UnitFolders:
    """The folders below a deployments tree."""

    deployments: Path

    def write(self, unit: Unit, text: str) -> str:
        """Write `imports.tf` into the unit's folder and return its path; Refused where another one is there."""
        path = self.deployments / unit.path / IMPORTS
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            raise Refused(
                f"{path} is there already, and not by flowops.",
                next_step=f"flowops recover {unit.environment} {unit.layer} {unit.name} --imports, and paste what it "
                "prints into that file",
            )
        atomic_file.write(path, (MARK + text).encode(), mode=atomic_file.shared_mode(path))
        return str(path)
