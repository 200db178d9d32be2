"""Look at the users of the security account: all of ours, and one in full."""

from __future__ import annotations

from dataclasses import dataclass

from flowops.errors import CredentialsError, FlowopsError, Interrupted, PartlyDone, Refused, UsageError
from flowops.model.config import SECURITY, Config
from flowops.model.drift.people import PATH, known_groups
from flowops.model.user_profiles import KEY_ID
from flowops.model.user_requests import AddRequest, RotateRequest
from flowops.model.users import Mark, Reach, User, marks, reach, require_name, unknown_user
from flowops.operations.ports.users import IamUsers, UsersPorts


@dataclass(frozen=True)
class UserRow:
    """One user with what it reaches and what deserves a second look."""

    user: User
    reaches: tuple[Reach, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class UserList:
    """Our users, and the names of the account's others."""

    rows: tuple[UserRow, ...]
    others: tuple[str, ...]


def list_users(ports: UsersPorts) -> UserList:
    """Return who stands below /flowable/ or is in one of our groups; others by name alone."""
    known = known_groups(ports.config.environments)
    everybody = ports.enter().everybody()
    ours = [it for it in everybody if it.at_home or known.intersection(it.groups)]
    others = tuple(it.name for it in everybody if it not in ours)
    return UserList(tuple(row_of(it, ports) for it in ours), others)


def show_user(name: str, ports: UsersPorts) -> UserRow:
    """Return one user, also one that is not ours; UnknownTarget names the nearest."""
    require_name(name)
    return row_of(existing(name, ports.enter()), ports)


def row_of(user: User, ports: UsersPorts) -> UserRow:
    """Return a user as it is shown."""
    environments = ports.config.environments
    return UserRow(user, reach(user.groups, environments), marks(user, environments, ports.clock()))


def existing(name: str, iam: IamUsers) -> User:
    """Return a user; UnknownTarget names the nearest where there is none."""
    found = iam.user(name)
    if found is None:
        raise unknown_user(name, iam.names())
    return found


def refuse_own_user(user: User, ports: UsersPorts, allowed: str) -> None:
    """Raise Refused where the operator's profile of this project holds a key of the user; `allowed` does it anyway."""
    profile = ports.config.operator.profile
    if ports.files.settings(profile).get(KEY_ID) in {it.id for it in user.keys}:
        raise Refused(
            f"{user.name} is the user of your own profile {profile}: you would lock yourself out.", next_step=allowed
        )


def require_enabled(user: User, then: str = "") -> None:
    """Raise Refused where the user was disabled; `then` is the command that goes on once it is no more."""
    if user.disabled:
        undo = f"flowops users disable {user.name} --undo"
        raise Refused(f"User {user.name} was disabled.", next_step=f"{undo}, then {then}" if then else undo)


def require_profile_written(request: AddRequest | RotateRequest, command: str) -> None:
    """Raise UsageError for a profile that nothing is to be written to; `command` writes the key there."""
    if request.profile and not request.write_profile:
        raise UsageError(
            "--profile names where --write-profile writes the key to, and --write-profile is not there.",
            next_step=command,
        )


def serial_of(user: User | None, name: str, iam: IamUsers) -> str:
    """Return the serial number of the device that the user of this name has, or will have."""
    return user.devices[0] if user and user.devices else device_serial(name, iam)


def device_serial(name: str, iam: IamUsers) -> str:
    """Return the serial number that the virtual device of a user has, or will have."""
    return f"arn:{iam.partition}:iam::{iam.account}:mfa{PATH}{name}"


def deleting(name: str, key: str, config: Config) -> str:
    """Return the command that deletes one access key of a user."""
    return f"aws iam delete-access-key {by_hand(name, config)} {key}"


def by_hand(name: str, config: Config) -> str:
    """Return the options of the aws command line that name a user of the security account, and its access key next."""
    return f"--user-name {name} --profile {config.accounts[SECURITY].profile} --access-key-id"


def partly(error: FlowopsError, said: str, next_step: str) -> FlowopsError:
    """Return what to raise for an error after the first change: what was done by then, and the command for the rest.

    PartlyDone; an interruption and a refusal by AWS stay what they are.
    """
    done = f"{said} {error.not_done}" if isinstance(error, PartlyDone) else said
    if not isinstance(error, Interrupted | CredentialsError):
        return PartlyDone(error.happened, not_done=done, next_step=next_step)
    error.not_done, error.next_step = done, next_step
    return error
