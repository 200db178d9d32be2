"""Who is still at work for a run that nobody has closed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """The living processes of a run: pids, 0 for none, and the ids of the units that a terraform works on.

    Of a run that began on another machine (not `here`) nothing can be said.
    """

    here: bool = True
    flowops: int = 0
    terragrunt: int = 0
    units: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether terragrunt or a terraform goes on."""
        return bool(self.terragrunt or self.units)

    def __str__(self) -> str:
        """Return who works, in a few words."""
        if self.units:
            return f"terraform still works on {', '.join(self.units)}"
        return f"terragrunt still works (pid {self.terragrunt})"
