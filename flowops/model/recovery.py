"""What is asked of a recovery, and what came of it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from flowops.errors import Exit, worst
from flowops.model.deployment import Unit
from flowops.model.run import Run, RunRequest


@dataclass(frozen=True)
class RecoverRequest:
    """`target` says where, and who agrees; at most one of `version` and `untaint` is set.

    `copy` is the beginning of the hash of the unsaved state that is meant, where there are several. `force` saves it
    whatever stands.
    """

    target: RunRequest
    copy: str = ""
    force: bool = False
    version: str = ""
    untaint: str = ""

    @property
    def command(self) -> str:
        """Return the command line that means this request."""
        words = ["flowops", "recover", *self.target.target.split()]
        for flag, value in (("--copy", self.copy), ("--version", self.version), ("--untaint", self.untaint)):
            words += [flag, value] if value else []
        words += ["--force"] if self.force else []
        words += ["--yes"] if self.target.yes else []
        words += ["--confirm", self.target.confirm] if self.target.confirm else []
        return shlex.join(words)

    def agreed(self, confirm: str) -> RecoverRequest:
        """Return the request with everything that agrees to it."""
        return replace(self, target=replace(self.target, yes=True, confirm=confirm))


@dataclass(frozen=True)
class Finding:
    """Something of a unit that somebody has to decide about, and the command that mends it."""

    unit: Unit
    what: str
    command: str


@dataclass(frozen=True)
class Recovered:
    """What a recovery did, None where nothing was written, and what is left to decide."""

    run: Run | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """Return the code of the run; 2 where all is done and something is left to decide."""
        return worst((self.run.exit_code if self.run else Exit.FINE, Exit.CHANGES if self.findings else Exit.FINE))
