"""Secrets Manager as a role reaches it: every policy decides, and the call is written down without its answer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.kms.models import kms_backends
from moto.secretsmanager.models import ReplicaSecret, secretsmanager_backends

from flowops.model.authorization import Call as Known
from flowops.model.authorization import History, requests_of
from flowops.model.policy import InvalidPolicy, Policy, Request, evaluate
from flowops.rehearsal.compat.organizations import organization_of
from flowops.rehearsal.compat.sts.callers import Caller
from flowops.rehearsal.operators.external_secrets.errors import Gone, Unfulfilled
from flowops.rehearsal.operators.external_secrets.role import Pod, caller_of
from flowops.rehearsal.recorder import Call

ACTION = "secretsmanager:GetSecretValue"
CURRENT = "AWSCURRENT"


@dataclass(frozen=True)
class Reading:
    """What to read: `key` is a name or an ARN, `version` a stage, or `uuid/` and the id of a version."""

    region: str
    key: str
    version: str = CURRENT


@dataclass(frozen=True)
class Value:
    """The value of one version of a secret, which shows itself to nobody who prints it."""

    version: str
    content: bytes = field(repr=False)


class Vault:
    """Reads secrets for one cluster's Pods; `cluster` returns it as the emulated EKS has it now.

    `alone` keeps everybody else from the emulated AWS meanwhile. A call is written down when it ends otherwise than the
    one before, so that looking again and again fills no file.
    """

    def __init__(
        self,
        cluster: Callable[[], Any | None],
        alone: AbstractContextManager[Any],
        record: Callable[[Call], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cluster, self._alone, self._record, self._now = cluster, alone, record, now
        self._ended: dict[Reading, str] = {}

    def read(self, pod: Pod, reading: Reading) -> bytes:
        """Return a value; raise Unfulfilled, Gone where there is none."""
        with self._alone:
            cluster, now = self._cluster(), self._now()
            if cluster is None:
                raise Unfulfilled("the cluster does not exist any more")
            caller = caller_of(cluster, pod, now)
            try:
                value = _read(caller, reading, now)
            except Unfulfilled as refused:
                self._note(caller, reading, now, str(refused), 400)
                raise
            self._note(caller, reading, now, value.version, 200)
            return value.content

    def _note(self, caller: Caller, reading: Reading, now: datetime, end: str, status: int) -> None:
        if self._ended.get(reading) == end:
            return
        self._ended[reading] = end
        told = {"SecretId": reading.key, **_version_of(reading)}
        record = _record(caller, reading.region, told, now)
        self._record(Call(**record, service="secretsmanager", status=status))


def _version_of(reading: Reading) -> dict[str, str]:
    if reading.version.startswith("uuid/"):
        return {"VersionId": reading.version.removeprefix("uuid/")}
    return {"VersionStage": reading.version or CURRENT}


def _record(caller: Caller, region: str, parameters: Mapping[str, str], now: datetime) -> dict[str, Any]:
    return {
        "time": now.isoformat(timespec="milliseconds"),
        "account": caller.principal.account,
        "region": region,
        "principal": caller.arn,
        "role": caller.principal.arn,
        "action": ACTION,
        "parameters": parameters,
    }


def _read(caller: Caller, reading: Reading, now: datetime) -> Value:
    secret = _find(caller.principal.account, reading)
    if secret is None or secret.is_deleted():
        raise Gone(f"ResourceNotFoundException: Secrets Manager has no secret {reading.key}")
    if isinstance(secret, ReplicaSecret):
        raise Unfulfilled(f"a rehearsal does not play replicas of secrets, such as {reading.key}")
    key = _key_of(secret)
    if key is None and secret.account_id != caller.principal.account:
        raise Unfulfilled(f"AccessDeniedException: {secret.name} has no key of its own, and is of another account")
    record = _record(caller, secret.region, {"SecretId": secret.arn, **_version_of(reading)}, now)
    for request in requests_of(record, _history_of(secret, key), organization=organization_of(secret.account_id)[0]):
        _check(caller, request, secret, key, now)
    return _value(secret, _version_of(reading))


def _find(account: str, reading: Reading) -> Any | None:
    """Return the secret; an ARN may name one of another account."""
    parts = reading.key.split(":")
    region, owner = (
        (parts[3], parts[4]) if reading.key.startswith("arn:") and len(parts) > 6 else (reading.region, account)
    )
    # Not by index: the registries make a backend for whatever they are asked for.
    regions = dict.get(secretsmanager_backends, owner)
    backend = dict.get(regions, region) if regions is not None else None
    return backend.secrets.get(reading.key) if backend is not None else None


def _key_of(secret: Any) -> Any | None:
    """Return the customer's key of a secret, None for the one that AWS manages; one that is gone decrypts nothing."""
    wanted = secret.kms_key_id
    if not wanted or wanted.endswith("alias/aws/secretsmanager"):
        return None
    account = wanted.split(":")[4] if wanted.startswith("arn:") else secret.account_id
    keys = kms_backends[account][secret.region]
    key = keys.keys.get(keys.any_id_to_key_id(wanted))
    if key is None or not key.enabled:
        raise Unfulfilled(f"the key {wanted} of the secret {secret.name} does not exist or is not enabled")
    return key


