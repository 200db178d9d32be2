"""Every value that a command works with, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.model.config import Config

DEFAULT = "default"
Lines = Mapping[tuple[str | int, ...], int]
"""The line of each value of flowops.yaml, by the keys and indexes that lead to it."""


@dataclass(frozen=True)
class Setting:
    """One value: its dotted name, what it is (None: not set), and its source, for example `flowops.yaml:12`."""

    name: str
    value: Any
    source: str


def settings_of(config: Config, lines: Lines, file: str) -> tuple[Setting, ...]:
    """Return every value of the configuration in the order of its schema, defaults included."""
    found = _leaves(config.model_dump(mode="json"), ())
    return tuple(Setting(_dotted(where), value, _source(where, lines, file)) for where, value in found)


def _leaves(value: Any, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, held in value.items():
            yield from _leaves(held, (*where, key))
    elif isinstance(value, list) and value:
        for index, held in enumerate(value):
            yield from _leaves(held, (*where, index))
    else:
        yield where, value


def _source(where: tuple[str | int, ...], lines: Lines, file: str) -> str:
    return f"{file}:{lines[where]}" if where in lines else DEFAULT


def _dotted(where: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in where)


def from_environment(ambient: Mapping[str, str], variables: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return the options that the environment sets; `variables` are the names of options by their variable."""
    return tuple(
        Setting(option, ambient[variable], f"environment variable {variable}")
        for variable, option in sorted(variables.items())
        if ambient.get(variable)
    )


def warnings(config: Config) -> tuple[str, ...]:
    """Return what is allowed and still worth a second look: environments that share an account."""
    shared = {account: config.environments_of(account) for account in config.environment_accounts()}
    return tuple(
        f"environments {_listed(names)} share account {account!r}: one stack and one set of roles serve all of them, "
        f"so whoever is in a group of one reaches the others, too"
        for account, names in shared.items()
        if len(names) > 1
    )


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
