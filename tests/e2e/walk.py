"""docs/first-steps.md as a script: its shell blocks by heading, run in order like a reader would."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.command import ROOT, Ended, Flowops

_SECTION = re.compile(r"^## (\d+)\. .*$", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections(page: Path) -> dict[int, list[str]]:
    """Return the shell blocks of each numbered section of a page."""
    parts = _SECTION.split(page.read_text())
    return {int(number): _BLOCK.findall(text) for number, text in zip(parts[1::2], parts[2::2], strict=True)}


@dataclass(frozen=True)
class Walk:
    """A reader of the page, in a checkout, with a state folder of their own."""

    flowops: Flowops

    def read(self, number: int, *, folder: Path | None = None) -> Ended:
        """Run every block of one section in one shell; it stops at the first command that fails."""
        script = "\n".join(sections(ROOT / "docs" / "first-steps.md")[number])
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder or self.flowops.project,
            env=self.flowops.env(FLOWOPS_PROJECT_DIR=str(self.flowops.project), VIRTUAL_ENV_DISABLE_PROMPT="1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)