def _history_of(secret: Any, key: Any | None) -> History:
    """Return what the authorization tables have to know of a secret: its key."""
    history = History()
    if key is not None:
        told = {"Name": secret.name, "KmsKeyId": key.arn}
        made = Known("secretsmanager", "CreateSecret", secret.account_id, secret.region, "", parameters=told)
        history.learn(made)
    return history


def _check(caller: Caller, request: Request, secret: Any, key: Any | None, now: datetime) -> None:
    """Raise Unfulfilled unless all policies together allow a request; the text says which of them does not."""
    of_key = request.action.startswith("kms:")
    facts = dict(_facts_of_key(secret) if of_key else _facts_of_secret(secret))
    asked = Request(
        request.principal, request.action, request.resource, {**request.context, **caller.context(now), **facts}
    )
    try:
        decision = evaluate(
            asked,
            identity=caller.identity(),
            boundary=caller.boundary(),
            resource=_policy_of_key(key) if of_key else _policy_of_secret(secret),
            resource_account=key.account_id if of_key and key is not None else secret.account_id,
        )
    except InvalidPolicy as wrong:
        raise Unfulfilled(wrong.happened) from wrong
    if not decision.allowed:
        raise Unfulfilled(
            f"AccessDeniedException: User: {caller.arn} is not authorized to perform: {request.action} "
            f"on resource: {request.resource} ({decision.reason})"
        )


def _policy_of_secret(secret: Any) -> Policy | None:
    text = getattr(secret, "policy", None)
    return Policy.from_document(f"resource policy of {secret.arn}", text) if text else None


def _policy_of_key(key: Any) -> Policy:
    return Policy.from_document(f"key policy of {key.arn}", key.policy)


def _facts_of_secret(secret: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "secretsmanager:secretid", (secret.arn,)
    for tag in getattr(secret, "tags", None) or ():
        for service in ("aws", "secretsmanager"):
            yield f"{service}:resourcetag/{tag['Key'].lower()}", (tag["Value"],)


def _facts_of_key(secret: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the encryption context of a secret: Secrets Manager User Guide, "Secret encryption and decryption"."""
    yield "kms:encryptioncontext:secretarn", (secret.arn,)
    yield "kms:encryptioncontext:secretversionid", (str(secret.default_version_id),)


def _value(secret: Any, wanted: Mapping[str, str]) -> Value:
    version_id, version = _version(secret, wanted)
    text, binary = version.get("secret_string"), version.get("secret_binary")
    if text is None and binary is None:
        raise Gone(f"ResourceNotFoundException: the secret {secret.name} has no value for {' '.join(wanted.values())}")
    return Value(version_id, text.encode() if text is not None else _unpacked(binary))


def _version(secret: Any, wanted: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
    stage, version_id = wanted.get("VersionStage"), wanted.get("VersionId")
    for known, version in secret.versions.items():
        if known == version_id or stage in version["version_stages"]:
            return known, version
    return "", {}


def _unpacked(binary: Any) -> bytes:
    """Return bytes that moto keeps as they came, in base64."""
    try:
        return base64.b64decode(binary, validate=True)
    except (binascii.Error, ValueError):
        return binary if isinstance(binary, bytes) else str(binary).encode()
