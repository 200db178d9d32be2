"""An API server that is a dictionary."""

from __future__ import annotations

import copy
from typing import Any

from flowops.rehearsal.kubernetes.api import CONFLICT, MISSING, ApiError

PLURALS = {"ExternalSecret": "externalsecrets", "SecretStore": "secretstores", "Secret": "secrets"}
CORE, EXTERNAL = "/api/v1", "/apis/external-secrets.io/v1"


class FakeApi:
    """Holds objects by path; `changes` are the methods and paths of all that changed something.

    `refusals` are what it answers instead, by method.
    """

    def __init__(self, *things: dict[str, Any]) -> None:
        self.things: dict[str, dict[str, Any]] = {}
        self.changes: list[str] = []
        self.refusals: dict[str, ApiError] = {}
        self._version = 0
        for thing in things:
            self._put(_path(thing), thing)

    def get(self, path: str) -> Any:
        self._answer("GET")
        group, _, plural = path.partition("?")[0].rpartition("/")
        found = [
            it
            for at, it in self.things.items()
            if at.startswith(f"{group}/namespaces/") and at.split("/")[-2] == plural
        ]
        return {"items": copy.deepcopy(found)}

    def post(self, path: str, document: dict[str, Any]) -> None:
        at = f"{path}/{document['metadata']['name']}"
        if at in self.things:
            raise ApiError(CONFLICT, "there")
        self._change("POST", at, document)

    def replace(self, path: str, document: dict[str, Any]) -> None:
        self._change("PUT", path, document)

    def merge(self, path: str, document: dict[str, Any]) -> None:
        at = path.removesuffix("/status")
        self._change("PATCH", at, {**self._at(at), **document})

    def delete(self, path: str) -> None:
        self._at(path)
        self.changes.append(f"DELETE {path}")
        del self.things[path]

    def _at(self, path: str) -> dict[str, Any]:
        if path not in self.things:
            raise ApiError(MISSING, "nothing")
        return self.things[path]

    def _answer(self, method: str) -> None:
        if method in self.refusals:
            raise self.refusals[method]

    def _change(self, method: str, path: str, thing: dict[str, Any]) -> None:
        self._answer(method)
        self.changes.append(f"{method} {path}")
        self._put(path, thing)

    def _put(self, path: str, thing: dict[str, Any]) -> None:
        self._version += 1
        metadata = {"uid": path, "generation": 1, **thing["metadata"], "resourceVersion": str(self._version)}
        self.things[path] = copy.deepcopy({**thing, "metadata": metadata})


def _path(thing: dict[str, Any]) -> str:
    group = CORE if thing["kind"] == "Secret" else EXTERNAL
    return f"{group}/namespaces/{thing['metadata']['namespace']}/{PLURALS[thing['kind']]}/{thing['metadata']['name']}"
