"""What units declare to depend on, read from their files: it answers where terragrunt only leaves units out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from flowops.adapters.hcl import read_hcl
from flowops.model.deployment import UNIT_FILE, Environment, Unit
from flowops.model.graph import Graph
from flowops.model.hcl import Body, Expression, Listing, Literal


def declared_graph(deployments: Path, environment: Environment) -> Graph:
    """Return the graph of the paths that stand in the units' files as plain text.

    InvalidConfig names file and line of what is no HCL; CyclicDependencies prints a circle of units.
    """
    by_path = {it.path: it for it in environment.units}
    return Graph({it: frozenset(_dependencies(deployments, it, by_path)) for it in environment.units})


def _dependencies(deployments: Path, unit: Unit, by_path: dict[PurePosixPath, Unit]) -> Iterator[Unit]:
    body = read_hcl(deployments / unit.path / UNIT_FILE)
    for path in _paths(body):
        target = PurePosixPath(os.path.normpath(unit.path / path))
        if target in by_path:
            yield by_path[target]


def _paths(body: Body) -> Iterator[str]:
    for block in body.of_type("dependency"):
        attribute = block.body.attribute("config_path")
        yield from _texts(attribute.expression) if attribute else ()
    for block in body.of_type("dependencies"):
        attribute = block.body.attribute("paths")
        items = attribute.expression.items if attribute and isinstance(attribute.expression, Listing) else ()
        yield from (text for it in items for text in _texts(it))


def _texts(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Literal) and isinstance(expression.value, str):
        yield expression.value
