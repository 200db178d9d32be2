"""Terraform states and locks in the state bucket, read without terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.errors import OperationFailed
from flowops.model.plaintext import printable
from flowops.model.state import Lock, Output, UnitState

LOCK_SUFFIX = ".tflock"
STATE_VERSION = 4
_ABSENT = ("NoSuchKey", "404")


class StateStore:
    """The state bucket, as a role sees it that may read below its own account's id."""

    def __init__(self, session: AwsSession, bucket: str) -> None:
        self._session, self._bucket = session, bucket

    def read(self, key: str) -> UnitState | None:
        """Return the state under a key, None where there is none.

        OperationFailed for an empty or damaged object: terraform would take the empty one for "nothing exists".
        """
        raw = self._object(key)
        if raw is None:
            return None
        try:
            return _state(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = "is empty" if not raw else f"cannot be read ({printable(str(error))})"
            raise OperationFailed(
                f"State s3://{self._bucket}/{key} {what}.",
                not_done="No unit was started: its resources may exist all the same.",
                next_step=f"aws s3api list-object-versions --bucket {self._bucket} --prefix {key}, "
                "then restore the last good version",
            ) from error

    def locks(self, prefix: str) -> tuple[Lock, ...]:
        """Return every lock on a state below `prefix`, by key."""
        keys = sorted(key for key in self._keys(prefix) if key.endswith(LOCK_SUFFIX))
        found = ((key, self._object(key)) for key in keys)
        return tuple(_lock(key, raw) for key, raw in found if raw is not None)

    def _keys(self, prefix: str) -> Iterator[str]:
        for page in self._session.pages("s3", "ListObjectsV2", Bucket=self._bucket, Prefix=prefix):
            yield from (it["Key"] for it in page.get("Contents", []))

    def _object(self, key: str) -> bytes | None:
        try:
            with self._session.explained("s3", f"GetObject of s3://{self._bucket}/{key}"):
                answer = self._session.client("s3").get_object(Bucket=self._bucket, Key=key)
                content: bytes = answer["Body"].read()
        except AwsFailed as error:
            if error.code in _ABSENT:
                return None
            raise
        return content


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
    )


def _lock(key: str, raw: bytes) -> Lock:
    """Return what terraform wrote into a lock; an unreadable one still is a lock, of nobody known."""
    try:
        info = json.loads(raw)
        words = (printable(str(info[name])) for name in ("ID", "Who", "Operation", "Created"))
        return Lock(key, *words)
    except (ValueError, KeyError, TypeError):
        return Lock(key, id="", who="unknown", operation="unknown", created="")
