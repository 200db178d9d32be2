"""Copies of journals in the state bucket: whoever can write on this machine cannot rewrite them there unnoticed."""

from __future__ import annotations

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.objects import object_in


class RunCopies:
    """What lies below one prefix of the state bucket, `ACCOUNT/ENV/runs`."""

    def __init__(self, session: AwsSession, bucket: str, prefix: str) -> None:
        self._session, self._bucket, self._prefix = session, bucket, prefix

    def put(self, run_id: str, name: str, content: bytes) -> None:
        """Write one file of a run; AwsFailed where that is not allowed or does not work."""
        self._session.call("s3", "PutObject", Bucket=self._bucket, Key=self._key(run_id, name), Body=content)

    def get(self, run_id: str, name: str) -> bytes | None:
        """Return one file of a run, None where it has no copy."""
        return object_in(self._session, self._bucket, self._key(run_id, name))[0]

    def _key(self, run_id: str, name: str) -> str:
        return f"{self._prefix}/{run_id}/{name}"
