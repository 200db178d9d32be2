"""Replace a user's access key: the old one works until the new one was used, and goes in two steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowops.errors import FlowopsError, Refused, UsageError
from flowops.model.config import Config
from flowops.model.user_requests import RotateRequest
from flowops.model.user_results import Delivery, Rotated
from flowops.model.user_rotation import Rotation, Step, rotation
from flowops.model.users import AccessKey, Kind, Piece, User, reach, require_name
from flowops.operations.ports.users import IamUsers, UsersPorts
from flowops.operations.users import (
    by_hand,
    deleting,
    existing,
    partly,
    require_enabled,
    require_profile_written,
    serial_of,
)
from flowops.operations.users_delivery import Wish, deliver, prove


def rotate_key(request: RotateRequest, ports: UsersPorts) -> Rotated:
    """Do the next step of replacing a user's key and return it with what follows.

    Refused where finishing would leave no key that works, and for a user that is disabled.
    """
    _require_fitting(request)
    iam = ports.enter()
    user = existing(request.name, iam)
    require_enabled(user)
    turn = rotation(user.keys, finish=request.finish)
    if turn.step is Step.MAKE:
        return _made(request, user, turn, iam, ports)
    return _without_new_key(request, user, turn, iam, ports)


def _require_fitting(request: RotateRequest) -> None:
    require_name(request.name)
    require_profile_written(request, request.command("--write-profile"))
    if request.finish and request.write_profile:
        raise UsageError(
            "--finish takes the old key away and makes no new one: there is nothing to write.",
            next_step=f"flowops users rotate {request.name} --finish",
        )


def _made(request: RotateRequest, user: User, turn: Rotation, iam: IamUsers, ports: UsersPorts) -> Rotated:
    """Make the new key; `reach` is what its profiles are for."""
    wish = Wish(request.write_profile, request.profile, request.yes, request.command)
    reaches = reach(user.groups, ports.config.environments)
    serial = serial_of(user, user.name, iam)
    write = prove(user, reaches, serial, wish, ports, iam, new_key=True)
    delivery = deliver(user, write, wish, iam, ports)
    if turn.old is None:
        return Rotated(user.name, turn, delivery)
    state = "goes on working" if turn.old.active else "stays inactive"
    following = (
        f"{turn.old.id} {state}. Use the new key once ({_trial(delivery)}), then: flowops users rotate {user.name}"
    )
    return Rotated(user.name, turn, delivery, following)


def _trial(delivery: Delivery) -> str:
    return f"aws sts get-caller-identity --profile {delivery.profile or 'PROFILE'}"


def _without_new_key(request: RotateRequest, user: User, turn: Rotation, iam: IamUsers, ports: UsersPorts) -> Rotated:
    if turn.old is None or turn.new is None:
        return Rotated(user.name, turn, following=_nothing(user))
    if turn.step is Step.CUT_OFF:
        raise Refused(
            f"{_told(turn.new)} is the newer key of {user.name}, and no key would be left that is known to work.",
            next_step=f"{_trial(Delivery())} with the new key, then {request.command()}",
        )
    _step(request, turn.step, turn.old, iam)
    following = _FOLLOWING[turn.step](user.name, turn.old, turn.new, ports.config)
    return Rotated(user.name, turn, following=following)


def _nothing(user: User) -> str:
    count = "one access key" if user.keys else "no access key"
    return f"{user.name} has {count}: there is nothing to finish."


def _step(request: RotateRequest, step: Step, old: AccessKey, iam: IamUsers) -> None:
    if step in (Step.DEACTIVATE, Step.FINISH):
        iam.activate_key(request.name, old.id, active=False)
    try:
        if step in (Step.DELETE, Step.FINISH):
            iam.take(request.name, Piece(Kind.KEY, old.id))
    except FlowopsError as error:
        if step is Step.DELETE:
            raise
        raise partly(error, f"{old.id} is inactive, and still there.", request.command()) from error


def _told(key: AccessKey) -> str:
    used = f"last used {key.used:%Y-%m-%d %H:%M} UTC" if key.used else "never used"
    return f"{key.id} ({'active' if key.active else 'inactive'}, {used})"


def _waiting(name: str, old: AccessKey, new: AccessKey, config: Config) -> str:
    return (
        f"{name} has two keys, and the newer one, {_told(new)}, is not known to work yet; {_told(old)} stays. AWS "
        f"tells of a use with some delay. Once it was used: flowops users rotate {name}. If its secret was lost: "
        f"{deleting(name, new.id, config)}, then flowops users rotate {name}"
    )


def _busy(name: str, old: AccessKey, new: AccessKey, config: Config) -> str:
    return (
        f"{name} has two keys, and the older one, {_told(old)}, was used after the newer, {_told(new)}: something "
        f"still has it. Give that the new key, or take the old one away: flowops users rotate {name} --finish"
    )


_FOLLOWING: Mapping[Step, Callable[[str, AccessKey, AccessKey, Config], str]] = {
    Step.WAIT: _waiting,
    Step.BUSY: _busy,
    Step.DEACTIVATE: lambda name, old, new, config: (
        f"{old.id} is inactive now, and can be made active again: aws iam update-access-key "
        f"{by_hand(name, config)} {old.id} "
        f"--status Active. If nothing misses it: flowops users rotate {name}"
    ),
    Step.DELETE: lambda name, old, new, config: f"{old.id} is deleted; {new.id} is the key of {name}.",
    Step.FINISH: lambda name, old, new, config: f"{old.id} is deactivated and deleted; {new.id} is the key of {name}.",
}
