"""Where warm providers are found and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flowops.model.toolchain import Provider


@dataclass(frozen=True)
class Places:
    """Where warm providers find what they need, and how long they stay.

    `runtime` is a short private folder for sockets, `schemas` where schemas are remembered; `binary` returns a
    provider's program, None where there is none unpacked. When flowops is killed, its providers end
    after `linger` seconds without any terraform: terragrunt may be busy with a hook or a download in between.
    """

    python: Path
    deployments: Path
    modules: Path
    runtime: Path
    schemas: Path
    binary: Callable[[Provider], Path | None]
    linger: float = 60.0
