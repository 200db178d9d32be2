"""Profiles, callers, MFA and roles: what each means."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from flowops.model.access import Access
from flowops.model.clock import TOLERATED
from flowops.model.config import SECURITY, Config
from flowops.model.doctor import Line, doubtful, fine, untold, wrong
from flowops.model.doctor_facts import Caller, Device, Role
from flowops.model.drift.people import PATH
from flowops.model.duration import spell
from flowops.model.policy import InvalidPolicy, Policy, Principal, Request, evaluate
from flowops.model.profile_chains import remedies_of
from flowops.operations.doctor.decisions import ANYTHING

ROLE_SECONDS = 3600
"""A session of a role that is assumed by a role or a session ends after an hour, whatever the role itself allows.

IAM User Guide, "Methods to assume a role", role chaining.
"""


def profiles(config: Config, known: Collection[str], files: str) -> Iterator[Line]:
    """Judge which profiles of flowops.yaml stand in AWS's own files; only the operator's is needed for an apply."""
    operator, management = config.operator.profile, config.management.profile
    by_hand, remedies = [it.profile for it in config.accounts.values()], remedies_of(config, operator)
    missing = [name for name in dict.fromkeys((operator, management, *by_hand)) if name not in known]
    if operator in missing:
        text = f"{files} hold no profile {operator!r}, with which flowops plans and applies"
        yield wrong("profiles", text, remedies[operator])
    if management in missing and management != operator:
        text = f"{files} hold no profile {management!r}: only who bootstraps and manages users needs it"
        yield doubtful("profiles", text, remedies[management])
    if lacking := [it for it in missing if it not in (operator, management)]:
        text = f"{files} hold no profile {', '.join(lacking)}, with which people work by hand"
        yield doubtful("profiles", text, "flowops profiles write")
    if not missing:
        yield fine("profiles", f"{files} hold every profile of flowops.yaml")


def mfa_serial(profile: str, settings: Mapping[str, str], devices: Collection[Device], example: str) -> Line:
    """Judge the MFA device that the operator's profile names; `devices` are the user's own, as far as AWS tells them.

    A profile that is no user's keys needs none.
    """
    if any(it in settings for it in ("role_arn", "sso_session", "sso_start_url", "credential_process")):
        return fine("mfa-serial", f"profile {profile} is no user's keys: MFA is its source's business")
    named, serials = settings.get("mfa_serial", ""), [it.serial for it in devices]
    right = serials[0] if serials else example
    mend = f"aws configure set mfa_serial {right} --profile {profile}"
    if not named:
        return wrong("mfa-serial", f"profile {profile} names no mfa_serial, and the roles want MFA", mend)
    if serials and named not in serials:
        return wrong("mfa-serial", f"profile {profile} names {named}, but the user's device is {right}", mend)
    return fine("mfa-serial", f"profile {profile} names {named}")


def clock(difference: timedelta) -> Line:
    """Judge how far this machine's clock is ahead of AWS's."""
    if abs(difference) <= TOLERATED:
        return fine("clock", f"within {spell(TOLERATED.total_seconds())} of AWS's")
    way = "ahead of" if difference > timedelta() else "behind"
    text = f"this machine is {spell(abs(difference).total_seconds())} {way} AWS, which refuses from five minutes on"
    return wrong("clock", text, "sudo timedatectl set-ntp true")


def operator(found: Caller, config: Config) -> Line:
    """Judge who the operator is: somebody of the security account; a user below /flowable/, whom alone roles admit."""
    profile, expected = config.operator.profile, config.accounts[SECURITY].id
    if found.account != expected:
        text = f"profile {profile} belongs to account {found.account}, but the security account is {expected}"
        return wrong("operator", text, remedies_of(config, profile)[profile])
    if found.user and not found.path.startswith(PATH):
        text = f"user {found.user} stands at path {found.path}, but the roles admit users below {PATH} only"
        return wrong("operator", text, f"flowops users adopt {found.user}")
    return fine("operator", f"profile {profile} is {found.arn}")


def operator_mfa(found: Caller, devices: Collection[Device]) -> Line:
    """Judge whether the operator has an MFA device."""
    if not found.user:
        return fine("operator-mfa", f"{found.arn} is no user: MFA is its source's business")
    if not devices:
        text = f"user {found.user} has no MFA device, and the roles want MFA"
        return wrong("operator-mfa", text, f"flowops users adopt {found.user}")
    return fine("operator-mfa", f"user {found.user} has {', '.join(it.serial for it in devices)}")


def session(left: timedelta | None) -> Line:
    """Return the line of an operator who has a session; `left` is None where it does not end, or renews itself."""
    if left is None:
        return fine("operator-session", "the operator's credentials last, or renew themselves")
    return fine("operator-session", f"the session with MFA lasts another {spell(left.total_seconds())}")


def no_session(profile: str, environment: str) -> Line:
    """Return the line of an operator of whom no session with MFA is kept."""
    text = f"no session with MFA of profile {profile} is kept that lasts; doctor asks for no code"
    return untold("operator-session", text, f"flowops auth whoami {environment}")


def trust(role: Role, security: str, organization: str, mend: Callable[[], str]) -> Line:
    """Judge whom a role admits: operators with MFA, and none without."""
    try:
        policy = Policy.from_document(f"the trust policy of {role.name}", role.trust)
        admitted = _admits(policy, role.arn, security, organization, mfa=True)
        open_to = _admits(policy, role.arn, security, organization, mfa=False)
    except InvalidPolicy as error:
        return wrong("role-trust", f"{role.arn}: {error}", mend())
    if open_to.allowed:
        text = f"{role.arn} admits operators without MFA: {open_to.reason}"
        return wrong("role-trust", text, mend())
    if not admitted.allowed:
        return wrong("role-trust", f"{role.arn} admits no operator: {admitted.reason}", mend())
    return fine("role-trust", f"{role.arn} admits operators with MFA, and none without")


def _admits(policy: Policy, role: str, security: str, organization: str, *, mfa: bool) -> Any:
    person = Principal(f"arn:aws:iam::{security}:user{PATH}somebody", security)
    shown = {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": ("60",)} if mfa else {}
    request = Request(person, "sts:AssumeRole", role, {"aws:principalorgid": (organization,), **shown})
    return evaluate(request, identity=(ANYTHING,), resource=policy)


def trust_command(role: str, expected: Mapping[str, Any] | None, profile: str, environment: str) -> str:
    """Return what gives a role the trust policy that its stack made; without that, what shows the difference."""
    if expected is None:
        return f"flowops drift {environment}"
    document = shlex.quote(json.dumps(expected, separators=(",", ":")))
    return f"aws iam update-assume-role-policy --role-name {role} --policy-document {document} --profile {profile}"


def duration(role: Role, profile: str) -> Line:
    """Judge how long a session of a role may last: longer than an hour serves nobody but a thief."""
    if role.longest == ROLE_SECONDS:
        return fine("role-duration", f"{role.arn}: {spell(role.longest)} at most")
    text = f"{role.arn} allows sessions of {spell(role.longest)}, its template says {spell(ROLE_SECONDS)}"
    mend = f"aws iam update-role --role-name {role.name} --max-session-duration {ROLE_SECONDS} --profile {profile}"
    return doubtful("role-duration", text, mend)


def entered(account: str, id_: str, who: str) -> Line:
    """Return the line of an account that can be entered."""
    return fine("account-access", f"{account} ({id_}): as {who}")


def refused_role(environment: str, access: Access, why: str, user: str) -> Line:
    """Return the line of a role that the operator may not assume."""
    adding = f"flowops users adopt {user} --group {environment}_dev_ops_admin"
    text = f"the operator may not become {access.value} of {environment}: {why}"
    return wrong("operator-roles", text, adding if user else f"flowops auth check {environment}")
