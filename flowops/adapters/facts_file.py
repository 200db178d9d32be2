"""flowops.lock: the facts as JSON, committed with the project; it holds no secret."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters import text_file
from flowops.errors import InvalidConfig, OperationFailed, shown
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts, Organization

VERSION = 1


class LockFile:
    """One flowops.lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Facts | None:
        """Return the facts, None where none were written yet; InvalidConfig names file and line."""
        if not os.path.lexists(self._path):
            return None
        try:
            text = text_file.read(self._path)
        except InvalidConfig as error:
            raise _unusable(error.happened) from error
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise self._invalid(error.lineno, f"is not JSON: {error.msg}") from error
        except ValueError as error:
            raise self._invalid(1, "holds a number that is too long") from error
        except RecursionError as error:
            raise self._invalid(1, "is nested too deeply") from error
        return self._facts(document, text)

    def write(self, facts: Facts) -> bool:
        """Write the facts; False where they already stood there, OperationFailed where they cannot be written."""
        written = (json.dumps(_document(facts), sort_keys=True, indent=2) + "\n").encode()
        with suppress(InvalidConfig):  # whatever is there instead is replaced
            if text_file.content(self._path) == written:
                return False
        try:
            atomic_file.write(self._path, written, mode=atomic_file.shared_mode(self._path))
        except OSError as error:
            raise OperationFailed(
                f"{self._path} cannot be written: {error.strerror}.",
                not_done="What was discovered is not written down.",
                next_step="flowops discover, once it can be",
            ) from error
        return True

    def _facts(self, document: Any, text: str) -> Facts:
        version = document.get("version") if isinstance(document, dict) else None
        if version != VERSION:
            line = next((number for number, it in enumerate(text.splitlines(), 1) if '"version"' in it), 1)
            newer = isinstance(version, int) and version > VERSION
            what = f"is version {version}, written by a newer flowops" if newer else f"has no version {VERSION}"
            raise self._invalid(line, f"{what}; this flowops reads version {VERSION}")
        try:
            return _parsed(document)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._invalid(1, f"has not the form of a flowops.lock: {error}") from error

    def _invalid(self, line: int, text: str) -> InvalidConfig:
        return _unusable(f"{self._path}:{line}: {text}.")


def _unusable(happened: str) -> InvalidConfig:
    # A discover reads the file first: what it knows of accounts that are not entered is kept.
    return InvalidConfig(
        happened,
        not_done="Nothing was started.",
        next_step="restore the file from version control or remove it, then: flowops discover",
    )


def _document(facts: Facts) -> dict[str, Any]:
    return {
        "version": VERSION,
        "organization": {
            "id": facts.organization.id,
            "management_account": facts.organization.management_account,
        },
        "accounts": {
            name: {"id": it.id, "outputs": dict(it.outputs), "external_id": it.external_id}
            for name, it in facts.accounts.items()
        },
        "environments": {name: {"outputs": dict(it.outputs)} for name, it in facts.environments.items()},
    }


def _parsed(document: Mapping[str, Any]) -> Facts:
    organization = document["organization"]
    return Facts(
        Organization(_text(organization["id"]), _text(organization["management_account"])),
        {
            name: AccountFacts(_text(it["id"]), _texts(it["outputs"]), _text(it["external_id"]))
            for name, it in document["accounts"].items()
        },
        {name: EnvironmentFacts(_texts(it["outputs"])) for name, it in document["environments"].items()},
    )


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)} is not text")
    return value
