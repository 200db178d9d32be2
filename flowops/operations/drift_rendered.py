"""Drift of the rendered HCL files: those that are not what their templates and the facts say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flowops.errors import OperationFailed
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Finding, Source, Verdict
from flowops.model.rendering import RenderResult, RenderState


@dataclass
class RenderedDrift:
    """Looks at the files that an environment's units read; `checked` renders without writing."""

    checked: Callable[[], RenderResult]
    name: str = "rendered"

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        """Yield a finding for each stale file at or above the environment's units.

        OperationFailed where one cannot be rendered: nobody can tell what it should say.
        """
        if environment is None:
            return
        result = self.checked()
        for file in result.of(RenderState.STALE):
            if _concerns(environment, str(file.path.parent)):
                said = "not what its template and flowops.lock say: it was edited, or never rendered again"
                address = f"deployments/{file.path}"
                yield Finding(environment.name, Source.RENDERED, address, "file", Verdict.UNAPPLIED, summary=said)
        skipped = [it for it in result.of(RenderState.SKIPPED) if _concerns(environment, str(it.path.parent))]
        if skipped:
            first, others = skipped[0], f" and {len(skipped) - 1} more" if len(skipped) > 1 else ""
            raise OperationFailed(
                f"deployments/{first.path}{others} cannot be rendered yet: {first.reason}.",
                not_done="Whether it is what its template says was not checked.",
                next_step=first.command,
            )


def _concerns(environment: Environment, folder: str) -> bool:
    """Say whether a folder is above the environment's own, or below it."""
    own = f"{environment.path}/"
    return own.startswith(f"{folder}/") or f"{folder}/".startswith(own) or folder == "."
