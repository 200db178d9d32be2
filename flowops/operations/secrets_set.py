"""Hand in the value of one secret: read, compared, agreed upon, put."""

from __future__ import annotations

from dataclasses import replace

from flowops.errors import Declined, OperationFailed
from flowops.model.config import Config
from flowops.model.secrets import (
    LICENSE,
    REPOSITORY,
    RepositoryCredentials,
    Secret,
    SetOutcome,
    SetRequest,
    SetResult,
    needed_by,
    secrets_of,
)
from flowops.operations import secret_values
from flowops.operations.agreeing import require_yes, wrong_confirm
from flowops.operations.ports.aws import ManagementCloud, Secrets
from flowops.operations.ports.secrets import SecretTerminal
from flowops.operations.secret_store import require_room, row_of, security_door
from flowops.operations.secret_values import Sources


def set_secret(request: SetRequest, config: Config, *, cloud: ManagementCloud, sources: Sources) -> SetResult:
    """Give a secret its value; the same value again makes no new version, another one is asked for first.

    What the command line points at is read before AWS is called, and nobody types a password for a secret that cannot
    take one.
    """
    secret = _secret(request, config)
    _require_fitting(request)
    value = secret_values.given(request, secret, sources)
    door = security_door(config, cloud)
    row = row_of(door, secret)
    require_room(row)
    value = value or secret_values.typed(request, sources)
    outcome = SetOutcome.SET
    if row.ready:
        if _same(door.secrets, row.arn, secret, value.content):
            return SetResult(secret, row.arn, SetOutcome.UNCHANGED, value.source)
        _agree(request, config, secret, sources.terminal)
        outcome = SetOutcome.REPLACED
    door.secrets.put(row.arn, value.content)
    return SetResult(secret, row.arn, outcome, value.source)


def _secret(request: SetRequest, config: Config) -> Secret:
    if request.name == LICENSE:
        return needed_by(config, request.environment)[-1]
    return secrets_of(config)[0]


def _require_fitting(request: SetRequest) -> None:
    if request.confirm and request.confirm != request.environment:
        raise Declined(
            wrong_confirm(request.confirm, "environment", request.environment),
            next_step=replace(request, confirm=request.environment).command(),
        )


def _same(secrets: Secrets, arn: str, secret: Secret, content: bytes) -> bool:
    """Return whether the secret has this value already, however it was written down."""
    current = secrets.value(arn)
    if current is None or current == content or secret.name != REPOSITORY:
        return current == content
    try:
        return RepositoryCredentials.of(current) == RepositoryCredentials.of(content)
    except OperationFailed:
        return False


def _agree(request: SetRequest, config: Config, secret: Secret, terminal: SecretTerminal) -> None:
    """Raise Declined unless the value may be replaced."""
    name = secret.environment if _protected(config, secret.environment) else ""
    if name and not request.confirm:
        _require_yes(request, terminal, f"Type the environment's name, {name}, to replace its license: ", name)
    elif not request.yes:
        used = ", ".join(f"{it} (protected)" if _protected(config, it) else it for it in secret.environments)
        _require_yes(request, terminal, f"Replace the value of secret {secret.title}, used by {used}? [y/N] ", "")


def _protected(config: Config, environment: str) -> bool:
    return bool(environment) and config.environments[environment].protected


def _require_yes(request: SetRequest, terminal: SecretTerminal, question: str, name: str) -> None:
    require_yes(
        terminal,
        question,
        name=name,
        unanswered=Declined(
            "The secret has another value; replacing it needs a yes, and nobody is there to give it.",
            next_step=replace(request, yes=True, confirm=name or request.confirm).command(),
        ),
        declined=Declined("Replacing the secret was declined.", next_step=request.command()),
    )
