"""The secrets of the security account as the operator sees them: the repository's value, whether there is a license.

Where they stand is known from flowops.lock: the operator may look at no stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flowops.adapters.aws.errors import AwsDenied
from flowops.adapters.aws.operator import OperatorSession
from flowops.adapters.aws.secrets import SecretsManager
from flowops.errors import CredentialsError
from flowops.model.config import SECURITY, Config
from flowops.model.facts import Facts
from flowops.model.secrets import Secret, SecretStanding, needed_by

_REFUSED = ("AccessDenied", "AccessDeniedException")


class OperatorSecrets:
    """What `operator` may see of the secrets; it is opened when a secret is first looked at."""

    def __init__(self, operator: Callable[[], OperatorSession], config: Config, facts: Facts) -> None:
        self._operator, self._config, self._facts = operator, config, facts

    def needed(self, environment: str) -> tuple[Secret, ...]:
        """Return the secrets that an environment needs; UnknownTarget names the nearest environments."""
        return needed_by(self._config, environment)

    def arn(self, secret: Secret) -> str:
        """Return a secret's ARN, empty as long as discovery knows none."""
        known = self._facts.environments.get(secret.environment) if secret.environment else self._facts.security
        return known.outputs.get(secret.output, "") if known else ""

    def standing(self, secret: Secret) -> SecretStanding | None:
        """Return how a secret stands, None where it is gone; CredentialsError names who may look at it."""
        with self._admitted(secret, "secretsmanager:DescribeSecret"):
            return self._secrets().standing(self.arn(secret))

    def value(self, secret: Secret) -> bytes | None:
        """Return the value of the repository's secret, None where it has none."""
        with self._admitted(secret, "secretsmanager:GetSecretValue"):
            return self._secrets().value(self.arn(secret))

    def _secrets(self) -> SecretsManager:
        return SecretsManager(self._operator().session)

    @contextmanager
    def _admitted(self, secret: Secret, action: str) -> Iterator[None]:
        try:
            yield
        except AwsDenied as error:
            if error.code not in _REFUSED:
                raise
            groups = " or ".join(f"{name}_dev_ops_admin" for name in secret.environments)
            raise CredentialsError(
                f"{self._operator().session.who} may not {action} on the secret {secret.title}: {error.happened}",
                not_done=error.not_done,
                next_step=f"flowops bootstrap {SECURITY}, whose policies let members of {groups} do that with MFA",
            ) from error
