"""A deployments tree on disk for tests: real terragrunt and terraform over terraform_data, no cloud and no provider.

A unit may hold the apply open until a file appears, so that a test strikes exactly while terraform works.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from flowops.model.deployment import Environment, Unit

_ROOT = """
remote_state {
  backend  = "local"
  generate = { path = "backend.tf", if_exists = "overwrite_terragrunt" }
  config   = { path = "${get_parent_terragrunt_dir()}/../states/${path_relative_to_include()}/terraform.tfstate" }
}

terraform {
  before_hook "drain" {
    commands = ["plan", "apply", "destroy"]
    execute  = ["sh", "-c", "test -z \\"$FLOWOPS_DRAIN_FLAG\\" || test ! -e \\"$FLOWOPS_DRAIN_FLAG\\""]
  }
}
"""

_MODULE = """
variable "text" { type = string }

resource "terraform_data" "this" {
  input = var.text
}

output "text" { value = terraform_data.this.output }
"""

_HELD = """
resource "terraform_data" "held" {
  depends_on = [terraform_data.this]

  provisioner "local-exec" {
    command = "touch ../../reached; until [ -e '%s' ]; do sleep 0.05; done"
  }
}
"""

BROKEN = """
resource "terraform_data" "broken" {
  provisioner "local-exec" { command = "echo this unit cannot be applied >&2; exit 1" }
}
"""


class Sandbox:
    """One environment, `dev`, of units that the test names; a second Sandbox of the same root knows the same units."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.deployments = root / "deployments"
        self.base = PurePosixPath("aws/non-prod/eu-central-1/dev")
        self.units: dict[str, Unit] = {}
        (self.deployments / self.base).mkdir(parents=True, exist_ok=True)
        (self.deployments / "root.hcl").write_text(_ROOT)
        for file in sorted((self.deployments / self.base).glob("*/*/terragrunt.hcl")):
            self._know(file.parent.parent.name, file.parent.name)

    def unit(self, path: str, *, depends: str = "", text: str = "hello", more: str = "") -> Unit:
        """Write one unit; with `depends` its text is that unit's output, a mock while there is none."""
        layer, name = path.split("/")
        folder = self.deployments / self.base / path
        folder.mkdir(parents=True)
        value = f'"{text}"'
        dependency = ""
        if depends:
            value = "dependency.upstream.outputs.text"
            dependency = _dependency(depends, layer)
        include = 'include "root" { path = find_in_parent_folders("root.hcl") }'
        (folder / "terragrunt.hcl").write_text(f"{include}\n{dependency}\ninputs = {{ text = {value} }}\n")
        (folder / "main.tf").write_text(_MODULE + more)
        return self._know(layer, name)

    def _know(self, layer: str, name: str) -> Unit:
        path = f"{layer}/{name}"
        self.units[path] = Unit("dev", layer, name, self.base / path)
        return self.units[path]

    def held_unit(self, path: str, **more: Any) -> Unit:
        """Write a unit whose apply waits until `release()`."""
        return self.unit(path, more=_HELD % self.gate, **more)

    @property
    def gate(self) -> Path:
        return self.root / "gate"

    def release(self) -> None:
        """Let held applies go on."""
        self.gate.touch()

    def reached(self, unit: Unit) -> bool:
        """Say whether terraform is at work inside a held unit."""
        return any((self.deployments / unit.path).glob(".terragrunt-cache/reached"))

    @property
    def environment(self) -> Environment:
        layers = tuple(dict.fromkeys(unit.layer for unit in self.units.values()))
        return Environment("dev", "dev", self.base, False, layers, tuple(sorted(self.units.values())))

    def state(self, unit: Unit) -> Mapping[str, Any] | None:
        """Return a unit's state, None where there is none."""
        path = self.root / "states" / unit.path / "terraform.tfstate"
        return json.loads(path.read_text()) if path.exists() else None

    def resources(self, unit: Unit) -> list[str]:
        """Return the names of the resources in a unit's state."""
        return sorted(it["name"] for it in (self.state(unit) or {}).get("resources", ()))

    def lock(self, unit: Unit) -> Mapping[str, Any] | None:
        """Return what terraform wrote into a unit's lock, None where it is free."""
        path = self.root / "states" / unit.path / ".terraform.tfstate.lock.info"
        return json.loads(path.read_text()) if path.exists() else None

    def locks(self) -> list[Path]:
        """Return terraform's lock files."""
        return list((self.root / "states").rglob(".*.lock.info"))


def _dependency(path: str, layer: str) -> str:
    up = "../" if path.startswith(f"{layer}/") else f"../../{path.split('/')[0]}/"
    return f"""
dependency "upstream" {{
  config_path                             = "{up}{path.split("/")[1]}"
  mock_outputs                            = {{ text = "mock-text" }}
  mock_outputs_allowed_terraform_commands = ["validate", "plan"]
}}
"""
