"""Reloader's part: a changed Secret restarts the Deployments that refer to it.

https://github.com/stakater/Reloader#readme
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowops.rehearsal.kubernetes.api import MISSING, Api, ApiError
from flowops.rehearsal.operators.look import Look, Name, Thing, name_of, path_of
from flowops.rehearsal.operators.references import Reference, Use, references

APPLICATION = "reloader"
APPS = "/apis/apps/v1"
PREFIX = "reloader.stakater.com"


@dataclass(frozen=True)
class Settings:
    """How Reloader was installed, as its Deployment tells; without a `namespace` it looks at all of them."""

    everything: bool = False
    on_create: bool = False
    annotates: bool = False
    namespace: str = ""

    @classmethod
    def of(cls, deployment: Thing) -> Settings:
        """Read the arguments and the environment of Reloader's own Deployment."""
        (container, *_) = deployment["spec"]["template"]["spec"]["containers"]
        given = set(container.get("args") or ())
        environment = {it["name"]: it.get("value", "") for it in container.get("env") or ()}
        return cls(
            everything="--auto-reload-all=true" in given,
            on_create="--reload-on-create=true" in given,
            annotates="--reload-strategy=annotations" in given,
            namespace=environment.get("KUBERNETES_NAMESPACE", ""),
        )


class Reloader:
    """Plays it in one cluster; what a Secret held before is known as long as this lives."""

    def __init__(self) -> None:
        self._known: dict[Name, str] | None = None

    def __call__(self, api: Api, look: Look) -> bool:
        """Restart what refers to a changed Secret; say whether there was something."""
        own = look.running(APPLICATION)
        if own is None:
            self._known = None
            return False
        now = {name: digest_of(secret) for name, secret in look.secrets.items()}
        if self._known is None:
            self._known = now
            return False
        settings, known = Settings.of(own), self._known
        for name in known.keys() - now.keys():
            del known[name]
        restarted = False
        for name, digest in now.items():
            if known.get(name, "" if settings.on_create else digest) != digest:
                restarted |= _restart(api, look, settings, name, digest)
            known[name] = digest
        return restarted


def digest_of(secret: Thing) -> str:
    """Return what changes when what a Secret holds does."""
    return hashlib.sha256(json.dumps(secret.get("data") or {}, sort_keys=True).encode()).hexdigest()


def wants(deployment: Thing, secret: Thing, settings: Settings) -> Reference | None:
    """Return where a Deployment that is to be restarted with a Secret refers to it, or None."""
    if settings.namespace not in ("", name_of(deployment)[0]) or name_of(deployment)[0] != name_of(secret)[0]:
        return None
    if _annotations(secret).get(f"{PREFIX}/ignore") == "true":
        return None
    name = secret["metadata"]["name"]
    spec = deployment["spec"]["template"]["spec"]
    # Who may pull an image is of no concern to what runs already.
    mentioned = next((it for it in references(spec) if it.secret == name and it.use is not Use.PULL), None)
    own = {**_annotations(deployment["spec"]["template"]), **_annotations(deployment)}
    if name in [it.strip() for it in own.get(f"secret.{PREFIX}/reload", "").split(",")]:
        return mentioned or Reference(Use.VOLUME, name)
    chosen = own.get(f"{PREFIX}/auto") or own.get(f"secret.{PREFIX}/auto")
    return mentioned if chosen == "true" or (settings.everything and chosen != "false") else None


def patch_of(deployment: Thing, reference: Reference, digest: str, settings: Settings) -> dict[str, Any]:
    """Return what makes Kubernetes replace the Pods, by a strategic merge."""
    if settings.annotates:
        source = {"type": "SECRET", "name": reference.secret, "namespace": name_of(deployment)[0], "hash": digest}
        annotation = {f"{PREFIX}/last-reloaded-from": json.dumps(source)}
        return {"spec": {"template": {"metadata": {"annotations": annotation}}}}
    names = [it["name"] for it in deployment["spec"]["template"]["spec"]["containers"]]
    container = reference.place if reference.place in names else names[0]
    variable = {"name": f"STAKATER_{re.sub(r'[^A-Z0-9]+', '_', reference.secret.upper())}_SECRET", "value": digest}
    return {"spec": {"template": {"spec": {"containers": [{"name": container, "env": [variable]}]}}}}


def _restart(api: Api, look: Look, settings: Settings, name: Name, digest: str) -> bool:
    restarted = False
    for deployment in look.deployments:
        reference = wants(deployment, look.secrets[name], settings)
        if reference is None:
            continue
        path = path_of(APPS, "deployments", name_of(deployment))
        try:
            api.merge_lists(path, patch_of(deployment, reference, digest, settings))
        except ApiError as refused:
            if refused.status != MISSING:  # deleted since we looked
                raise
        restarted = True
    return restarted


def _annotations(thing: Thing) -> Mapping[str, str]:
    return thing.get("metadata", {}).get("annotations") or {}
