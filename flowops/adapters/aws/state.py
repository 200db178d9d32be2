"""Terraform states and locks in the state bucket, read without terraform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.objects import OVERTAKEN, object_in
from flowops.adapters.aws.state_history import StateHistory
from flowops.errors import DamagedState
from flowops.model.deployment import Unit
from flowops.model.evidence import recover_command
from flowops.model.plaintext import printable
from flowops.model.state import LOCK_SUFFIX, Lock, Output, UnitState
from flowops.model.state_document import STATE_VERSION


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
        listed = self._session.each("s3", "ListObjectsV2", "Contents", Bucket=self._bucket, Prefix=prefix)
        keys = sorted(it["Key"] for it in listed if it["Key"].endswith(LOCK_SUFFIX))
        found = ((key, *object_in(self._session, self._bucket, key)) for key in keys)
        return tuple(_lock(key, raw, etag) for key, raw, etag in found if raw is not None)

    def unlock(self, lock: Lock) -> bool:
        """Delete a lock if its object still holds what was seen, and say whether it did."""
        try:
            self._session.call("s3", "DeleteObject", Bucket=self._bucket, Key=lock.key, IfMatch=lock.etag)
        except AwsFailed as error:
            if error.code in OVERTAKEN:
                return False
            raise
        return True


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
