"""Bring a new access key to its user: shown once, or written into AWS's own files by a write that was proved first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flowops.errors import Declined, FlowopsError, OperationFailed, PartlyDone
from flowops.model.profiles import Proposal
from flowops.model.user_profiles import KEY_ID, NOT_MADE_YET, UserProfiles, chosen_profile, user_profiles
from flowops.model.user_results import Delivery
from flowops.model.users import Kind, NewKey, Piece, Reach, User
from flowops.operations.agreeing import require_yes
from flowops.operations.discover import require_ids
from flowops.operations.ports.users import IamUsers, UsersPorts

Command = Callable[..., str]


@dataclass(frozen=True)
class Wish:
    """Where a key is to go: shown where not `write`; `command` is the command line, with more words behind it."""

    write: bool
    profile: str
    yes: bool
    command: Command


@dataclass(frozen=True)
class ProvedWrite:
    """A write that was tried out, shown and agreed to; `conflicts` are the profiles that it may change."""

    profiles: UserProfiles
    conflicts: frozenset[str]


def prove(
    user: User, reaches: Iterable[Reach], serial: str, wish: Wish, ports: UsersPorts, iam: IamUsers, *, new_key: bool
) -> ProvedWrite | None:
    """Show what would be written and return it, None where nothing is to be; nothing is made before.

    UsageError and LockHeld where it could not be written; Declined where another profile of that name stands there and
    nobody agrees to its change. A profile with somebody else's key has to be named for that, also with `yes`.
    """
    if not wish.write:
        return None
    reaches = tuple(reaches)
    require_ids(ports.config, dict.fromkeys(ports.config.environments[it.environment].account for it in reaches))
    standing = {name: ports.files.settings(name).get(KEY_ID, "") for name in ports.files.names()}
    own = [it.id for it in user.keys]
    profile = chosen_profile(user.name, wish.profile, own, standing, ports.config.operator.profile)
    profiles = user_profiles(profile, reaches, serial, ports.config, iam.partition)
    proposal = ports.files.proposed(profiles.settings(NOT_MADE_YET if new_key else None))
    # A profile that holds a key of this very user is its own.
    mine = {name for name, key in standing.items() if key in own}
    others = [it for it in proposal.conflicts if it not in mine]
    ports.files.require_writable(proposal)
    _show(proposal, ports)
    if others:
        keys = [it for it in others if standing.get(it) and it != wish.profile]
        _agree(others, keys, wish, ports)
    return ProvedWrite(profiles, frozenset(proposal.conflicts))


def _show(proposal: Proposal, ports: UsersPorts) -> None:
    for warning in proposal.warnings:
        ports.terminal.note(warning)
    if proposal.changed:
        ports.terminal.block(proposal.diff)


def _agree(others: Iterable[str], foreign: Sequence[str], wish: Wish, ports: UsersPorts) -> None:
    """Raise Declined unless these profiles may be changed; `foreign` are those whose key nobody could bring back."""
    if wish.yes and not foreign:
        return
    named = ", ".join(others)
    lost = f", and the key that {foreign[0]} holds is somebody else's and would be lost" if foreign else ""
    require_yes(
        ports.terminal,
        f"Profile {named} stands there with other settings{lost}. Change it as shown? [y/N] ",
        unanswered=_unanswered(named, foreign, wish),
        declined=Declined(f"Changing profile {named} was declined.", next_step=f"{wish.command()} --profile PROFILE"),
    )


def _unanswered(named: str, foreign: Sequence[str], wish: Wish) -> Declined:
    if foreign:
        return Declined(
            f"Profile {foreign[0]} holds the key of somebody else, which would be lost.",
            next_step=f"{wish.command('--profile', 'PROFILE')} with the name of a new profile, or "
            f"{wish.command('--profile', foreign[0], '--yes')} to have that key replaced",
        )
    return Declined(
        f"Profile {named} stands there with other settings; changing it needs a yes, and nobody is there to give it.",
        next_step=f"{wish.command('--yes')}, or with --profile and another name",
    )


def deliver(user: User, write: ProvedWrite | None, wish: Wish, iam: IamUsers, ports: UsersPorts) -> Delivery:
    """Make a key and bring it where it is to go; a key that no file came to hold is deleted again, and that is said.

    No key is made where the files cannot be written any more.
    """
    if write is not None:
        ports.files.require_writable(_proposed(write, NOT_MADE_YET, ports))
    key = iam.create_key(user.name)
    if write is None:
        return Delivery(key)
    try:
        return written(write, key, ports)
    except BaseException as error:
        said = _held(write, key, ports) or _taken_back(user, key, iam)
        if isinstance(error, FlowopsError):
            raise PartlyDone(error.happened, not_done=said, next_step=wish.command()) from error
        ports.terminal.note(said)
        raise


def written(write: ProvedWrite, key: NewKey | None, ports: UsersPorts) -> Delivery:
    """Write the profiles, with a new key or around the one that stands there."""
    paths = ports.files.write(_proposed(write, key, ports))
    return Delivery(key, write.profiles.profile, tuple(it.name for it in write.profiles.roles), paths)


def _proposed(write: ProvedWrite, key: NewKey | None, ports: UsersPorts) -> Proposal:
    """Return the change as it is now; OperationFailed where it would change a profile that nobody agreed to."""
    proposal = ports.files.proposed(write.profiles.settings(key))
    if grown := sorted(set(proposal.conflicts) - write.conflicts):
        raise OperationFailed(
            f"Profile {', '.join(grown)} was changed by somebody else in the meantime.",
            next_step="the same command again",
        )
    return proposal


def _held(write: ProvedWrite, key: NewKey, ports: UsersPorts) -> str:
    """Return what to say of a key that its profile holds, empty where it does not: the secret is nowhere else then."""
    try:
        standing = ports.files.settings(write.profiles.profile).get(KEY_ID)
    except FlowopsError:
        standing = ""
    if standing != key.access_key:
        return ""
    return (
        f"Profile {write.profiles.profile} holds the new access key {key.access_key}; what comes after it is not done."
    )


def _taken_back(user: User, key: NewKey, iam: IamUsers) -> str:
    try:
        iam.take(user.name, Piece(Kind.KEY, key.access_key))
    except FlowopsError as error:
        return (
            f"The new access key {key.access_key} could not be deleted again; nobody has its secret. {error.happened}"
        )
    return f"The new access key {key.access_key} was deleted again; nobody has its secret."
