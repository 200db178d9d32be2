"""The real binaries, found or built by flowops' own toolchain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Tools:
    """Paths of the pinned binaries, and the environment that flowops gives terraform and terragrunt."""

    terraform: Path
    terragrunt: Path
    aws: Path = Path("aws")
    environment: Mapping[str, str] = field(default_factory=dict)
