"""Secrets Manager: a value goes in, and is never read back or named."""

from __future__ import annotations

from flowops.adapters.aws.client import AwsSession
from flowops.errors import OperationFailed

LARGEST = 65_536
"""Bytes of a secret (Secrets Manager quotas)."""


class SecretsManager:
    """The secrets of one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def has_value(self, secret: str) -> bool:
        """Return whether the secret of this name or ARN has a current value."""
        versions = self._session.call("secretsmanager", "DescribeSecret", SecretId=secret).get("VersionIdsToStages", {})
        return any("AWSCURRENT" in stages for stages in versions.values())

    def put(self, secret: str, value: bytes) -> None:
        """Give the secret this value, as text where it is UTF-8, else as bytes; OperationFailed for too large a one."""
        if not 0 < len(value) <= LARGEST:
            raise OperationFailed(f"The value for secret {secret} has {len(value)} bytes; allowed: 1 to {LARGEST}.")
        try:
            self._session.call("secretsmanager", "PutSecretValue", SecretId=secret, SecretString=value.decode())
        except UnicodeDecodeError:
            self._session.call("secretsmanager", "PutSecretValue", SecretId=secret, SecretBinary=value)
