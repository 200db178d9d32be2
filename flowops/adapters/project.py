"""The project on disk: flowops.yaml read strictly, and the deployments tree walked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from flowops.adapters import text_file, yaml_file
from flowops.adapters.text_file import MEND
from flowops.adapters.yaml_file import Where
from flowops.errors import MAX_SHOWN, InvalidConfig, nearest, shown
from flowops.model.config import NAME_PATTERN, Config
from flowops.model.config_problems import Problem, problems
from flowops.model.deployment import UNIT_FILE, Deployment, Environment, Unit

CONFIG_NAME = "flowops.yaml"
LOCK_NAME = "flowops.lock"
MAX_PROBLEMS = 20

_ALLOWED = {
    "bool_type": "true or false",
    "dict_type": "a mapping (key: value)",
    "list_type": "a list",
    "model_type": "a mapping (key: value)",
    "string_type": "a text",
}
"""What pydantic asks for, in the words of YAML."""

Schema = TypeVar("Schema", bound=BaseModel)


def find_project(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds flowops.yaml; InvalidConfig if there is none."""
    for folder in (start, *start.parents):
        if _stands(folder / CONFIG_NAME):
            return folder
    raise InvalidConfig(
        f"{start / CONFIG_NAME}:1: there is no {CONFIG_NAME} here or in a folder above.",
        next_step="flowops --project-dir DIR …, with the folder that holds flowops.yaml",
    )


def _stands(path: Path) -> bool:
    """Return whether something is there; what nobody lets us look at is, and reading it will say so."""
    try:
        path.lstat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def load_config(project: Path) -> Config:
    """Return flowops.yaml of `project`; InvalidConfig names file, line and the allowed values."""
    return read_config(project)[0]


def read_config(project: Path) -> tuple[Config, dict[Where, int]]:
    """Return flowops.yaml of `project` and the line of each of its values; InvalidConfig as `load_config`."""
    path = project / CONFIG_NAME
    return config_of(path, text_file.read(path))


def config_of(path: Path, text: str) -> tuple[Config, dict[Where, int]]:
    """Return what `read_config` does, of a text that is to stand in `path`."""
    return validated(path, text, Config, problems)


def validated(
    path: Path, text: str, schema: type[Schema], problems: Callable[[Schema], Iterable[Problem]]
) -> tuple[Schema, dict[Where, int]]:
    """Return the data of a text that is to stand in `path`, and the line of each value; InvalidConfig names both.

    `problems` finds what is wrong between parts that are each valid by themselves.
    """
    data, lines = yaml_file.parse(path, text)
    try:
        found = schema.model_validate(data)
    except ValidationError as error:
        raise _invalid(path, lines, _explain(error, schema)) from error
    wrong = list(problems(found))
    if wrong:
        raise _invalid(path, lines, wrong)
    return found, lines


def load_deployment(project: Path, config: Config) -> Deployment:
    """Return the units found below deployments/ for each environment of `config`.

    A folder directly below a layer that holds a terragrunt.hcl is a unit, and nothing else may hold one; hidden folders
    (caches) are not entered.
    An environment whose folder is missing has no units: InvalidConfig is raised only when it is selected.
    """
    root = project / "deployments"
    environments = []
    for name, it in config.environments.items():
        base = PurePosixPath(it.path)
        for above in (root / base, *(root / parent for parent in base.parents)):
            _check_files(above, os.listdir(above) if above.is_dir() else ())
        _check_layers(root / base, config)
        units = tuple(unit for layer in config.layers for unit in _units(root, name, layer, base / layer))
        layers = tuple(config.layers)
        environments.append(Environment(name, it.account, base, it.protected, layers, units))
    return Deployment(tuple(environments))


