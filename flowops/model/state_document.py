"""Terraform's state file, read as far as recovery needs it. Pure.

Format: version 4, as terraform writes it since 0.12.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

STATE_VERSION = 4


class Unreadable(ValueError):
    """These bytes are no state that can be relied on; the text says why, as the rest of a sentence."""


@dataclass(frozen=True)
class Instance:
    """One managed resource instance of a state; `id` is what the provider calls its id, "" where it has none."""

    address: str
    type: str
    id: str
    tainted: bool = False


@dataclass(frozen=True)
class StateDocument:
    """One state; `contents` is the hash of its resources and outputs, however the file is laid out."""

    serial: int
    lineage: str
    terraform: str
    instances: tuple[Instance, ...]
    contents: str

    @property
    def resources(self) -> int:
        """Return how many managed resource instances it has."""
        return len(self.instances)

    @property
    def tainted(self) -> tuple[Instance, ...]:
        """Return the instances that the next apply would replace."""
        return tuple(it for it in self.instances if it.tainted)

    def knows(self, type_: str, id_: str) -> bool:
        """Say whether some instance is the resource of that type and id, whatever its address."""
        return any(it.type == type_ and it.id == id_ for it in self.instances)


def read_document(raw: bytes) -> StateDocument:
    """Return the state that these bytes are; Unreadable where they are none, or one of a newer format."""
    if not raw.strip():
        raise Unreadable("is empty, and terraform would take it for a unit that was never applied")
    try:
        return _document(json.loads(raw))
    except Unreadable:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("is cut off or no state at all") from error


def _document(loaded: Mapping[str, Any]) -> StateDocument:
    version = loaded["version"]
    if isinstance(version, int) and version > STATE_VERSION:
        writer = loaded.get("terraform_version", "a newer one")
        raise Unreadable(f"has format {version}, written by terraform {writer!r}, which this terraform cannot read")
    if version != STATE_VERSION:
        raise Unreadable(f"has format {version!r}, which terraform no longer writes")
    contents = json.dumps([loaded.get("resources", []), loaded.get("outputs", {})], sort_keys=True)
    return StateDocument(
        serial=int(loaded["serial"]),
        lineage=str(loaded["lineage"]),
        terraform=str(loaded.get("terraform_version", "")),
        instances=tuple(_instances(loaded.get("resources", []))),
        contents=sha256(contents.encode()).hexdigest(),
    )


def _instances(resources: list[Mapping[str, Any]]) -> Iterator[Instance]:
    for it in resources:
        if it["mode"] != "managed":
            continue
        module = f"{it['module']}." if it.get("module") else ""
        for instance in it["instances"]:
            deposed = f" (deposed object {instance['deposed']})" if instance.get("deposed") else ""
            address = f"{module}{it['type']}.{it['name']}{_index(instance)}{deposed}"
            attributes = instance.get("attributes") or {}
            tainted = instance.get("status") == "tainted"
            yield Instance(address, str(it["type"]), str(attributes.get("id") or ""), tainted)


def _index(instance: Mapping[str, Any]) -> str:
    key = instance.get("index_key")
    if key is None:
        return ""
    return f"[{quoted(key)}]" if isinstance(key, str) else f"[{key}]"


def quoted(text: str) -> str:
    """Return `text` as a string of HCL that means exactly it."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
