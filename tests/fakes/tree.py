"""A small deployment for tests: dev and a protected prod, two layers, the foundation's real shape.

Its Flowable has just been moved from PostgreSQL to Oracle: it depends on one database and not on the other any more.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from flowops.model.deployment import Deployment, Environment, Unit
from flowops.model.graph import Graph

LAYERS = ("foundation", "app")
EDGES = {
    "foundation/vpc": (),
    "foundation/efs": ("foundation/vpc",),
    "foundation/eks": ("foundation/vpc",),
    "foundation/eks-components": ("foundation/eks",),
    "foundation/resource-group": (),
    "app/database": ("foundation/vpc", "foundation/eks"),
    "app/rds-postgres": ("foundation/vpc",),
    "app/rds-oracle": ("foundation/vpc",),
    "app/flowable-app": ("foundation/eks", "app/rds-oracle"),
}


def environment(name: str = "dev", *, protected: bool = False) -> Environment:
    base = PurePosixPath(f"aws/{'prod' if protected else 'non-prod'}/eu-central-1/{name}")
    units = tuple(Unit(name, *path.split("/"), base / path) for path in EDGES)
    return Environment(name, name, base, protected, LAYERS, units)


def deployment() -> Deployment:
    return Deployment((environment("dev"), environment("prod", protected=True)))


def graph(of: Environment) -> Graph:
    units = {f"{unit.layer}/{unit.name}": unit for unit in of.units}
    return Graph({unit: frozenset(units[it] for it in EDGES[path]) for path, unit in units.items()})


def unit(path: str, name: str = "dev") -> Unit:
    return next(it for it in environment(name, protected=name == "prod").units if f"{it.layer}/{it.name}" == path)
