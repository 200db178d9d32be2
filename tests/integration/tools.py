"""The real binaries, found or built by flowops' own toolchain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tools:
    """Paths of the pinned binaries."""

    terraform: Path
    terragrunt: Path
