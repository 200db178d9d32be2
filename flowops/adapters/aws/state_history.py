"""Every version of a unit's state that the bucket keeps, and the way back to one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.objects import ABSENT, OVERTAKEN
from flowops.errors import LockHeld
from flowops.model.state import LOCK_SUFFIX
from flowops.model.state_health import Seen, StateVersion

ACCEPTED = "flowops-accepted"
"""Metadata of a state object that an operator chose: the version it is a copy of."""

_NO_VERSION = (*ABSENT, "NoSuchVersion", "MethodNotAllowed", "405", "InvalidArgument", "400")


class StateHistory:
    """The state bucket with its versions, as a role sees it that may read below its own account's id."""

    def __init__(self, session: AwsSession, bucket: str) -> None:
        self._session, self._bucket = session, bucket

    def look(self, key: str) -> Seen:
        """Return what stands under a key now."""
        try:
            with self._session.explained("s3", f"GetObject of s3://{self._bucket}/{key}"):
                answer = self._session.client("s3").get_object(Bucket=self._bucket, Key=key)
                accepted = bool(answer["Metadata"].get(ACCEPTED))
                return Seen(answer["Body"].read(), answer.get("VersionId", ""), accepted)
        except AwsFailed as error:
            if error.code in ABSENT:
                return Seen(None)
            raise

    def versions(self, key: str) -> tuple[StateVersion, ...]:
        """Return every version under a key, marks of a deletion among them, newest first."""
        found = []
        for page in self._session.pages("s3", "ListObjectVersions", Bucket=self._bucket, Prefix=key):
            for kind, gone in (("Versions", False), ("DeleteMarkers", True)):
                found += [
                    StateVersion(it["VersionId"], it["LastModified"], it.get("Size", 0), it["IsLatest"], gone)
                    for it in page.get(kind, [])
                    if it["Key"] == key
                ]
        # The sort is stable: S3 lists the newest first, and two may bear the same second.
        return tuple(sorted(found, key=lambda it: (it.current, it.when), reverse=True))

    def content(self, key: str, version: str) -> bytes | None:
        """Return one version's bytes, None where there is no such version."""
        try:
            with self._session.explained("s3", f"GetObject of s3://{self._bucket}/{key}, version {version}"):
                answer = self._session.client("s3").get_object(Bucket=self._bucket, Key=key, VersionId=version)
                content: bytes = answer["Body"].read()
        except AwsFailed as error:
            if error.code in _NO_VERSION:
                return None
            raise
        return content

    def accepted(self, key: str, version: str) -> bool:
        """Say whether a version was put there by `restore`."""
        answer = self._session.call("s3", "HeadObject", Bucket=self._bucket, Key=key, VersionId=version)
        return bool(answer["Metadata"].get(ACCEPTED))

    def restore(self, key: str, version: str) -> None:
        """Make a version the present one, under terraform's own lock; LockHeld where somebody holds that.

        The copy says where it comes from, so that nobody takes it for a state that went back by itself.
        """
        with self._locked(key):
            self._session.call(
                "s3",
                "CopyObject",
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": key, "VersionId": version},
                Metadata={ACCEPTED: version},
                MetadataDirective="REPLACE",
                # To take tags along would need a right to read them, and states have none.
                TaggingDirective="REPLACE",
                ContentType="application/json",
            )

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        lock = f"{key}{LOCK_SUFFIX}"
        info = {
            "ID": str(uuid4()),
            "Operation": "flowops recover",
            "Who": self._session.who,
            "Version": "",
            "Created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "Path": f"{self._bucket}/{key}",
        }
        body = json.dumps(info).encode()
        try:
            self._session.call("s3", "PutObject", Bucket=self._bucket, Key=lock, Body=body, IfNoneMatch="*")
        except AwsFailed as error:
            if error.code not in OVERTAKEN:
                raise
            raise LockHeld(
                f"s3://{self._bucket}/{key} is locked by somebody else just now.",
                next_step="flowops locks list, and the same command again once the lock is gone",
            ) from error
        try:
            yield
        finally:
            self._session.call("s3", "DeleteObject", Bucket=self._bucket, Key=lock)
