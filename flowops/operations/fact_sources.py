"""Where the names that templates use come from: lines of flowops.yaml, outputs of stacks, what discovery found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flowops.model.config import SECURITY, Config
from flowops.model.facts import Facts
from flowops.model.provenance.chain import Fact, Kind, Known, Step
from flowops.model.settings import Lines
from flowops.model.stacks import access_stack_name, stack_names
from flowops.operations.render import Place, place_of

CONFIG_FILE, LOCK_FILE = "flowops.yaml", "flowops.lock"
_OF_THE_PROJECT = ("project", "region", "operator", "management", "flowable")


@dataclass(frozen=True)
class Written:
    """The project's two files of values: what each says, and the line of everything in it; no facts without a lock."""

    config: Config
    config_lines: Lines
    facts: Facts | None
    fact_lines: Lines


class FactSources:
    """The sources of one project's facts; templates stand below `deployments`."""

    def __init__(self, written: Written, deployments: PurePosixPath) -> None:
        self._config, self._lines = written.config, written.config_lines
        self._facts, self._fact_lines = written.facts, written.fact_lines
        self._deployments = deployments

    def fact(self, template: PurePosixPath, name: tuple[str, ...]) -> Fact | None:
        """Return the source of `name` in the template of the file at this path, None where no template may use it."""
        if not template.is_relative_to(self._deployments):
            return None
        place = place_of(self._config, template.relative_to(self._deployments))
        account = place.accounts[0] if len(place.accounts) == 1 else ""
        match name:
            case ("organization", "id"):
                return self._discovered(("organization", "id"), "id of the organization")
            case ("management", "id"):
                return self._discovered(("organization", "management_account"), "id of the management account")
            case ("security" | "account", *rest):
                holder = SECURITY if name[0] == "security" else account
                return self._of_account(holder, tuple(rest)) if holder else None
            case ("access", "outputs", output) if place.environment:
                where = ("environments", place.environment, "outputs", output)
                return self._output(where, access_stack_name(place.environment), SECURITY)
            case ("environment", *rest) if place.environment:
                return self._of_environment(place, tuple(rest))
            case ("layer",) if place.layer:
                step = Step(Kind.PATH, str(template.parent.name), 0, place.layer, "the layer's folder says this")
                return Fact(Known(place.layer), step)
            case (first, *_) if first in _OF_THE_PROJECT:
                return self._configured(name)
            case _:
                return None

    def _of_account(self, account: str, rest: tuple[str, ...]) -> Fact | None:
        match rest:
            case ("outputs", output):
                stack = stack_names(self._config, account)[0]
                return self._output(("accounts", account, "outputs", output), stack, account)
            case ("id",) if self._config.accounts[account].id is None:
                return self._discovered(("accounts", account, "id"), f"id of account {account}")
            case ("id" | "profile",):
                return self._configured(("accounts", account, *rest))
            case ("name",):
                return self._configured(("accounts", account), Known(account))
            case _:
                return None

    def _of_environment(self, place: Place, rest: tuple[str, ...]) -> Fact | None:
        match rest:
            case ("name",):
                return self._configured(("environments", place.environment), Known(place.environment))
            case ("protected" | "path",):
                return self._configured(("environments", place.environment, *rest))
            case _:
                return None

    def _configured(self, where: Sequence[str], value: Known | None = None) -> Fact | None:
        """Return a value of flowops.yaml with its line, or that it is the default there."""
        held: Any = self._config.model_dump(mode="json")
        for key in where:
            if not isinstance(held, dict) or key not in held:
                return None
            held = held[key]
        line = self._lines.get(tuple(where), 0)
        note = "change it in this line, then flowops render" if line else "default: flowops.yaml does not set it"
        known = value or Known(held)
        return Fact(known, Step(Kind.CONFIG, CONFIG_FILE, line, _code(where, known), note))

    def _output(self, where: tuple[str, ...], stack: str, account: str) -> Fact:
        return self._discovered(where, f"output {where[-1]} of stack {stack} in account {account}")

    def _discovered(self, where: tuple[str, ...], what: str) -> Fact:
        """Return a fact of flowops.lock with its line, or that it is not there yet."""
        kind = Kind.STACK_OUTPUT if "outputs" in where else Kind.DISCOVERED
        value = self._held(where)
        note = f"{what}, discovered" if value else f"{what}, not discovered yet; next: flowops discover"
        line = self._fact_lines.get(where, 0) if value else 0
        return Fact(value, Step(kind, LOCK_FILE, line, _code(where, value), note))

    def _held(self, where: tuple[str, ...]) -> Known | None:
        held: Any = self._facts
        for key in where:
            held = held.get(key) if isinstance(held, dict) else getattr(held, key, None)
        return None if held is None else Known(held)


def _code(where: Sequence[str], value: Known | None) -> str:
    name = ".".join(where)
    return f"{name} = {json.dumps(value.value, ensure_ascii=False)}" if value else name
