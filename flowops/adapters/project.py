"""The project on disk: flowops.yaml read strictly, and the deployments tree walked."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from flowops.adapters import yaml_file
from flowops.adapters.yaml_file import MEND, Where
from flowops.errors import InvalidConfig, nearest
from flowops.model.config import NAME_PATTERN, Config, Problem, problems
from flowops.model.deployment import Deployment, Environment, Unit

CONFIG_NAME = "flowops.yaml"
LOCK_NAME = "flowops.lock"
UNIT_FILE = "terragrunt.hcl"


def find_project(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds flowops.yaml; InvalidConfig if there is none."""
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).exists() or (folder / CONFIG_NAME).is_symlink():
            return folder
    raise InvalidConfig(
        f"{start / CONFIG_NAME}:1: there is no {CONFIG_NAME} here or in a folder above.",
        next_step="flowops --project-dir DIR …, with the folder that holds flowops.yaml",
    )


def load_config(project: Path) -> Config:
    """Return flowops.yaml of `project`; InvalidConfig names file, line and the allowed values."""
    return read_config(project)[0]


def read_config(project: Path) -> tuple[Config, dict[Where, int]]:
    """Return flowops.yaml of `project` and the line of each of its values; InvalidConfig as `load_config`."""
    path = project / CONFIG_NAME
    data, lines = yaml_file.load(path)
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise _invalid(path, lines, _explain(error, data)) from error
    found = list(problems(config))
    if found:
        raise _invalid(path, lines, found)
    return config, lines


def load_deployment(project: Path, config: Config) -> Deployment:
    """Return the units found below deployments/ for each environment of `config`.

    A folder below a layer that holds a terragrunt.hcl is a unit; hidden folders (caches) are not entered.
    An environment whose folder is missing has no units: InvalidConfig is raised only when it is selected.
    """
    root = project / "deployments"
    environments = []
    for name, it in config.environments.items():
        base = PurePosixPath(it.path)
        _check_layers(root / base, config)
        units = tuple(unit for layer in config.layers for unit in _units(root, name, layer, base / layer))
        layers = tuple(config.layers)
        environments.append(Environment(name, it.account, base, it.protected, layers, units))
    return Deployment(tuple(environments))


def _units(root: Path, environment: str, layer: str, folder: PurePosixPath) -> list[Unit]:
    found = []
    for current, folders, files in os.walk(root / folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if UNIT_FILE in files:
            relative = PurePosixPath(Path(current).relative_to(root).as_posix())
            name = relative.relative_to(folder)
            _check_name(Path(current), name)
            found.append(Unit(environment, layer, str(name), relative))
    return sorted(found)


def _check_layers(folder: Path, config: Config) -> None:
    """Refuse units below a layer that nobody named: a destroy would not know that they still stand."""
    for file in sorted(folder.glob(f"*/*/{UNIT_FILE}")):
        layer = file.parent.parent.name
        if layer not in config.layers and not layer.startswith("."):
            raise InvalidConfig(
                f"{file}:1: {layer!r} is no layer of flowops.yaml; allowed: {', '.join(config.layers)}.",
                not_done="Nothing was started.",
                next_step=f"add {layer} to `layers` in flowops.yaml, or move the folder",
            )


def _check_name(folder: Path, name: PurePosixPath) -> None:
    """Refuse a unit whose name means something else to terragrunt's filters, to a shell, or to an address."""
    for part in name.parts or ("",):
        if not re.fullmatch(NAME_PATTERN, part):
            raise InvalidConfig(
                f"{folder / UNIT_FILE}:1: {str(name)!r} is no name for a unit; allowed: small letters, digits, dashes.",
                not_done="Nothing was started.",
                next_step="rename the folder, then type the same command again",
            )


def _explain(error: ValidationError, data: Any) -> list[Problem]:
    return [_problem(dict(it), data) for it in error.errors(include_url=False)]


def _problem(detail: dict[str, Any], data: Any) -> Problem:
    where = tuple(part for part in detail["loc"] if part != "[key]")
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        allowed = _allowed_keys(where[:-1])
        return Problem(where, f"unknown key {where[-1]!r}; {nearest(str(where[-1]), allowed)}")
    if kind == "missing":
        allowed = _allowed_keys(where[:-1])
        return Problem(where[:-1], f"key {where[-1]!r} is missing; allowed keys: {', '.join(allowed)}")
    if where[-1:] == ("id",):
        return Problem(where, f'an account id is a quoted string of 12 digits, such as "012345678901", not {given!r}')
    if kind == "string_pattern_mismatch":
        return Problem(where, f"{given!r} does not fit; allowed: text that matches {detail['ctx']['pattern']}")
    return Problem(where, f"{_shown(given)}: {detail['msg'][0].lower()}{detail['msg'][1:]}")


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not write out a number of more than 4,300 digits
        return "a very long number"
    return text if len(text) <= 60 else text[:57] + "…"


def _allowed_keys(where: Where) -> tuple[str, ...]:
    annotation: Any = Config
    for part in where:
        fields = _fields(annotation)
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif part in fields:
            annotation = fields[str(part)].annotation
        else:
            return ()
    return tuple(_fields(annotation)) if get_origin(annotation) is not dict else ()


def _fields(annotation: Any) -> dict[str, Any]:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return dict(candidate.model_fields)
    return {}


def _invalid(path: Path, lines: dict[Where, int], found: list[Problem]) -> InvalidConfig:
    def line_of(where: Where) -> int:
        while where and where not in lines:
            where = where[:-1]
        return lines.get(where, 1)

    texts = [f"{path}:{line_of(it.path)}: {_dotted(it.path)}{it.text}" for it in found]
    said = "\n".join(sorted(set(texts), key=texts.index))
    return InvalidConfig(said, not_done="Nothing was started.", next_step=MEND)


def _dotted(where: Where) -> str:
    return f"{'.'.join(map(str, where))}: " if where else ""
