"""Take a user out of service at once, sessions included, and bring it back."""

from __future__ import annotations

from flowops.errors import Declined, FlowopsError
from flowops.model.user_disabling import is_over, keys_to_activate, sessions_before, shut_out
from flowops.model.user_requests import DisableRequest
from flowops.model.user_results import Switched
from flowops.model.users import DISABLED, REVOKED, Kind, Piece, User, require_name
from flowops.operations.agreeing import require_yes
from flowops.operations.ports.users import IamUsers, UsersPorts
from flowops.operations.users import existing, partly, refuse_own_user

_ROLES_GO_ON = (
    "A role that {name} entered before goes on for up to an hour: IAM console of that account, the role, "
    '"Revoke active sessions"'
)


def disable_user(request: DisableRequest, ports: UsersPorts) -> Switched:
    """Shut a user out, or with `undo` let it in again, and return each thing that was changed.

    Repeated it finishes what an interruption left. Refused for the operator's own user without `allow_own_user`.
    """
    require_name(request.name)
    iam = ports.enter()
    user = existing(request.name, iam)
    if request.undo:
        return _back(user, iam, ports, request)
    if not request.allow_own_user:
        refuse_own_user(user, ports, request.command("--allow-own-user"))
    if not user.disabled:
        _agree(request, ports)
    return _out(user, iam, request)


def _agree(request: DisableRequest, ports: UsersPorts) -> None:
    if request.yes:
        return
    require_yes(
        ports.terminal,
        f"Disable user {request.name}, its keys, its console password and its sessions? [y/N] ",
        unanswered=Declined(
            f"Disabling user {request.name} needs a yes, and nobody is there to give it.",
            next_step=request.command("--yes"),
        ),
        declined=Declined(f"Disabling user {request.name} was declined.", next_step=request.command()),
    )


def _out(user: User, iam: IamUsers, request: DisableRequest) -> Switched:
    """Deny first: whoever holds a session of the user could make an inactive key active again."""
    done: list[str] = []
    active = [it.id for it in user.keys if it.active]
    try:
        if not user.disabled:
            iam.put_policy(user.name, DISABLED, shut_out(active))
            done.append(f"inline policy {DISABLED} denies everything, to sessions that stand, too")
        for key in active:
            iam.activate_key(user.name, key, active=False)
            done.append(f"access key {key} is inactive")
        if user.password:
            iam.take(user.name, Piece(Kind.PASSWORD, ""))
            done.append("console password deleted")
    except FlowopsError as error:
        raise _stuck(error, done, request) from error
    notes = [_ROLES_GO_ON.format(name=user.name) if done else f"{user.name} is disabled already; nothing was changed"]
    notes.append(f"To let the user in again: flowops users disable {user.name} --undo")
    return Switched(user.name, True, tuple(done), tuple(notes))


def _back(user: User, iam: IamUsers, ports: UsersPorts, request: DisableRequest) -> Switched:
    """Let a user in again; sessions from before stay shut out for as long as one can last."""
    done: list[str] = []
    try:
        if user.disabled:
            keys = keys_to_activate(iam.policy(user.name, DISABLED))
            iam.put_policy(user.name, REVOKED, sessions_before(ports.clock()))
            for key in [it.id for it in user.keys if it.id in keys and not it.active]:
                iam.activate_key(user.name, key, active=True)
                done.append(f"access key {key} is active")
            iam.take(user.name, Piece(Kind.INLINE, DISABLED))
            done.append(f"inline policy {DISABLED} is gone; {REVOKED} denies everything to sessions from before now")
        elif REVOKED in user.inline and is_over(iam.policy(user.name, REVOKED), ports.clock()):
            iam.take(user.name, Piece(Kind.INLINE, REVOKED))
            done.append(f"inline policy {REVOKED} is gone: no session is left that it was there for")
    except FlowopsError as error:
        raise _stuck(error, done, request) from error
    return Switched(user.name, False, tuple(done), tuple(_after(user, done)))


def _after(user: User, done: list[str]) -> list[str]:
    if user.disabled:
        return [
            "A console password comes back in the IAM console only",
            f"Once 36 hours have passed, {REVOKED} can go: flowops users disable {user.name} --undo",
        ]
    if done:
        return []
    if REVOKED in user.inline:
        return [f"{user.name} is not disabled; {REVOKED} stays until 36 hours have passed"]
    return [f"{user.name} is not disabled"]


def _stuck(error: FlowopsError, done: list[str], request: DisableRequest) -> FlowopsError:
    error.next_step = f"{request.command()}, which goes on from here"
    return partly(error, f"Done: {'; '.join(done)}.", error.next_step) if done else error
