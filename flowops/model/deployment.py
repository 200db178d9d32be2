"""The deployments tree as data: environments, their ordered layers, and the units in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from flowops.errors import UnknownTarget, UsageError

UNIT_FILE = "terragrunt.hcl"
"""The file that makes a folder below deployments/ a unit."""
LOCK_FILE = ".terraform.lock.hcl"
"""The file beside it in which terraform notes the providers that a unit was planned with."""


@dataclass(frozen=True, order=True)
class Unit:
    """One folder with a terragrunt.hcl and one state file; `path` is relative to deployments/."""

    environment: str
    layer: str
    name: str
    path: PurePosixPath = field(compare=False)

    @property
    def id(self) -> str:
        """Return `environment/layer/unit`, the name operators type and read."""
        return f"{self.environment}/{self.layer}/{self.name}"

    def __str__(self) -> str:
        return self.id

    def state_key(self, account_id: str) -> str:
        """Return the key of this unit's state in the state bucket (root.hcl says the same)."""
        return f"{account_id}/{self.path}/terraform.tfstate"


@dataclass(frozen=True)
class Environment:
    """One environment with its units, by layer in the order of flowops.yaml."""

    name: str
    account: str
    path: PurePosixPath
    protected: bool
    layers: tuple[str, ...]
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class Deployment:
    """Every environment of the project."""

    environments: tuple[Environment, ...]

    def environment(self, name: str) -> Environment:
        """Return the environment of that name; UnknownTarget names the nearest ones."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        raise UnknownTarget("environment", name, [it.name for it in self.environments])


@dataclass(frozen=True)
class Selection:
    """The units a command acts on: of one environment, optionally of one layer, optionally one unit."""

    environment: Environment
    layers: tuple[str, ...]
    units: tuple[Unit, ...]
    unit: str | None = None

    @property
    def name(self) -> str:
        """Return what was selected, as it is typed: `dev`, `dev foundation` or `dev foundation eks`."""
        whole = self.unit is None and self.layers == self.environment.layers
        words = [self.environment.name, *(() if whole else self.layers), *([self.unit] if self.unit else [])]
        return " ".join(words)

    @property
    def folder(self) -> PurePosixPath:
        """Return the narrowest folder that holds all selected units, relative to deployments/."""
        return self.environment.path if len(self.layers) > 1 else self.environment.path / self.layers[0]


def select(deployment: Deployment, environment: str, layer: str | None = None, unit: str | None = None) -> Selection:
    """Return the units that ENV [LAYER [UNIT]] means, at least one.

    An unknown name raises UnknownTarget, a place in the tree without units UsageError.
    """
    found = deployment.environment(environment)
    layers = found.layers if layer is None else (layer,)
    if layer is not None and layer not in found.layers:
        raise UnknownTarget("layer", layer, found.layers, where=f" in {environment}")
    units = tuple(it for it in found.units if it.layer in layers)
    chosen = tuple(it for it in units if unit in (None, it.name))
    selection = Selection(found, layers, chosen, unit)
    if not units:
        raise UsageError(
            f"There is no unit in {environment}{f'/{layer}' if layer else ''}: "
            f"no terragrunt.hcl below deployments/{selection.folder}.",
            not_done="Nothing was started.",
            next_step="add a unit there, or the same command for an environment that has some",
        )
    if not chosen:
        raise UnknownTarget("unit", str(unit), [it.name for it in units], where=f" in {environment}/{layer}")
    return selection


def restricted(selection: Selection, ids: Collection[str]) -> Selection:
    """Return the selection with exactly the units of these ids, which may lie outside it; none means it as it is.

    UnknownTarget names a unit that the environment does not have.
    """
    known = {unit.id: unit for unit in selection.environment.units}
    missing = sorted(set(ids) - known.keys())
    if missing:
        raise UnknownTarget("unit", missing[0], known, where=f" in {selection.environment.name}")
    return replace(selection, units=tuple(sorted(known[it] for it in ids))) if ids else selection
