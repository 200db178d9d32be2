"""Say where an input of a unit comes from, and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Protocol

from flowops.errors import UnknownTarget
from flowops.model.deployment import Deployment, Unit, select
from flowops.model.provenance.chain import Answer, Kind, Known, Step, Surroundings, Tree
from flowops.model.provenance.inputs import explain
from flowops.operations.fact_sources import FactSources, Written

_BY_TERRAGRUNT = "the value is terragrunt's own answer"


class Terragrunt(Protocol):
    """What computes where flowops only follows."""

    def inputs(self, folder: PurePosixPath) -> Mapping[str, Any] | None:
        """Return the inputs of the unit in `folder`, None where they are not to be had soon and without AWS."""


def why(
    unit: str,
    name: str,
    *,
    deployment: Deployment,
    written: Written,
    tree: Tree,
    terragrunt: Terragrunt,
    environment: Mapping[str, str],
    withheld: frozenset[str],
) -> Answer:
    """Return the chain from the input `name` of a unit back to its sources; AWS is not called.

    The value is terragrunt's own where flowops only follows what it is made of.

    UnknownTarget for a unit that is none, UsageError for an input that its module does not have, InvalidConfig where
    a file on the way is wrong.
    """
    found = _unit(deployment, unit)
    deployments = tree.root / "deployments"
    units = {deployments / it.path: it.id for environment in deployment.environments for it in environment.units}
    around = Surroundings(tree, FactSources(written, deployments), units, environment, withheld)
    answer = explain(found.id, name, around)
    if answer.value is not None or not _terragrunt_may_know(answer):
        return answer
    if answer.unasked:
        return replace(answer, notes=(*answer.notes, f"terragrunt is not asked for the value: {answer.unasked}"))
    inputs = terragrunt.inputs(deployments / found.path) or {}
    if name not in inputs:
        return answer
    return replace(answer, value=Known(inputs[name]), notes=(*answer.notes, _BY_TERRAGRUNT))


def _terragrunt_may_know(answer: Answer) -> bool:
    """Say whether there is something to ask: not for secrets, and not where the chain ends at an output."""
    kinds = {it.kind for it in _every(answer.steps)}
    return not answer.sensitive and Kind.DEPENDENCY not in kinds and kinds != {Kind.NOT_FOLLOWED}


def _every(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        for branch in step.branches:
            yield from _every(branch.steps)


def _unit(deployment: Deployment, text: str) -> Unit:
    match text.split("/", 2):
        case [environment, layer, unit] if unit:
            return select(deployment, environment, layer, unit).units[0]
        case _:
            known = [it.id for environment in deployment.environments for it in environment.units]
            raise UnknownTarget("unit", text, known, where=" (a unit is written ENV/LAYER/UNIT)")
