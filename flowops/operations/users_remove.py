"""Delete a user with all that hangs on it: shown and agreed to first, then taken off piece by piece."""

from __future__ import annotations

from dataclasses import replace

from flowops.errors import Declined, FlowopsError, PartlyDone, Refused
from flowops.model.drift.people import KINDS, PATH
from flowops.model.profiles import Proposal
from flowops.model.user_profiles import profiles_of
from flowops.model.user_requests import RemoveRequest
from flowops.model.user_results import Removed
from flowops.model.users import Piece, User, hanging, require_name
from flowops.operations.agreeing import require_yes, wrong_confirm
from flowops.operations.ports.users import IamUsers, UsersPorts
from flowops.operations.users import device_serial, existing, partly, refuse_own_user


def remove_user(request: RemoveRequest, ports: UsersPorts) -> Removed:
    """Return what was removed; after a failure in between, the same command removes the rest.

    Refused for a user that is not below /flowable/, and, without a flag of its own, for the operator's own user and
    for the last one who can apply in an environment. Declined without a yes and the name.
    """
    require_name(request.name)
    iam = ports.enter()
    user = existing(request.name, iam)
    _require_removable(request, user, iam, ports)
    profiles, proposal = _profiles(request, user, iam, ports)
    ports.terminal.block(_inventory(user, profiles))
    _agree(request, ports)
    removed = _taken(user, request, iam)
    return Removed(user.name, removed, profiles, _cleaned(proposal, request, ports))


def _require_removable(request: RemoveRequest, user: User, iam: IamUsers, ports: UsersPorts) -> None:
    if not user.at_home:
        raise Refused(
            f"IAM user {user.name} stands at path {user.path}, and flowops removes users at {PATH} only.",
            next_step=f"flowops users adopt {user.name}, if it is one of yours, then {request.command()}",
        )
    if not request.allow_own_user:
        refuse_own_user(user, ports, replace(request, allow_own_user=True).command())
    alone = [name for name in ports.config.environments if _last(user, f"{name}_{KINDS[0]}", iam)]
    if alone and not request.allow_last_member:
        group = f"{alone[0]}_{KINDS[0]}"
        raise Refused(
            f"{user.name} is the last member of {group}: nobody could plan or apply {', '.join(alone)} any more.",
            next_step=f"flowops users add NAME --group {group}, then {request.command()}; "
            f"or {replace(request, allow_last_member=True).command()}",
        )


def _last(user: User, group: str, iam: IamUsers) -> bool:
    return group in user.groups and iam.members(group) == (user.name,)


def _profiles(
    request: RemoveRequest, user: User, iam: IamUsers, ports: UsersPorts
) -> tuple[tuple[str, ...], Proposal | None]:
    """Return the profiles to take out of the AWS files with the change that does it, nothing where none was asked."""
    if not request.profiles:
        return (), None
    standing = {name: ports.files.settings(name) for name in ports.files.names()}
    serials = (*user.devices, *user.spares, device_serial(user.name, iam))
    found = profiles_of([it.id for it in user.keys], serials, standing)
    proposal = ports.files.without(found)
    ports.files.require_writable(proposal)
    return found, proposal if proposal.changed else None


def _inventory(user: User, profiles: tuple[str, ...]) -> str:
    lines = [f"  {it}" for it in (*map(str, hanging(user)), *(f"profile {name}" for name in profiles))]
    return "\n".join([f"User {user.arn}, and what hangs on it:", *(lines or ["  nothing"])])


def _agree(request: RemoveRequest, ports: UsersPorts) -> None:
    if request.confirm and request.confirm != request.name:
        raise Declined(
            wrong_confirm(request.confirm, "user", request.name),
            next_step=replace(request, confirm=request.name).command(),
        )
    if request.confirm and request.yes:
        return
    typed = f"Type the user's name, {request.name}, to remove it: "
    require_yes(
        ports.terminal,
        f"Remove user {request.name}? [y/N] " if request.confirm else typed,
        name="" if request.confirm else request.name,
        unanswered=Declined(
            f"Removing user {request.name} needs a yes and its name, and nobody is there to give them.",
            next_step=replace(request, yes=True, confirm=request.name).command(),
        ),
        declined=Declined(f"Removing user {request.name} was declined.", next_step=request.command()),
    )


def _taken(user: User, request: RemoveRequest, iam: IamUsers) -> tuple[Piece, ...]:
    removed: list[Piece] = []
    try:
        for piece in hanging(user):
            iam.take(user.name, piece)
            removed.append(piece)
        iam.delete(user.name)
    except FlowopsError as error:
        error.next_step = f"{request.command()}, which removes the rest"
        if not removed:
            raise
        said = f"Removed: {', '.join(map(str, removed))}. User {user.name} still stands."
        raise partly(error, said, error.next_step) from error
    return tuple(removed)


def _cleaned(proposal: Proposal | None, request: RemoveRequest, ports: UsersPorts) -> tuple[str, ...]:
    """Write the files without the profiles, which are of no use to anybody any more."""
    if proposal is None:
        return ()
    try:
        return ports.files.write(proposal)
    except FlowopsError as error:
        raise PartlyDone(
            error.happened,
            not_done=f"User {request.name} is removed; its profiles still stand in the AWS files.",
            next_step="take them out of the files by hand",
        ) from error
