"""terraform in the working copy of one unit, by way of terragrunt, so that backend and role are those of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flowops.adapters import terragrunt as tg
from flowops.adapters.process import Processes
from flowops.adapters.shim import install_shim, read_calls
from flowops.model.deployment import Unit


@dataclass(frozen=True)
class UnitCommands:
    """`env` is what every child gets; what a recovery needs on top is given with each command."""

    processes: Processes
    terragrunt: Path
    terraform: Path
    python: Path
    deployments: Path
    env: Mapping[str, str]

    def push(self, unit: Unit, state: Path, folder: Path, env: Mapping[str, str], *, force: bool) -> str:
        """Push a state and return what terraform said against it, "" where it is done."""
        return self._run(unit, push_arguments(state.resolve(), force=force), folder, env)

    def untaint(self, unit: Unit, address: str, folder: Path, env: Mapping[str, str]) -> str:
        """Take the mark off a resource and return what terraform said against it, "" where it is done."""
        return self._run(unit, ["untaint", address], folder, env)

    def _run(self, unit: Unit, arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
        calls = folder / "calls"
        calls.mkdir(mode=0o700, parents=True)
        shim = install_shim(folder / "shim", python=self.python)
        place = self.deployments.resolve() / unit.path
        running = self.processes.start(
            tg.unit_argv(self.terragrunt, place, arguments),
            env={
                **self.env,
                **env,
                **tg.own_settings(shim),
                "FLOWOPS_TERRAFORM": str(self.terraform),
                "FLOWOPS_CALLS": str(calls),
            },
            cwd=place,
            stdout=folder / "terragrunt.out",
            stderr=folder / "terragrunt.log",
        )
        code = running.wait()
        mine = [it for it in read_calls(calls) if it.command == arguments[0]]
        # terragrunt's word does not count where terraform was not started.
        if code == 0 and mine and mine[-1].exit_code == 0:
            return ""
        return _trouble(mine[-1].stderr if mine else folder / "terragrunt.log") or f"terragrunt ended with {code}"


def push_arguments(state: Path, *, force: bool) -> list[str]:
    """Return terraform's arguments that make a file the unit's state."""
    return ["state", "push", *(["-force"] if force else []), str(state)]


def _trouble(path: Path) -> str:
    text = path.read_bytes().decode("utf-8", "replace")
    return tg.first_error(text) if text.strip() else ""
