"""What the toolchain has to know of this computer and of the caller."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Progress = Callable[[str], None]


class Unavailable(Exception):
    """One source of a tool did not work out; the text says why, and the next source is tried."""


@dataclass(frozen=True)
class Machine:
    """Where tools are looked for, fetched from and kept; `env` is the caller's environment.

    `platform` reads like linux_amd64. `cache` is flowops' folder in the user's cache directory, `scripts` the folder
    with the programs of our own Python environment, `python` its interpreter, `data` our folder of Go modules.
    """

    env: Mapping[str, str]
    platform: str
    cache: Path
    scripts: Path
    python: Path
    data: Path
    provider_roots: tuple[Path, ...] = ()
    progress: Progress = field(default=lambda line: None)
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep

    @property
    def tool_mirror(self) -> str:
        """Return the URL below which the caller keeps releases, "" to use each vendor's own host."""
        return self.env.get("FLOWOPS_TOOL_MIRROR", "").rstrip("/")

    @property
    def provider_mirror(self) -> str:
        """Return the folder that the caller names as filesystem mirror of providers, "" to look for one."""
        return self.env.get("FLOWOPS_PROVIDER_MIRROR", "")


def conventional_roots(home: Path) -> tuple[Path, ...]:
    """Return the folders below which a directory `tf-plugins` is taken for a provider mirror."""
    return Path("/opt"), Path("/usr/local/share"), Path("/usr/share"), home, home / ".local" / "share"
