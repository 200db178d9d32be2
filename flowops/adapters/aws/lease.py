"""The object of an environment's lease: written only where it still is what we saw."""

from __future__ import annotations

from dataclasses import dataclass

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.objects import OVERTAKEN, object_in
from flowops.model.lease import Lease, from_json, to_json


@dataclass(frozen=True)
class FoundLease:
    """What stands under a key: `etag` "" for nothing; a lease of None with an etag is one that cannot be read."""

    lease: Lease | None
    etag: str

    @property
    def unreadable(self) -> bool:
        """Say that there is an object, and that it says nothing."""
        return self.lease is None and bool(self.etag)


class LeaseStore:
    """The lease at one key of the state bucket, as a role sees it."""

    def __init__(self, session: AwsSession, bucket: str, key: str) -> None:
        self._session, self._bucket, self._key = session, bucket, key

    def read(self) -> FoundLease:
        """Return what stands there now."""
        raw, etag = object_in(self._session, self._bucket, self._key)
        if raw is None:
            return FoundLease(None, "")
        try:
            return FoundLease(from_json(raw), etag)
        except ValueError:
            return FoundLease(None, etag)

    def write(self, lease: Lease, etag: str) -> str | None:
        """Write the lease over the object with this etag, "" for none; return its etag, None where we came too late."""
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        body = to_json(lease)
        try:
            answer = self._session.call("s3", "PutObject", Bucket=self._bucket, Key=self._key, Body=body, **condition)
        except AwsFailed as error:
            if error.code not in OVERTAKEN:
                raise
            # The SDK repeats a write whose answer got lost, and then it is our own object that stands in the way.
            found, known = object_in(self._session, self._bucket, self._key)
            return known if found == body else None
        return str(answer["ETag"])
