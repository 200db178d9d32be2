"""terragrunt's own answer to what the inputs of a unit are, where terragrunt stands and answers soon."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from flowops.adapters.process import Processes
from flowops.adapters.toolchain import Toolchain
from flowops.errors import ToolUnusable

SECONDS = 5.0
"""How long an answer may take; it takes a quarter of a second."""


def render_argv(terragrunt: Path) -> list[str]:
    """Return the command that prints a unit's configuration with its inputs; no state is read for it."""
    without_outputs = ["--experiment", "optional-dependency-outputs", "--no-dependency-outputs"]
    return [str(terragrunt), "render", "--json", "--non-interactive", "--no-color", *without_outputs]


class TerragruntInputs:
    """Asks terragrunt; nothing is installed for it."""

    def __init__(self, tools: Toolchain, processes: Processes, environment: Mapping[str, str]) -> None:
        self._tools, self._processes, self._environment = tools, processes, environment

    def inputs(self, folder: PurePosixPath) -> Mapping[str, Any] | None:
        """Return the inputs of the unit in `folder`, None where terragrunt is not there or does not know them."""
        found = {it.name: Path(it.path) for it in self._tools.list() if it.usable}
        if not {"terragrunt", "terraform"} <= found.keys():
            return None
        env = {**self._environment, "TG_TF_PATH": str(found["terraform"])}
        argv = render_argv(found["terragrunt"])
        try:
            done = self._processes.run(argv, env=env, cwd=Path(folder), timeout=SECONDS)
            answer = json.loads(done.stdout) if done.succeeded else {}
        except (ToolUnusable, json.JSONDecodeError):
            return None
        inputs = answer.get("inputs")
        return inputs if isinstance(inputs, dict) else None
