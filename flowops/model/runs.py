"""The same run in every environment, one after the other, and the one exit code that follows."""

from __future__ import annotations

from dataclasses import dataclass

from flowops.errors import Exit, FlowopsError, worst
from flowops.model.run import Run


@dataclass(frozen=True)
class Ended:
    """How one environment's turn ended: with a run, with an error, or with neither where it was not begun."""

    environment: str
    run: Run | None = None
    error: FlowopsError | None = None

    @property
    def exit_code(self) -> Exit:
        """Return the code of this turn; FINE where it was not begun, for it changed nothing and failed at nothing."""
        if self.error is not None:
            return self.error.exit_code
        return self.run.exit_code if self.run is not None else Exit.FINE

    @property
    def done(self) -> bool:
        """Whether the environment is where the request wanted it."""
        return self.run is not None and self.exit_code in (Exit.FINE, Exit.CHANGES)

    @property
    def changed(self) -> bool:
        """Whether something in AWS may be different now; an error after something changed says so by its code."""
        units = self.run.units if self.run is not None else ()
        return any(it.outcome.changed or it.touched for it in units) or self.exit_code is Exit.PARTLY_DONE


@dataclass(frozen=True)
class Runs:
    """Every environment's turn, in order."""

    ended: tuple[Ended, ...]

    @property
    def exit_code(self) -> Exit:
        """Return the worst code of all turns, and 3 where one environment changed and another is not done."""
        codes = {it.exit_code for it in self.ended}
        if any(it.changed for it in self.ended) and not all(it.done for it in self.ended):
            codes.add(Exit.PARTLY_DONE)
        return worst(codes)
