"""Pages of docs/ as scripts: their shell blocks, run in order like a reader would."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.command import ROOT, USUAL_UMASK, Ended, Flowops

_SECTION = re.compile(r"^## (\d+)\. .*$", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections(page: Path) -> dict[int, list[str]]:
    """Return the shell blocks of each numbered section of a page."""
    parts = _SECTION.split(page.read_text())
    return {int(number): _BLOCK.findall(text) for number, text in zip(parts[1::2], parts[2::2], strict=True)}


@dataclass(frozen=True)
class Walk:
    """A reader of the pages, in a checkout, with a state folder of their own; `said` is all that the blocks printed."""

    flowops: Flowops
    said: list[str] = field(default_factory=list)

    def read(self, number: int, *, folder: Path | None = None) -> Ended:
        """Run every block of one section of the first steps in one shell; it stops at the first command that fails."""
        return self._run(sections(ROOT / "docs" / "first-steps.md")[number], folder or self.flowops.project)

    def read_page(self, name: str) -> Ended:
        """Run every block of another page in one shell; it stops at the first command that fails."""
        return self._run(_BLOCK.findall((ROOT / "docs" / name).read_text()), self.flowops.project)

    def _run(self, blocks: Sequence[str], folder: Path) -> Ended:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
            cwd=folder,
            env=self.flowops.env(FLOWOPS_PROJECT_DIR=str(self.flowops.project), VIRTUAL_ENV_DISABLE_PROMPT="1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
            umask=USUAL_UMASK,
        )
        self.said.extend((done.stdout, done.stderr))
        return Ended(done.returncode, done.stdout, done.stderr)
