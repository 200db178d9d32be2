"""Fulfils every ExternalSecret of a cluster in which the External Secrets Operator runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flowops.rehearsal.kubernetes.api import CONFLICT, MISSING, Api, ApiError
from flowops.rehearsal.operators.external_secrets import manifest
from flowops.rehearsal.operators.external_secrets.errors import Gone, Unfulfilled
from flowops.rehearsal.operators.external_secrets.role import Pod
from flowops.rehearsal.operators.external_secrets.spec import region_in, region_of, values_of
from flowops.rehearsal.operators.external_secrets.vault import Vault
from flowops.rehearsal.operators.look import Look, Name, Thing, everywhere, name_of, path_of

APPLICATION = "external-secrets"
GROUP = f"/apis/{manifest.API_VERSION}"
CORE = "/api/v1"
NOT_READY = 429
"""What an API server answers while it sets up the storage of a new kind."""

SYNCED, ERROR, DELETED = "SecretSynced", "SecretSyncedError", "SecretDeleted"


@dataclass(frozen=True)
class Seen:
    """All that an ExternalSecret's fulfilment depends on: while it is the same, what is fulfilled stays so."""

    changes: int
    pod: str
    external: str
    store: str
    secret: str


class Outdated(Exception):
    """What we looked at is not what is there any more; the next look knows more."""


class ExternalSecrets:
    """Plays the operator in one cluster; `changes` counts what was changed in the emulated AWS.

    What could not be fulfilled is tried again at every look, as the operator does it: a busy API server refuses, too.
    """

    def __init__(self, vault: Vault, changes: Callable[[], int]) -> None:
        self._vault, self._changes = vault, changes
        self._seen: dict[str, Seen] = {}

    def __call__(self, api: Api, look: Look) -> bool:
        """Look after every ExternalSecret; say whether something changed."""
        pod = _operator(look)
        if pod is None:
            self._seen.clear()
            return False
        try:
            externals = everywhere(api, GROUP, "externalsecrets")
            stores = {name_of(it): it for it in everywhere(api, GROUP, "secretstores")}
        except ApiError as refused:
            if refused.status in (MISSING, NOT_READY):  # the CRDs are not there yet, or not any more
                return False
            raise
        self._seen = {uid: self._seen[uid] for uid in _uids(externals) & self._seen.keys()}
        told = [_tell(api, "secretstores", it, _state_of(it)) for it in stores.values() if _stays(it)]
        return any([*told, *[self._tend(api, look, pod, it, stores) for it in externals if _stays(it)]])

    def _tend(self, api: Api, look: Look, pod: Pod, external: Thing, stores: Mapping[Name, Thing]) -> bool:
        there = look.secrets.get((name_of(external)[0], manifest.target_of(external)))
        seen = _seen(self._changes(), pod, external, stores, there)
        uid = external["metadata"]["uid"]
        if self._seen.get(uid) == seen:
            return False
        try:
            changed, condition = self._fulfil(api, pod, external, stores, there)
        except Outdated:
            return True
        told = _tell(api, "externalsecrets", external, condition)
        if condition["status"] == "True" and not changed:  # else `seen` is of the time before the change
            self._seen[uid] = seen
        return changed or told

    def _fulfil(
        self, api: Api, pod: Pod, external: Thing, stores: Mapping[Name, Thing], there: Thing | None
    ) -> tuple[bool, Thing]:
        """Bring the Secret in line; return whether it changed, and what the ExternalSecret's status is to say."""
        try:
            manifest.check_owner(there, external)
            region = region_of(external, stores)
            values = values_of(external, region, lambda reading: self._vault.read(pod, reading))
            return _write(api, external, there, values), _condition("True", SYNCED, "secret synced")
        except Gone as gone:
            if (external["spec"].get("target") or {}).get("deletionPolicy") != "Delete":
                return False, _condition("False", ERROR, str(gone))
            if there is not None:
                api.delete(path_of(CORE, "secrets", name_of(there)))
            return there is not None, _condition("True", DELETED, "secret deleted due to DeletionPolicy")
        except Unfulfilled as refused:
            return False, _condition("False", ERROR, str(refused))


