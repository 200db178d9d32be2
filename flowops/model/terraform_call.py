"""One start of terraform, as the shim between terragrunt and terraform recorded it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

_COPY = ".terragrunt-cache"


@dataclass(frozen=True)
class TerraformCall:
    """What one terraform did, known also when terragrunt, the shim or flowops died under it.

    `started` and `ended` are seconds since 1970. `exit_code` is what a shell would say (130 after SIGINT) and None
    while it is not recorded: `alive` then says that terraform still works, `lost` that nobody knows how it ended.
    `interrupted` is why flowops ended it before its time, "" where it did not.
    """

    command: str
    unit_dir: Path
    cwd: Path
    argv: tuple[str, ...]
    pid: int
    started: float
    stdout: Path
    stderr: Path
    alive: bool = False
    ended: float | None = None
    exit_code: int | None = None
    signal: int = 0
    interrupted: str = ""

    @property
    def lost(self) -> bool:
        """Say that terraform is gone and its exit code was not recorded: it was killed together with its keeper."""
        return self.exit_code is None and not self.alive


def command_of(argv: tuple[str, ...]) -> str:
    """Return the command in terraform's arguments, "" when there is none; global options stand before it."""
    return next((word for word in argv if not word.startswith("-")), "")


def unit_directory(cwd: str) -> Path:
    """Return the unit's own folder for a terraform that works there or in terragrunt's copy below it."""
    parts = PurePath(cwd).parts
    return Path(*parts[: parts.index(_COPY)]) if _COPY in parts else Path(cwd)
