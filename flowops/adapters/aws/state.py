"""Terraform states and locks in the state bucket, read without terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.state_history import StateHistory
from flowops.errors import DamagedState
from flowops.model.deployment import Unit
from flowops.model.evidence import recover_command
from flowops.model.plaintext import printable
from flowops.model.state import LOCK_SUFFIX, Lock, Output, UnitState
from flowops.model.state_document import STATE_VERSION

_ABSENT = ("NoSuchKey", "404")
_MOVED = (*_ABSENT, "PreconditionFailed", "412", "ConditionalRequestConflict", "409")


class StateStore:
    """The state bucket, as a role sees it that may read below its own account's id."""

    def __init__(self, session: AwsSession, bucket: str) -> None:
        self._session, self._bucket = session, bucket

    def read(self, key: str, unit: Unit) -> UnitState | None:
        """Return the state of a unit, which lies under this key, None where there is none.

        DamagedState for an empty or damaged object: terraform would take the empty one for "nothing exists".
        """
        seen = StateHistory(self._session, self._bucket).look(key)
        if seen.raw is None:
            return None
        raw = seen.raw
        try:
            return replace(unit_state(raw), accepted=seen.accepted)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = "is empty" if not raw else f"cannot be read ({printable(str(error))})"
            raise DamagedState(
                f"State s3://{self._bucket}/{key} {what}.",
                not_done="No unit was started: its resources may exist all the same.",
                next_step=f"{recover_command(unit, '--list')}, and --version of the last good one",
            ) from error

    def locks(self, prefix: str) -> tuple[Lock, ...]:
        """Return every lock on a state below `prefix`, by key."""
        keys = sorted(key for key in self._keys(prefix) if key.endswith(LOCK_SUFFIX))
        found = ((key, *self._object(key)) for key in keys)
        return tuple(_lock(key, raw, etag) for key, raw, etag in found if raw is not None)

    def unlock(self, lock: Lock) -> bool:
        """Delete a lock if its object still holds what was seen, and say whether it did."""
        try:
            self._session.call("s3", "DeleteObject", Bucket=self._bucket, Key=lock.key, IfMatch=lock.etag)
        except AwsFailed as error:
            if error.code in _MOVED:
                return False
            raise
        return True

    def _keys(self, prefix: str) -> Iterator[str]:
        for page in self._session.pages("s3", "ListObjectsV2", Bucket=self._bucket, Prefix=prefix):
            yield from (it["Key"] for it in page.get("Contents", []))

    def _object(self, key: str) -> tuple[bytes | None, str]:
        return object_in(self._session, self._bucket, key)


def object_in(session: AwsSession, bucket: str, key: str) -> tuple[bytes | None, str]:
    """Return what lies under a key and its etag, None and "" where nothing does."""
    try:
        with session.explained("s3", f"GetObject of s3://{bucket}/{key}"):
            answer = session.client("s3").get_object(Bucket=bucket, Key=key)
            return answer["Body"].read(), str(answer["ETag"])
    except AwsFailed as error:
        if error.code in _ABSENT:
            return None, ""
        raise


def unit_state(raw: bytes) -> UnitState:
    """Return the state that these bytes are; ValueError, KeyError, TypeError or AttributeError where they are none."""
    return replace(_state(json.loads(raw)), sha256=sha256(raw).hexdigest())


def _state(document: Mapping[str, Any]) -> UnitState:
    if document["version"] != STATE_VERSION:
        raise ValueError(f"version {document['version']}, but this flowops reads version {STATE_VERSION}")
    managed = [it for it in document.get("resources", []) if it["mode"] == "managed"]
    return UnitState(
        serial=int(document["serial"]),
        lineage=str(document["lineage"]),
        resources=sum(len(it["instances"]) for it in managed),
        outputs={
            name: Output(it["value"], bool(it.get("sensitive"))) for name, it in document.get("outputs", {}).items()
        },
        types=frozenset(str(it["type"]) for it in document.get("resources", [])),
        terraform=str(document.get("terraform_version", "")),
        values=tuple((str(it["type"]), one.get("attributes") or {}) for it in managed for one in it["instances"]),
    )


def _lock(key: str, raw: bytes, etag: str) -> Lock:
    """Return what terraform wrote into a lock; an unreadable one still is a lock, of nobody known."""
    try:
        info = json.loads(raw)
        id_, who, operation, created = (printable(str(info[name])) for name in ("ID", "Who", "Operation", "Created"))
        return Lock(key, id_, who, operation, created, etag)
    except (ValueError, KeyError, TypeError):
        return Lock(key, id="", who="unknown", operation="unknown", created="", etag=etag)
