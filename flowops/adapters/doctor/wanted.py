"""What an environment's units ask of account and region, as far as the tree writes it out.

Only values that are written as they are count; what an expression makes of others is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from flowops.adapters.hcl_tree import HclTree
from flowops.adapters.unit_file import modules_in, text_of
from flowops.model.deployment import UNIT_FILE, Environment, Unit
from flowops.model.doctor_facts import Database, Wanted
from flowops.model.hcl import Attribute, Body, Expression, Listing, Literal, Name, Object
from flowops.model.regions import region_in

_DATABASES = {"rds-postgres": ("postgres", "postgres"), "rds-oracle": ("oracle", "oracle-se2")}
"""Modules that make databases: the word of app.hcl that switches each on, and the engine that RDS knows."""

Known = Mapping[str, tuple[Attribute, str]]
"""A setting by its name, with FILE:LINE where it stands."""


class WantedOfTree:
    """Reads what the units of one project ask for."""

    def __init__(self, project: Path, home: str) -> None:
        self._tree, self._project, self._home = HclTree(project), project, home

    def of(self, environment: Environment) -> Wanted:
        """Return what an environment asks for; InvalidConfig names file and line of what cannot be read."""
        modules = {unit: self._module(unit) for unit in environment.units}
        named = set(modules.values())
        known = self._settings(environment)
        zones = _texts(known.get("availability_zones"))
        nodes = _entries(known["node_group"][0].expression) if "node_group" in known else {}
        per_zone = _value(known.get("nat_gateway_per_az")) is True
        return Wanted(
            environment.name,
            region=self._region(environment, known),
            zones=zones,
            instance_types=_listed(nodes.get("instance_types")) if "eks" in named else (),
            kubernetes=str(_value(known.get("kubernetes_version")) or "") if "eks" in named else "",
            cluster=str(_value(known.get("cluster_name")) or "") if "eks" in named else "",
            closed="eks" in named and _is_empty(known.get("public_access_cidrs")),
            networks=1 if "vpc" in named else 0,
            addresses=(len(zones) if per_zone else 1) if "vpc" in named else 0,
            databases=tuple(self._databases(modules, known)),
            places={name: place for name, (_, place) in known.items()},
        )

    def _region(self, environment: Environment, known: Known) -> str:
        written = _value(known.get("aws_region"))
        return str(written) if written else region_in(str(environment.path), self._home)

    def _module(self, unit: Unit) -> str:
        named = modules_in(text_of(self._project / "deployments", unit))
        return next((it for it in named if (self._project / "terraform-modules" / it).is_dir()), "")

    def _settings(self, environment: Environment) -> Known:
        """Return the locals of region.hcl, env.hcl and the layers' files, each from the nearest folder above."""
        files = [self._nearest(environment.path, name) for name in ("region.hcl", "env.hcl")]
        files += [environment.path / layer / f"{layer}.hcl" for layer in environment.layers]
        found: dict[str, tuple[Attribute, str]] = {}
        for file in files:
            for name, attribute in self._locals(file).items():
                found[name] = (attribute, f"deployments/{file}:{attribute.line}")
        return found

    def _nearest(self, folder: PurePosixPath, name: str) -> PurePosixPath:
        places = [it / name for it in (folder, *folder.parents)]
        return next((it for it in places if self._tree.has(self._posix(it))), places[0])

    def _locals(self, file: PurePosixPath) -> dict[str, Attribute]:
        read = self._tree.hcl(self._posix(file)) if self._tree.has(self._posix(file)) else None
        return read.body.locals() if read else {}

    def _databases(self, modules: Mapping[Unit, str], known: Known) -> Iterator[Database]:
        chosen = _value(known.get("database"))
        for unit, module in modules.items():
            switch, engine = _DATABASES.get(module, ("", ""))
            if switch and chosen in (None, switch):
                yield self._database(unit, module, engine)

    def _database(self, unit: Unit, module: str, engine: str) -> Database:
        file = unit.path / UNIT_FILE
        read = self._tree.hcl(self._posix(file))
        given = read.body.attribute("inputs") if read else None
        inputs = _entries(given.expression) if given else {}
        usual = self._defaults(module)
        version, instance_class = (
            _text(inputs.get(name)) or usual.get(name, "") for name in ("engine_version", "instance_class")
        )
        written = inputs.get("instance_class")
        place = f"deployments/{file}:{written.line if written else given.line if given else 1}"
        return Database(_text(inputs.get("engine")) or engine, version, instance_class, place)

    def _defaults(self, module: str) -> dict[str, str]:
        file = PurePosixPath(self._project) / "terraform-modules" / module / "variables.tf"
        read = self._tree.hcl(file) if self._tree.has(file) else None
        return {it.labels[0]: _default(it.body) for it in (read.body.of_type("variable") if read else ())}

    def _posix(self, path: PurePosixPath) -> PurePosixPath:
        return PurePosixPath(self._project) / "deployments" / path


def _default(body: Body) -> str:
    found = body.attribute("default")
    return _text(found.expression) if found else ""


def _value(known: tuple[Attribute, str] | None) -> str | int | float | bool | None:
    return known[0].expression.value if known and isinstance(known[0].expression, Literal) else None


def _is_empty(known: tuple[Attribute, str] | None) -> bool:
    return known is not None and isinstance(known[0].expression, Listing) and not known[0].expression.items


def _texts(known: tuple[Attribute, str] | None) -> tuple[str, ...]:
    return _listed(known[0].expression) if known else ()


def _listed(expression: Expression | None) -> tuple[str, ...]:
    items = expression.items if isinstance(expression, Listing) else ()
    return tuple(_text(it) for it in items if _text(it))


def _text(expression: Expression | None) -> str:
    return str(expression.value) if isinstance(expression, Literal) and expression.value is not None else ""


def _entries(expression: Expression) -> dict[str, Expression]:
    """Return the values of an object by those of its keys that are plain words."""
    entries = expression.entries if isinstance(expression, Object) else ()
    keys = ((it.key.name if isinstance(it.key, Name) else _text(it.key), it.value) for it in entries)
    return {key: value for key, value in keys if key}
