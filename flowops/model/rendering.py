"""What became of each template: written, unchanged, stale, or skipped because its facts are not there yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from flowops.errors import Exit

SUFFIX = ".j2"
"""How the name of a template ends; the file rendered from it has the name without it."""


class RenderState(Enum):
    """What became of one rendered file."""

    UNCHANGED = "unchanged"
    WRITTEN = "written"
    STALE = "stale"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class RenderedFile:
    """One file below deployments/, rendered from the `.j2` beside it.

    `reason` says why it was skipped, and `command` mends that.
    """

    path: PurePosixPath
    state: RenderState
    reason: str = ""
    command: str = ""

    @property
    def why(self) -> str:
        """Return the reason, and the command behind it where there is one."""
        return f"{self.reason}: {self.command}" if self.command else self.reason


@dataclass(frozen=True)
class RenderResult:
    """Every file that has a template."""

    files: tuple[RenderedFile, ...]

    def of(self, state: RenderState) -> tuple[RenderedFile, ...]:
        """Return the files in one state."""
        return tuple(it for it in self.files if it.state is state)

    @property
    def exit_code(self) -> Exit:
        """Return CHANGES when a file is stale, which only a check leaves behind."""
        return Exit.CHANGES if self.of(RenderState.STALE) else Exit.FINE
