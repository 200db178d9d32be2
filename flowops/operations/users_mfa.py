"""Give a user a virtual MFA device: by codes read off an app, or by a seed that goes into a file."""

from __future__ import annotations

import re

from flowops.errors import Declined, FlowopsError
from flowops.model import totp
from flowops.model.user_requests import AddRequest, AdoptRequest, Mfa
from flowops.model.user_results import Enrolment, MfaOutcome
from flowops.model.users import User, otpauth_uri
from flowops.operations import users
from flowops.operations.ports.users import IamUsers, NewDevice, UsersPorts

TRIES = 3
_CODE = re.compile(r"[0-9]{6}")

Request = AddRequest | AdoptRequest


def reserve(request: Request, user: User | None, ports: UsersPorts) -> None:
    """Raise, before anything is made, where the device could not be enrolled; a seed's file is made, still empty.

    Declined where codes would have to be asked for and nobody is there.
    """
    if _needs_none(request, user):
        return
    if request.seed_file:
        ports.seeds.reserve(request.seed_file)
    elif not (ports.terminal.interactive and ports.terminal.private):
        why = (
            "shows the device's secret on stderr, which is no terminal but leads elsewhere"
            if ports.terminal.interactive
            else "takes two codes of an authenticator app, and nobody is there to type them"
        )
        raise Declined(
            f"Enrolling an MFA device {why}.",
            next_step=f"{request.command('--mfa-seed-file', 'PATH')}, or {request.command('--mfa', 'later')}",
        )


def give_back(request: Request, user: User | None, ports: UsersPorts) -> None:
    """Delete the file that was reserved for a seed, because nothing came of it."""
    if request.seed_file and not _needs_none(request, user):
        ports.seeds.give_up(request.seed_file)


def _needs_none(request: Request, user: User | None) -> bool:
    return request.mfa is Mfa.LATER or bool(user and user.devices)


def partly(error: FlowopsError, stands: str, request: Request) -> FlowopsError:
    """Return what to raise for an error after the first change: what stands, and the command that goes on."""
    return users.partly(error, stands, f"{request.command()}, which goes on from here")


def enrol(request: Request, user: User, iam: IamUsers, ports: UsersPorts) -> Enrolment:
    """Return what became of the user's MFA; what was begun and came to no end is undone.

    `reserve` has to have been called. FAILED says that no pair of codes was right.
    """
    if user.devices:
        return Enrolment(MfaOutcome.KEPT, user.devices[0])
    if request.mfa is Mfa.LATER:
        return Enrolment(MfaOutcome.LATER)
    try:
        device = iam.create_device(user.name)
    except BaseException:
        give_back(request, user, ports)
        raise
    by_file = bool(request.seed_file)
    try:
        enabled = _by_seed(request, user, device, iam, ports) if by_file else _by_codes(user, device, iam, ports)
    except BaseException:
        _undo(request, user, device, iam, ports)
        raise
    if not enabled:
        _undo(request, user, device, iam, ports)
        return Enrolment(MfaOutcome.FAILED)
    return Enrolment(MfaOutcome.ENROLLED, device.serial, request.seed_file)


def _by_seed(request: Request, user: User, device: NewDevice, iam: IamUsers, ports: UsersPorts) -> bool:
    """Write the seed down first: a device that is enabled and whose seed nobody has locks its user out."""
    ports.seeds.fill(request.seed_file, device.seed)
    # The code before and the one of now: AWS wants two in a row, and nobody has to wait for the next.
    first, second = totp.two_codes_at(device.seed, ports.clock().timestamp() - totp.STEP_SECONDS)
    if iam.enable_device(user.name, device.serial, first, second):
        return True
    ports.terminal.note("AWS refused the codes that flowops computed: is the clock of this machine right?")
    return False


def _by_codes(user: User, device: NewDevice, iam: IamUsers, ports: UsersPorts) -> bool:
    ports.terminal.device(otpauth_uri(user.name, iam.account, device.seed))
    for left in reversed(range(TRIES)):
        first = ports.terminal.ask("Code that the app shows now: ").strip()
        second = ports.terminal.ask("The code after that one: ").strip()
        problem = _wrong(first, second)
        if not problem and iam.enable_device(user.name, device.serial, first, second):
            return True
        problem = problem or "AWS takes these two codes for wrong; they have to follow each other"
        ports.terminal.note(f"{problem}. {f'Once more, with two new codes ({left} left).' if left else ''}".rstrip())
    return False


def _wrong(first: str, second: str) -> str:
    if not (_CODE.fullmatch(first) and _CODE.fullmatch(second)):
        return "A code is 6 digits"
    return "That is the same code twice; the second is the one that the app shows next" if first == second else ""


def _undo(request: Request, user: User, device: NewDevice, iam: IamUsers, ports: UsersPorts) -> None:
    """Delete a device that is not in use, and its seed; where AWS says that it is in use, the seed is needed."""
    try:
        iam.discard_device(device.serial)
    except FlowopsError as error:
        ports.terminal.note(f"{error.happened} Look: flowops users show {user.name}")
        return
    if request.seed_file:
        ports.seeds.give_up(request.seed_file)
