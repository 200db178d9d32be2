"""Objects in S3, and what its answers about them mean."""

from __future__ import annotations

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed

ABSENT = ("NoSuchKey", "404")
"""Nothing lies under the key."""

OVERTAKEN = (*ABSENT, "PreconditionFailed", "412", "ConditionalRequestConflict", "409")
"""The object is not what a conditional write expects any more; 409 goes to one of two writes at the same moment."""


def object_in(session: AwsSession, bucket: str, key: str) -> tuple[bytes | None, str]:
    """Return what lies under a key and its etag, None and "" where nothing does."""
    try:
        with session.explained("s3", f"GetObject of s3://{bucket}/{key}"):
            answer = session.client("s3").get_object(Bucket=bucket, Key=key)
            return answer["Body"].read(), str(answer["ETag"])
    except AwsFailed as error:
        if error.code in ABSENT:
            return None, ""
        raise
