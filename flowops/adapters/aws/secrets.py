"""Secrets Manager: a value goes in, and nothing about it is ever named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.errors import OperationFailed
from flowops.model.secrets import LARGEST, SecretStanding

_ABSENT = "ResourceNotFoundException"


class SecretsManager:
    """The secrets of one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def standing(self, secret: str) -> SecretStanding | None:
        """Return how the secret of this name or ARN stands, None where there is none."""
        try:
            found = self._session.call("secretsmanager", "DescribeSecret", SecretId=secret)
        except AwsFailed as error:
            if error.code == _ABSENT:
                return None
            raise
        filled = any("AWSCURRENT" in stages for stages in found.get("VersionIdsToStages", {}).values())
        return SecretStanding(filled, _moment(found.get("LastChangedDate")), _moment(found.get("DeletedDate")))

    def value(self, secret: str) -> bytes | None:
        """Return the current value as it was put, None where there is none."""
        try:
            found = self._session.call("secretsmanager", "GetSecretValue", SecretId=secret)
        except AwsFailed as error:
            if error.code == _ABSENT:
                return None
            raise
        if "SecretBinary" in found:
            return bytes(found["SecretBinary"])
        return str(found["SecretString"]).encode()

    def put(self, secret: str, value: bytes) -> None:
        """Give the secret this value, as text where it is UTF-8, else as bytes; OperationFailed for too large a one."""
        if not 0 < len(value) <= LARGEST:
            raise OperationFailed(f"The value for secret {secret} has {len(value)} bytes; allowed: 1 to {LARGEST}.")
        try:
            self._session.call("secretsmanager", "PutSecretValue", SecretId=secret, SecretString=value.decode())
        except UnicodeDecodeError:
            self._session.call("secretsmanager", "PutSecretValue", SecretId=secret, SecretBinary=value)


def _moment(found: Any) -> datetime | None:
    return found.astimezone(UTC) if isinstance(found, datetime) else None
