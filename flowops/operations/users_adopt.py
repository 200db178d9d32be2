"""Make a user that somebody made by hand one of ours: path, groups and MFA."""

from __future__ import annotations

from dataclasses import replace

from flowops.errors import Declined, FlowopsError
from flowops.model.drift.people import PATH
from flowops.model.user_requests import AdoptRequest
from flowops.model.user_results import Member
from flowops.model.users import User, reach, require_groups, require_name
from flowops.operations import users_mfa
from flowops.operations.agreeing import require_yes
from flowops.operations.ports.users import IamUsers, UsersPorts
from flowops.operations.users import existing, require_enabled
from flowops.operations.users_add import mfa_notes, require_one_way, require_standing


def adopt_user(request: AdoptRequest, ports: UsersPorts) -> Member:
    """Return the user after moving it below /flowable/ and giving it what it lacked; one with MFA keeps its device.

    Its keys stay as they are. Repeated it changes nothing.
    """
    require_name(request.name)
    require_groups(request.groups, ports.config.environments)
    require_one_way(request)
    iam = ports.enter()
    user = existing(request.name, iam)
    require_enabled(user)
    require_standing(request.groups, iam)
    joining = tuple(it for it in dict.fromkeys(request.groups) if it not in user.groups)
    if not user.at_home:
        _agree(request, user, ports)
    users_mfa.reserve(request, user, ports)
    try:
        moved = _moved(request, user, joining, iam)
    except BaseException:
        users_mfa.give_back(request, user, ports)
        raise
    return _completed(request, user, moved, joining, iam, ports)


def _agree(request: AdoptRequest, user: User, ports: UsersPorts) -> None:
    """Raise Declined unless the user may get another ARN."""
    ports.terminal.note(
        f"{user.arn} becomes {_arn(user)}: a policy or trust that names the old ARN no longer means this user."
    )
    if request.yes:
        return
    require_yes(
        ports.terminal,
        f"Move user {user.name} from {user.path} to {PATH}? [y/N] ",
        unanswered=Declined(
            f"Moving user {user.name} changes its ARN; that needs a yes, and nobody is there to give it.",
            next_step=request.command("--yes"),
        ),
        declined=Declined(f"Moving user {user.name} was declined.", next_step=request.command()),
    )


def _arn(user: User) -> str:
    return f"{user.arn.partition(':user')[0]}:user{PATH}{user.name}"


def _moved(request: AdoptRequest, user: User, joining: tuple[str, ...], iam: IamUsers) -> User:
    if not user.at_home:
        iam.move(user.name)
    try:
        for group in joining:
            iam.join(user.name, group)
    except FlowopsError as error:
        raise users_mfa.partly(error, f"User {user.name} stands at {PATH}, not in all groups.", request) from error
    return replace(user, path=PATH, arn=_arn(user), groups=(*user.groups, *joining))


def _completed(
    request: AdoptRequest, before: User, user: User, joining: tuple[str, ...], iam: IamUsers, ports: UsersPorts
) -> Member:
    try:
        mfa = users_mfa.enrol(request, user, iam, ports)
    except FlowopsError as error:
        stands = f"User {user.name} stands at {PATH}, in its groups, without MFA."
        raise users_mfa.partly(error, stands, request) from error
    reaches = reach(user.groups, ports.config.environments)
    notes = mfa_notes(user.name, mfa)
    if not reaches:
        notes.append(f"{user.name} is in no group, and reaches nothing: flowops users add {user.name} --group GROUP")
    complete = replace(user, devices=mfa.devices_of(user))
    moved = not before.at_home
    return Member(complete, made=False, moved=moved, joined=joining, reaches=reaches, mfa=mfa, notes=tuple(notes))
