"""The secrets of the security account, as who bootstraps reaches them."""

from __future__ import annotations

from flowops.errors import OperationFailed, UsageError
from flowops.model.config import SECURITY, Config
from flowops.model.secrets import Secret, SecretRow
from flowops.model.stacks import account_id
from flowops.operations.discover import require_ids
from flowops.operations.ports.aws import AccountDoor, ManagementCloud


def security_door(config: Config, cloud: ManagementCloud) -> AccountDoor:
    """Return the security account, entered and verified; UsageError where nobody wrote its id down yet."""
    require_ids(config, (SECURITY,))
    return cloud.enter(SECURITY, account_id(config, SECURITY))


def row_of(door: AccountDoor, secret: Secret) -> SecretRow:
    """Return how a secret stands; its stack says where it is."""
    found = door.stacks.describe(secret.stack)
    arn = found.outputs.get(secret.output, "") if found else ""
    return SecretRow(secret, arn, door.secrets.standing(arn) if arn else None)


def require_room(row: SecretRow) -> None:
    """Raise a FlowopsError with the command that leads on, where a secret can take no value."""
    title, next_step = row.secret.title, f"{row.remedy}, then {row.secret.command}"
    if not row.arn:
        raise UsageError(
            f"Stack {row.secret.stack} does not stand in the security account: there is no secret {title} yet.",
            next_step=next_step,
        )
    if row.standing is None:
        raise OperationFailed(
            f"Stack {row.secret.stack} says that secret {title} is {row.arn}, but there is none: it was deleted.",
            next_step=row.remedy,
        )
    if row.standing.leaving:
        raise OperationFailed(
            f"Secret {title} is {row.state} and takes no value until then.",
            next_step=next_step,
        )
