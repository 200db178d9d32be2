"""Make a user who may enter environments, or complete one: everything is asked and checked before the first change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flowops.errors import FlowopsError, OperationFailed, Refused, UsageError
from flowops.model.config import SECURITY
from flowops.model.drift.people import PATH
from flowops.model.user_profiles import KEY_ID
from flowops.model.user_requests import AddRequest, AdoptRequest, Mfa
from flowops.model.user_results import Delivery, Enrolment, Member, MfaOutcome
from flowops.model.users import User, reach, require_groups, require_name
from flowops.operations import users_mfa
from flowops.operations.ports.users import IamUsers, UsersPorts
from flowops.operations.users import deleting, require_enabled, require_profile_written, serial_of
from flowops.operations.users_delivery import ProvedWrite, Wish, deliver, prove, written


@dataclass(frozen=True)
class _Plan:
    """What `add` is going to do; `user` is None where there is none yet."""

    request: AddRequest
    wish: Wish
    user: User | None
    joining: tuple[str, ...]
    write: ProvedWrite | None

    @property
    def needs_key(self) -> bool:
        """Whether a key is to be made: a user has one, and another only by `rotate`."""
        return self.user is None or not self.user.keys


def add_user(request: AddRequest, ports: UsersPorts) -> Member:
    """Return the user after making what was missing of it: user, memberships, MFA device, access key, profiles.

    Repeated after an interruption it goes on where it was. A second key is never made. Refused for a user that stands
    elsewhere or is disabled.
    """
    _require_fitting(request, ports)
    iam = ports.enter()
    user = iam.user(request.name)
    _require_ours(request, user)
    require_standing(request.groups, iam)
    plan = _planned(request, user, iam, ports)
    users_mfa.reserve(request, user, ports)
    joined = _joined(plan, iam, ports)
    mfa = _enrolled(request, joined, iam, ports)
    delivery = _delivered(plan, joined, mfa, iam, ports)
    complete = replace(joined, devices=mfa.devices_of(joined))
    return Member(
        complete,
        made=user is None,
        moved=False,
        joined=plan.joining,
        reaches=reach(complete.groups, ports.config.environments),
        mfa=mfa,
        delivery=delivery,
        notes=tuple(_notes(plan, mfa, ports)),
    )


def _require_fitting(request: AddRequest, ports: UsersPorts) -> None:
    require_name(request.name)
    require_groups(request.groups, ports.config.environments)
    require_one_way(request)
    require_profile_written(request, replace(request, write_profile=True).command())


def require_one_way(request: AddRequest | AdoptRequest) -> None:
    """Raise UsageError where MFA is asked for now and later at once."""
    if request.seed_file and request.mfa is Mfa.LATER:
        raise UsageError(
            "--mfa-seed-file enrols a device now, and --mfa later does not.",
            next_step=replace(request, mfa=Mfa.NOW).command(),
        )


def _require_ours(request: AddRequest, user: User | None) -> None:
    if user is None:
        if not request.groups:
            raise UsageError(
                f"User {request.name} would be in no group, and reach nothing.",
                next_step=request.command("--group", "GROUP"),
            )
    elif not user.at_home:
        raise Refused(
            f"IAM user {user.name} stands at path {user.path}, and the roles admit users at {PATH} only.",
            next_step=f"flowops users adopt {user.name}, then {request.command()}",
        )
    else:
        require_enabled(user, then=request.command())


def require_standing(groups: Iterable[str], iam: IamUsers) -> None:
    """Raise OperationFailed where IAM has no such group yet."""
    if groups and (missing := sorted(set(groups) - iam.groups())):
        raise OperationFailed(
            f"The security account has no group {', '.join(missing)} yet.",
            next_step=f"flowops bootstrap {SECURITY}",
        )


def _planned(request: AddRequest, user: User | None, iam: IamUsers, ports: UsersPorts) -> _Plan:
    wish = Wish(request.write_profile, request.profile, request.yes, request.command)
    held = user.groups if user else ()
    joining = tuple(it for it in dict.fromkeys(request.groups) if it not in held)
    serial = serial_of(user, request.name, iam)
    future = user or User(request.name, "", PATH, ports.clock())
    reaches = reach((*held, *joining), ports.config.environments)
    write = (
        prove(future, reaches, serial, wish, ports, iam, new_key=not future.keys) if _writable(future, ports) else None
    )
    return _Plan(request, wish, user, joining, write)


def _writable(user: User, ports: UsersPorts) -> bool:
    """Return whether there is something to write: a key that is still to be made, or one that the files hold."""
    return not user.keys or any(
        ports.files.settings(name).get(KEY_ID) in {it.id for it in user.keys} for name in ports.files.names()
    )


def _joined(plan: _Plan, iam: IamUsers, ports: UsersPorts) -> User:
    made = plan.user
    try:
        made = made or iam.create(plan.request.name)
        for group in plan.joining:
            iam.join(made.name, group)
    except BaseException as error:
        users_mfa.give_back(plan.request, plan.user, ports)
        if isinstance(error, FlowopsError) and made is not None:
            raise users_mfa.partly(
                error, f"User {made.name} stands, and not in all of its groups.", plan.request
            ) from error
        raise
    return replace(made, groups=(*made.groups, *plan.joining))


def _enrolled(request: AddRequest, user: User, iam: IamUsers, ports: UsersPorts) -> Enrolment:
    try:
        return users_mfa.enrol(request, user, iam, ports)
    except FlowopsError as error:
        stands = (
            f"User {user.name} stands in its groups, without MFA{'' if user.keys else ' and without an access key'}."
        )
        raise users_mfa.partly(error, stands, request) from error


def _delivered(plan: _Plan, user: User, mfa: Enrolment, iam: IamUsers, ports: UsersPorts) -> Delivery:
    try:
        if plan.needs_key:
            return deliver(user, plan.write, plan.wish, iam, ports)
        return Delivery() if plan.write is None else written(plan.write, None, ports)
    except FlowopsError as error:
        if plan.user is not None and not plan.joining and mfa.outcome is not MfaOutcome.ENROLLED:
            raise
        stands = f"User {user.name} stands in its groups{', with MFA' if mfa.serial else ''}."
        raise users_mfa.partly(error, stands, plan.request) from error


def _notes(plan: _Plan, mfa: Enrolment, ports: UsersPorts) -> list[str]:
    name, notes = plan.request.name, []
    if plan.user is not None and plan.user.keys:
        key = plan.user.keys[0]
        rotate = f"flowops users rotate {name}{' --write-profile' if plan.request.write_profile else ''}"
        notes.append(
            f"{name} has access key {key.id} of {key.made:%Y-%m-%d} already, and no second one was made; its secret "
            f"was shown once. For a new one: {rotate}. If nobody ever had it, as after a command that was killed: "
            f"{deleting(name, key.id, ports.config)}, then {plan.request.command()}"
        )
    return [*notes, *mfa_notes(name, mfa)]


def mfa_notes(name: str, mfa: Enrolment) -> list[str]:
    """Return what the operator should know about a user's MFA."""
    adopt = f"flowops users adopt {name}"
    match mfa.outcome:
        case MfaOutcome.LATER:
            return [f"{name} has no MFA device, and no role admits anybody without: {adopt}"]
        case MfaOutcome.FAILED:
            return [f"{name} has no MFA device: no codes were right, and the device was deleted again: {adopt}"]
        case MfaOutcome.ENROLLED | MfaOutcome.KEPT:
            return []
