"""An API server that is a dictionary."""

from __future__ import annotations

import copy
from typing import Any

from flowops.rehearsal.kubernetes.api import CONFLICT, MISSING, ApiError

PLURALS = {"ExternalSecret": "externalsecrets", "SecretStore": "secretstores", "Secret": "secrets", "Pod": "pods"}
CORE, EXTERNAL = "/api/v1", "/apis/external-secrets.io/v1"


class FakeApi:
    """Holds objects by path; `changes` are the methods and paths of all that changed something.

    `refusals` are what it answers instead, by method, or by method and path.
    """

    def __init__(self, *things: dict[str, Any]) -> None:
        self.things: dict[str, dict[str, Any]] = {}
        self.changes: list[str] = []
        self.refusals: dict[str, ApiError] = {}
        self._version = 0
        for thing in things:
            self._put(_path(thing), thing)

    def get(self, path: str) -> Any:
        self._answer("GET", path)
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

    def create(self, path: str, document: dict[str, Any]) -> None:
        self.post(path, document)

    def replace(self, path: str, document: dict[str, Any]) -> None:
        self._change("PUT", path, document)

    def merge(self, path: str, document: dict[str, Any]) -> None:
        at = path.removesuffix("/status")
        before = self._at(at)
        if document.get("metadata", {}).get("resourceVersion") not in (None, before["metadata"]["resourceVersion"]):
            raise ApiError(CONFLICT, "the object has been modified")
        self._change("PATCH", at, _merged(before, document))

    def delete(self, path: str) -> None:
        self._at(path)
        self.changes.append(f"DELETE {path}")
        del self.things[path]

    def _at(self, path: str) -> dict[str, Any]:
        if path not in self.things:
            raise ApiError(MISSING, "nothing")
        return self.things[path]

    def _answer(self, method: str, path: str) -> None:
        for asked in (method, f"{method} {path}"):
            if asked in self.refusals:
                raise self.refusals[asked]

    def _change(self, method: str, path: str, thing: dict[str, Any]) -> None:
        self._answer(method, path)
        self.changes.append(f"{method} {path}")
        self._put(path, thing)

    def _put(self, path: str, thing: dict[str, Any]) -> None:
        self._version += 1
        metadata = {"uid": path, "generation": 1, **thing["metadata"], "resourceVersion": str(self._version)}
        self.things[path] = copy.deepcopy({**thing, "metadata": metadata})


def _merged(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return what a merge patch makes of a document."""
    inner = {key: _merged(before.get(key, {}), it) for key, it in patch.items() if isinstance(it, dict)}
    return {**before, **patch, **inner}


def _path(thing: dict[str, Any]) -> str:
    group = CORE if thing["kind"] in ("Secret", "Pod") else EXTERNAL
    return f"{group}/namespaces/{thing['metadata']['namespace']}/{PLURALS[thing['kind']]}/{thing['metadata']['name']}"
