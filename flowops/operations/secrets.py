"""Look at secrets: all of them as who bootstraps, those of an environment as its operator."""

from __future__ import annotations

from collections.abc import Sequence

from flowops.errors import FlowopsError, OperationFailed, Refused
from flowops.model.config import SECURITY, Config
from flowops.model.secrets import REPOSITORY, RepositoryCredentials, Secret, SecretCheck, SecretRow, secrets_of
from flowops.operations.ports.aws import ManagementCloud
from flowops.operations.ports.secrets import SecretsOfOperator
from flowops.operations.secret_store import row_of, security_door


def list_secrets(config: Config, *, cloud: ManagementCloud) -> tuple[SecretRow, ...]:
    """Return how every secret of the project stands."""
    door = security_door(config, cloud)
    return tuple(row_of(door, secret) for secret in secrets_of(config))


def check_secrets(environments: Sequence[str], *, secrets: SecretsOfOperator) -> SecretCheck:
    """Return how the secrets stand that these environments need, each once; a look that fails is in its row.

    When every look fails, the first failure is raised.
    """
    needed = dict.fromkeys(it for name in environments for it in secrets.needed(name))
    rows = tuple(_row(secret, secrets) for secret in needed)
    if rows and rows[0].problem and all(row.problem for row in rows):
        raise rows[0].problem
    return SecretCheck(rows)


def require_secrets(environment: str, *, secrets: SecretsOfOperator) -> None:
    """Raise Refused with the commands to type, unless the environment has every secret it needs.

    CredentialsError where that cannot be told.
    """
    missing = check_secrets([environment], secrets=secrets).missing
    for row in missing:
        if row.problem:
            raise row.problem
    if missing:
        listed = ", ".join(f"{row.secret.title} ({row.state})" for row in missing)
        raise Refused(
            f"{environment} runs Flowable, and lacks {listed}.",
            not_done="No unit was started.",
            next_step="; ".join(dict.fromkeys(row.remedy for row in missing)),
        )


def repository_credentials(environment: str, *, secrets: SecretsOfOperator) -> RepositoryCredentials:
    """Return user and password of Flowable's repository; OperationFailed where the secret holds none."""
    secret = next(it for it in secrets.needed(environment) if it.name == REPOSITORY)
    content = secrets.value(secret) if secrets.arn(secret) else None
    if content is None:
        remedy = secret.command if secrets.arn(secret) else f"flowops bootstrap {SECURITY}"
        raise OperationFailed("The repository's secret has no value.", next_step=remedy)
    return RepositoryCredentials.of(content)


def _row(secret: Secret, secrets: SecretsOfOperator) -> SecretRow:
    arn = ""
    try:
        arn = secrets.arn(secret)
        return SecretRow(secret, arn, secrets.standing(secret) if arn else None)
    except FlowopsError as error:
        return SecretRow(secret, arn, problem=error)
