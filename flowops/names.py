"""The names in a project that a shell completes: read without AWS and without the schema, and never with an error.

It stands beside flowops.app, which is ready for any command and so takes longer to load than a key press may take.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from flowops.adapters import text_file, yaml_file
from flowops.errors import FlowopsError
from flowops.model.deployment import UNIT_FILE

CONFIG_NAME = "flowops.yaml"
MANAGEMENT_ROLE = "OrganizationAccountAccessRole"
"""What flowops.yaml need not say."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+/-]*")
"""What can stand on a command line as it is. Whatever else a file holds is no name, and no shell should see it."""


def tools() -> tuple[str, ...]:
    """Return the name of each tool that `toolchain` knows."""
    from flowops.model.toolchain import kubernetes_tools

    ours = ("terraform", "terragrunt", "hashicorp/aws", "hashicorp/helm", "aws")
    return (*ours, *(it.name for it in kubernetes_tools()))


@dataclass(frozen=True)
class Names:
    """The names in the project at or above `start`; what is missing, broken or unreadable has none."""

    start: Path

    def environments(self, account: str | None = None) -> tuple[str, ...]:
        """Return the environments in the order of flowops.yaml, only those of an account where one is named."""
        known = _mapping(self._config.get("environments"))
        return _names(it for it in known if account in (None, _mapping(known[it]).get("account")))

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts in the order of flowops.yaml."""
        return _names(_mapping(self._config.get("accounts")))

    def environment_accounts(self) -> tuple[str, ...]:
        """Return the accounts that hold environments, in the order of flowops.yaml."""
        return tuple(it for it in self.accounts() if self.environments(it))

    def management_roles(self) -> tuple[str, ...]:
        """Return the role by which the management profile enters accounts."""
        return _names([_mapping(self._config.get("management")).get("role", MANAGEMENT_ROLE)])

    def profiles(self, user: str = "") -> tuple[str, ...]:
        """Return the profiles that are written for this project, those of environments for an operator's profile."""
        operator = user or _mapping(self._config.get("operator")).get("profile")
        accounts = _mapping(self._config.get("accounts"))
        found = [_mapping(self._config.get("management")).get("profile")]
        found += [_mapping(it).get("profile") for it in accounts.values()]
        found += [f"{operator}-{it}" for it in self.environments()] if isinstance(operator, str) else []
        return tuple(dict.fromkeys(_names(found)))

    def layers(self) -> tuple[str, ...]:
        """Return the layers in the order of flowops.yaml."""
        layers = self._config.get("layers")
        return _names(layers if isinstance(layers, list) else ())

    def units(self, environment: str, layer: str | None = None) -> tuple[str, ...]:
        """Return the units of a layer, or `LAYER/UNIT` of each layer of an environment."""
        if layer is not None:
            return tuple(sorted(self._below(environment, layer)))
        return tuple(f"{it}/{unit}" for it in self.layers() for unit in sorted(self._below(environment, it)))

    def unit_ids(self) -> tuple[str, ...]:
        """Return `ENV/LAYER/UNIT` of every unit."""
        return tuple(f"{it}/{unit}" for it in self.environments() for unit in self.units(it))

    def runs(self) -> tuple[str, ...]:
        """Return `last` and the id of each recorded run, newest first; nothing where nothing ran."""
        return self._recorded("runs", "")

    def drift_results(self) -> tuple[str, ...]:
        """Return `last` and the id of each drift check whose result is kept; nothing where there is none."""
        return self._recorded("drift", ".json")

    def _recorded(self, folder: str, ending: str) -> tuple[str, ...]:
        """Return what stands in a folder of records: ids begin with a time, so the newest have the highest names."""
        root = self._project / ".flowops" / folder if self._project else None
        try:
            kept = [it for it in os.scandir(root) if it.is_dir() is not bool(ending)] if root else []
        except OSError:
            return ()
        found = [it.name.removesuffix(ending) for it in kept if it.name.endswith(ending)]
        return ("last", *_names(sorted(found, reverse=True))) if found else ()

    @cached_property
    def _project(self) -> Path | None:
        folders = (self.start, *self.start.parents)
        return next((it for it in folders if os.path.lexists(it / CONFIG_NAME)), None)

    @cached_property
    def _config(self) -> Mapping[str, Any]:
        if self._project is None:
            return {}
        path = self._project / CONFIG_NAME
        try:
            return _mapping(yaml_file.parse(path, text_file.read(path))[0])
        except (FlowopsError, OSError):
            return {}

    def _below(self, environment: str, layer: str) -> Iterable[str]:
        path = _mapping(_mapping(self._config.get("environments")).get(environment)).get("path")
        if self._project is None or not isinstance(path, str) or not _NAME.fullmatch(path) or ".." in path.split("/"):
            return ()
        return _names(_unit_folders(self._project / "deployments" / path / layer))


def _unit_folders(layer: Path) -> Iterable[str]:
    """Return the names of the folders directly below a layer that hold a unit; as for the commands, a link is none."""
    try:
        folders = [it for it in os.scandir(layer) if it.is_dir(follow_symlinks=False)]
    except OSError:
        return ()
    return [it.name for it in folders if os.path.isfile(os.path.join(it.path, UNIT_FILE))]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(it for it in values if isinstance(it, str) and _NAME.fullmatch(it))
