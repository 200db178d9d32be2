"""The Secret that an ExternalSecret asks for, and whether the one that is there is it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from flowops.rehearsal.operators.external_secrets.errors import Unfulfilled
from flowops.rehearsal.operators.external_secrets.templates import rendered
from flowops.rehearsal.operators.look import Thing

API_VERSION = "external-secrets.io/v1"
KIND = "ExternalSecret"
MANAGED = {"reconcile.external-secrets.io/managed": "true"}


def target_of(external: Thing) -> str:
    """Return the name of the Secret."""
    return str((external["spec"].get("target") or {}).get("name") or external["metadata"]["name"])


def wanted(external: Thing, values: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the Secret that the values make; raises Unfulfilled."""
    target = external["spec"].get("target") or {}
    template = target.get("template") or {}
    metadata = template.get("metadata") or {}
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": template.get("type") or "Opaque",
        "metadata": {
            "name": target_of(external),
            "namespace": external["metadata"]["namespace"],
            "labels": {**(metadata.get("labels") or {}), **MANAGED},
            "annotations": dict(metadata.get("annotations") or {}),
        },
        "data": {key: base64.b64encode(value).decode() for key, value in sorted(_data(template, values).items())},
    }
    if target.get("creationPolicy", "Owner") == "Owner":
        made["metadata"]["ownerReferences"] = [_owner(external)]
    return made


def merged(there: Thing | None, made: Thing) -> dict[str, Any] | None:
    """Return what to write so that the Secret is what it is to be; None where it is. What others gave it stays."""
    if there is None:
        return dict(made)
    before = there["metadata"]
    metadata = {
        **made["metadata"],
        "resourceVersion": before["resourceVersion"],
        "labels": {**(before.get("labels") or {}), **made["metadata"]["labels"]},
        "annotations": {**(before.get("annotations") or {}), **made["metadata"]["annotations"]},
    }
    same = (
        there.get("type") == made["type"]
        and (there.get("data") or {}) == made["data"]
        and (before.get("labels") or {}) == metadata["labels"]
        and (before.get("annotations") or {}) == metadata["annotations"]
        and _owners(before) == _owners(metadata)
    )
    return None if same else {**made, "metadata": metadata}


def check_owner(there: Thing | None, external: Thing) -> None:
    """Raise Unfulfilled where the Secret belongs to another ExternalSecret."""
    own = external["metadata"]["uid"]
    for owner in (there or {"metadata": {}})["metadata"].get("ownerReferences", ()):
        if owner["kind"] == KIND and owner["uid"] != own:
            raise Unfulfilled(f"the Secret {target_of(external)} belongs to the ExternalSecret {owner['name']}")


def _data(template: Thing, values: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return what the template makes of the values, or the values where it says nothing of them."""
    forms = template.get("data") or {}
    if unknown := {"templateFrom"} & template.keys():
        raise Unfulfilled(f"a rehearsal does not know {unknown.pop()} of a template")
    if not forms:
        return values
    texts = {key: value.decode(errors="surrogateescape") for key, value in values.items()}
    made = {key: rendered(form, texts).encode(errors="surrogateescape") for key, form in forms.items()}
    return {**values, **made} if template.get("mergePolicy") == "Merge" else made


def _owner(external: Thing) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": external["metadata"]["name"],
        "uid": external["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _owners(metadata: Thing) -> list[str]:
    return [it["uid"] for it in metadata.get("ownerReferences", ())]
