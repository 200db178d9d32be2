"""What became of each template: written, unchanged, stale, or skipped because its facts are not there yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from flowops.errors import Exit


class RenderState(Enum):
    """What became of one rendered file."""

    UNCHANGED = "unchanged"
    WRITTEN = "written"
    STALE = "stale"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class RenderedFile:
    """One file below deployments/, rendered from the `.j2` beside it; `reason` says why it was skipped."""

    path: PurePosixPath
    state: RenderState
    reason: str = ""


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