def _units(root: Path, environment: str, layer: str, folder: PurePosixPath) -> list[Unit]:
    found = []
    for current, folders, files in os.walk(root / folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        _check_files(Path(current), files)
        if UNIT_FILE in files:
            relative = PurePosixPath(Path(current).relative_to(root).as_posix())
            _check_place(root / folder, Path(current))
            _check_name(Path(current))
            found.append(Unit(environment, layer, relative.name, relative))
    return sorted(found)


def _check_files(folder: Path, names: Iterable[str]) -> None:
    """Refuse an HCL file that is none: terragrunt would wait for a FIFO for ever, and leave out a broken link."""
    for name in names:
        if name.endswith(".hcl") and not os.path.isfile(folder / name):
            raise text_file.wrong(folder / name, 1, "is not a regular file")


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


def _check_place(layer: Path, folder: Path) -> None:
    """Refuse a unit that is its layer's folder or lies deeper: its id would not be `environment/layer/unit`."""
    if folder.parent != layer:
        raise InvalidConfig(
            f"{folder / UNIT_FILE}:1: {str(folder.relative_to(layer))!r} is no place for a unit; "
            f"allowed: a folder directly below its layer, {layer.name}/UNIT.",
            not_done="Nothing was started.",
            next_step="move the folder, then type the same command again",
        )


def _check_name(folder: Path) -> None:
    """Refuse a unit whose name means something else to terragrunt's filters, to a shell, or to an address."""
    if not re.fullmatch(NAME_PATTERN, folder.name):
        raise InvalidConfig(
            f"{folder / UNIT_FILE}:1: {folder.name!r} is no name for a unit; allowed: small letters, digits, dashes.",
            not_done="Nothing was started.",
            next_step="rename the folder, then type the same command again",
        )


def _explain(error: ValidationError, schema: type[BaseModel]) -> list[Problem]:
    return [_problem(dict(it), schema) for it in error.errors(include_url=False)]


def _problem(detail: dict[str, Any], schema: type[BaseModel]) -> Problem:
    where = tuple(part for part in detail["loc"] if part != "[key]")
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        allowed = _allowed_keys(schema, where[:-1])
        return Problem(where, f"unknown key {shown(where[-1])}; {nearest(str(where[-1]), allowed)}")
    if kind == "missing":
        allowed = _allowed_keys(schema, where[:-1])
        return Problem(where[:-1], f"key {where[-1]!r} is missing; allowed keys: {', '.join(allowed)}")
    said = "nothing" if given is None else shown(given)
    if where[:1] == ("accounts",) and where[2:] == ("id",):
        # YAML has read a number as octal perhaps: shown, it would be one that nobody wrote.
        said = "a number without quotes" if isinstance(given, int) else said
        return Problem(where, f'an account id is a quoted string of 12 digits, such as "012345678901", not {said}')
    if kind == "string_pattern_mismatch":
        return Problem(where, f"{said} does not fit; allowed: text that matches {detail['ctx']['pattern']}")
    if kind == "too_short":
        return Problem(where, f"{said} is too little; allowed: {detail['ctx']['min_length']} of them or more")
    if kind in _ALLOWED:
        return Problem(where, f"{said} stands here; allowed: {_ALLOWED[kind]}")
    return Problem(where, f"{said}: {detail['msg'][0].lower()}{detail['msg'][1:]}")


def _allowed_keys(schema: type[BaseModel], where: Where) -> tuple[str, ...]:
    annotation: Any = schema
    for part in where:
        fields = _fields(annotation)
        if get_origin(annotation) is list:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) is dict:
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
    said = list(dict.fromkeys(texts))
    more = [f"… and {len(said) - MAX_PROBLEMS} more like these"] if len(said) > MAX_PROBLEMS else []
    return InvalidConfig("\n".join(said[:MAX_PROBLEMS] + more), not_done="Nothing was started.", next_step=MEND)


def _dotted(where: Where) -> str:
    # A key may hold line ends and what a terminal obeys.
    plain = (isinstance(it, str) and it.isprintable() and 0 < len(it) <= MAX_SHOWN for it in where)
    parts = (str(it) if bare else shown(it) for it, bare in zip(where, plain, strict=True))
    return f"{'.'.join(parts)}: " if where else ""
