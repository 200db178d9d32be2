"""Fetch a provider from the registry with terraform itself, for it checks the publisher's signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from flowops.adapters.environment import child_environment
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.mirrors import held_in
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Provider

_PATIENCE = 900.0
_NO_RETRIES = {"TF_REGISTRY_DISCOVERY_RETRY": "0", "TF_REGISTRY_CLIENT_TIMEOUT": "10"}


class Registry:
    """The public registry; `terraform` returns the program, installed first where it is missing."""

    def __init__(self, machine: Machine, processes: Processes, terraform: Callable[[], Path]) -> None:
        self._machine = machine
        self._processes = processes
        self._terraform = terraform

    def fetch(self, provider: Provider, into: Path) -> tuple[Path, str]:
        """Return the provider's folder, unpacked below `into`, and its address; Unavailable says why there is none."""
        self._machine.progress(f"{provider.address} {provider.version}: fetching from the registry")
        unpacked, settings = into / "unpacked", into / "settings.tfrc.json"
        unpacked.mkdir()
        settings.write_text(json.dumps({"plugin_cache_dir": str(unpacked)}))
        (into / "versions.tf.json").write_text(requirement(provider))
        self._init(into, settings)
        held = held_in(unpacked, provider, self._machine.platform)
        if held is None:
            raise Unavailable(f"terraform fetched no {provider.program} for {self._machine.platform}")
        return held, provider.source

    def _init(self, folder: Path, settings: Path) -> None:
        argv = [str(self._terraform()), "init", "-backend=false", "-input=false", "-no-color"]
        env = child_environment(self._machine.env, TF_CLI_CONFIG_FILE=str(settings), **_NO_RETRIES)
        try:
            done = self._processes.run(argv, env=env, cwd=folder, timeout=_PATIENCE)
        except ToolUnusable as error:
            raise Unavailable(error.happened) from error
        if not done.succeeded:
            raise Unavailable(f"terraform could not fetch it: {_in_one_line(done.stderr or done.stdout)}")


def requirement(provider: Provider) -> str:
    """Return a terraform configuration that needs this provider and nothing else."""
    wanted = {provider.kind: {"source": provider.source, "version": provider.version}}
    return json.dumps({"terraform": {"required_providers": wanted}})


def _in_one_line(said: str) -> str:
    words = " ".join(line.strip("│╷╵ ") for line in said.splitlines()).split()
    return " ".join(words)[:600] or "it did not say why"
