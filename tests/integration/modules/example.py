"""A module's example as terraform applies it, against an emulated AWS."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowops.adapters.process import Completed, Processes
from tests.integration.modules.tags import lacking, wanted

MODULES = Path(__file__).parents[3] / "terraform-modules"
NO_CHANGES, CHANGES = 0, 2


@dataclass(frozen=True)
class Example:
    """`examples/basic` of one module in a copy, with the terraform that runs it."""

    folder: Path
    terraform: Path
    env: Mapping[str, str]

    def apply(self, **variables: Any) -> None:
        """Apply the example; the variables hold for what follows."""
        if variables:
            (self.folder / "given.auto.tfvars.json").write_text(json.dumps(variables))
        self._run("apply", "-auto-approve")

    def plan_exit_code(self) -> int:
        """Plan once more; 0 is no changes, 2 is changes."""
        return self._call("plan", "-detailed-exitcode").returncode

    def refused(self) -> str:
        """Return why a plan is refused; one that is not is a failed test."""
        done = self._call("plan")
        assert not done.succeeded
        return " ".join(done.stderr.replace("│", " ").split())

    def outputs(self) -> dict[str, Any]:
        """Return the example's outputs."""
        return {name: it["value"] for name, it in json.loads(self._run("output", "-json").stdout).items()}

    def untagged(self, unit: str) -> list[str]:
        """Return what lacks one of the four tags, of all that the module made and AWS can tag."""
        state = json.loads(self._state.read_text())
        return lacking(state, wanted("example", unit), module=f"module.{unit.replace('-', '_')}")

    def destroy(self) -> None:
        """Destroy what was applied."""
        self._run("destroy", "-auto-approve")

    def stands(self) -> bool:
        """Return whether anything is left of what was applied."""
        if not self._state.exists():
            return False
        return any(it["mode"] == "managed" for it in json.loads(self._state.read_text())["resources"])

    @property
    def _state(self) -> Path:
        return self.folder / "terraform.tfstate"

    def initialized(self) -> Example:
        """Run terraform init and return the example itself."""
        self._run("init")
        return self

    def _run(self, *arguments: str) -> Completed:
        done = self._call(*arguments)
        assert done.succeeded, f"terraform {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done

    def _call(self, command: str, *arguments: str) -> Completed:
        argv = [str(self.terraform), command, "-no-color", *arguments]
        if command != "output":
            argv.append("-input=false")
        return Processes().run(argv, env=self.env, cwd=self.folder, timeout=600)


@contextmanager
def example(module: str, scratch: Path, terraform: Path, env: Mapping[str, str]) -> Iterator[Example]:
    """Copy a module, initialize its example, and destroy at the end what still stands."""
    copy = scratch / module
    shutil.copytree(MODULES / module, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    found = Example(copy / "examples" / "basic", terraform, env).initialized()
    try:
        yield found
    finally:
        if found.stands():
            found.destroy()