def _operator(look: Look) -> Pod | None:
    """Return the newest running Pod of the operator, or None where it does not run."""
    deployment = look.running(APPLICATION)
    if deployment is None:
        return None
    account = deployment["spec"]["template"]["spec"].get("serviceAccountName") or "default"
    namespace = name_of(deployment)[0]
    pods = [
        it
        for it in look.pods
        if name_of(it)[0] == namespace
        and it["spec"].get("serviceAccountName") == account
        and it.get("status", {}).get("phase") == "Running"
        and not it["metadata"].get("deletionTimestamp")
    ]
    newest = max(pods, key=lambda it: str(it["metadata"]["creationTimestamp"]), default=None)
    if newest is None:
        return None
    metadata = newest["metadata"]
    return Pod(
        namespace, account, metadata["name"], metadata["uid"], datetime.fromisoformat(metadata["creationTimestamp"])
    )


def _seen(changes: int, pod: Pod, external: Thing, stores: Mapping[Name, Thing], there: Thing | None) -> Seen:
    reference = external["spec"].get("secretStoreRef") or {}
    store = stores.get((name_of(external)[0], reference.get("name", "")))
    return Seen(changes, pod.uid, _version(external, "generation"), _version(store, "generation"), _version(there))


def _version(thing: Thing | None, name: str = "resourceVersion") -> str:
    return f"{thing['metadata']['uid']} {thing['metadata'].get(name)}" if thing else ""


def _uids(things: tuple[Thing, ...]) -> set[str]:
    return {it["metadata"]["uid"] for it in things}


def _stays(external: Thing) -> bool:
    return not external["metadata"].get("deletionTimestamp")


def _write(api: Api, external: Thing, there: Thing | None, values: Mapping[str, bytes]) -> bool:
    """Write the Secret where it is another one than it should be; say whether it was. Raises Unfulfilled, Outdated."""
    policy = (external["spec"].get("target") or {}).get("creationPolicy", "Owner")
    if policy not in ("Owner", "Orphan"):
        raise Unfulfilled(f"a rehearsal does not play the creationPolicy {policy}")
    document = manifest.merged(there, manifest.wanted(external, values))
    if document is None:
        return False
    try:
        if there is None:
            api.post(f"{CORE}/namespaces/{name_of(external)[0]}/secrets", document)
        else:
            api.replace(path_of(CORE, "secrets", name_of(there)), document)
    except ApiError as refused:
        if refused.status == CONFLICT:  # mostly by what we wrote ourselves: a look may be older than that
            raise Outdated from None
        # Its status only: what the API server says may quote what it was sent.
        raise Unfulfilled(f"could not write the Secret: the API server answered {refused.status}") from None
    return True


def _condition(status: str, reason: str, message: str) -> Thing:
    return {"type": "Ready", "status": status, "reason": reason, "message": message}


def _state_of(store: Thing) -> Thing:
    """Return what the status of a SecretStore is to say."""
    try:
        region_in(store)
    except Unfulfilled as refused:
        return _condition("False", "InvalidStoreConfiguration", str(refused))
    return _condition("True", "Valid", "store validated")


def _tell(api: Api, plural: str, thing: Thing, condition: Thing) -> bool:
    """Write the status of an ExternalSecret or a store where it says something else; say whether it did."""
    before = (thing.get("status") or {}).get("conditions") or ()
    ready = next((dict(it) for it in before if it["type"] == "Ready"), {})
    since = ready.pop("lastTransitionTime", None)
    if ready == condition:
        return False
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    known = since if since and ready.get("status") == condition["status"] else now
    status: dict[str, Any] = {"conditions": [{**condition, "lastTransitionTime": known}], "refreshTime": now}
    api.merge(f"{path_of(GROUP, plural, name_of(thing))}/status", {"status": status})
    return True
