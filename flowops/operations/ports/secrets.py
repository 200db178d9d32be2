"""What handing in and looking for secrets needs of the outside world."""

from __future__ import annotations

from typing import Protocol

from flowops.model.secrets import Secret, SecretStanding


class SecretTerminal(Protocol):
    """Where a value may come from besides a file."""

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""

    def ask(self, question: str) -> str:
        """Return the operator's answer; Declined when nobody can give one."""

    def hidden(self, question: str) -> str:
        """Return an answer that is not shown while it is typed; Declined when nobody can give one."""

    def piped(self, most: int) -> bytes:
        """Return what was piped in, one byte more than `most` where there is more; UsageError from a terminal."""


class SecretsOfOperator(Protocol):
    """The secrets that an environment needs, as its operator sees them. Every method may raise CredentialsError."""

    def needed(self, environment: str) -> tuple[Secret, ...]:
        """Return the secrets that an environment needs; UnknownTarget names the nearest environments."""

    def arn(self, secret: Secret) -> str:
        """Return a secret's ARN, empty as long as discovery knows none."""

    def standing(self, secret: Secret) -> SecretStanding | None:
        """Return how a secret stands, None where it is gone."""

    def value(self, secret: Secret) -> bytes | None:
        """Return the value of the repository's secret, None where it has none; no license is the operator's to read."""
