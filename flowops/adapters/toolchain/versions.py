"""Ask programs for their version, once per program and not once per command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters.environment import child_environment
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Tool, version_in

_PATIENCE = 5.0


class Versions:
    """Knows programs' versions; what was learned is kept in `<cache>/versions.json` until the program changes."""

    def __init__(self, machine: Machine, processes: Processes) -> None:
        self._machine = machine
        self._processes = processes
        self._file = machine.cache / "versions.json"

    def of(self, program: Path, tool: Tool) -> str:
        """Return the version that `program` says it has; Unavailable where it does not answer sensibly."""
        print_of_it = _fingerprint(program, tool)
        known = self._known()
        if print_of_it and known.get(str(program), {}).get("print") == print_of_it:
            return str(known[str(program)]["version"])
        version = self._asked(program, tool)
        if print_of_it:
            self._keep(known | {str(program): {"print": print_of_it, "version": version}})
        return version

    def on_path(self, name: str) -> Iterator[Path]:
        """Yield every program of that name on the caller's PATH, each file once, in the order of PATH."""
        seen: set[Path] = set()
        for folder in self._machine.env.get("PATH", "").split(":"):
            found = shutil.which(name, path=folder) if folder.startswith("/") else None
            if found and (real := Path(found).resolve()) not in seen:
                seen.add(real)
                yield Path(found)

    def _asked(self, program: Path, tool: Tool) -> str:
        argv = [str(program), *tool.version_argv]
        env = child_environment(self._machine.env)
        try:
            answer = self._processes.run(argv, env=env, cwd=Path("/"), timeout=_PATIENCE)
        except ToolUnusable as error:
            raise Unavailable(error.happened) from error
        version = version_in(answer.stdout, tool.calls_itself or tool.name)
        if not version:
            said = (answer.stdout or answer.stderr).strip().partition("\n")[0][:80] or "nothing"
            raise Unavailable(f"{program} answers {said!r} to {tool.version_argv[0]}, which names no version")
        return version

    def _known(self) -> dict[str, Any]:
        try:
            known = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _keep(self, known: dict[str, Any]) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_file.write(self._file, json.dumps(known).encode())


def _fingerprint(program: Path, tool: Tool) -> list[int]:
    """Return what changes when the program does; [] for a script or a version manager, which answer as they please."""
    real = program.resolve()
    with real.open("rb") as file:
        is_script = file.read(2) == b"#!"
    if is_script or not real.name.startswith(tool.name):
        return []
    status = real.stat()
    return [status.st_ino, status.st_size, status.st_mtime_ns]
