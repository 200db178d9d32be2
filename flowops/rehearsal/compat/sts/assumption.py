"""AssumeRole: both sides must allow, and the session lives no longer than the role and the chain permit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from flowops.model.policy import Decision, InvalidPolicy, Policy, Request, evaluate
from flowops.rehearsal.compat.organizations import organization_of
from flowops.rehearsal.compat.patching import Function
from flowops.rehearsal.compat.sts.admission import holder_of
from flowops.rehearsal.compat.sts.callers import Caller, managed_document
from flowops.rehearsal.compat.sts.errors import AccessDenied, MalformedPolicyDocument, ValidationError
from flowops.rehearsal.compat.sts.mfa import proven_at
from flowops.rehearsal.compat.sts.sessions import PARTITION, Session, end_of, remember
from flowops.rehearsal.compat.sts.tokens import credentials

ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(.+)")
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}")
SHORTEST, DEFAULT, LONGEST_OF_CHAIN = 900, 3_600, 3_600


@dataclass(frozen=True)
class Wish:
    """What an AssumeRole request asks for."""

    role: str
    name: str
    seconds: int
    external_id: str = ""
    source_identity: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    def context(self) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that the request itself sets (IAM User Guide, "IAM and AWS STS condition keys")."""
        told = {
            "sts:rolesessionname": self.name,
            "sts:externalid": self.external_id,
            "sts:sourceidentity": self.source_identity,
            "sts:durationseconds": str(self.seconds),
            **{f"aws:requesttag/{name.lower()}": value for name, value in self.tags},
        }
        several = {"aws:tagkeys": tuple(name for name, _ in self.tags), "sts:transitivetagkeys": self.transitive}
        return {key: (value,) for key, value in told.items() if value} | {k: v for k, v in several.items() if v}

    def actions(self) -> Iterator[str]:
        """Yield what has to be allowed: tags and a source identity need permissions of their own."""
        yield "sts:AssumeRole"
        if self.tags:
            yield "sts:TagSession"
        if self.source_identity:
            yield "sts:SetSourceIdentity"


def assume_role(now: Callable[[], datetime], original: Function, self: Any) -> ActionResult:
    """Issue credentials of a role; AccessDenied names the statement that decided."""
    caller, moment = holder_of(self), now()
    wish = _wish(self, caller)
    role = _existing(wish.role, caller)
    mfa_at = proven_at(caller, self._get_param("SerialNumber"), self._get_param("TokenCode"), moment)
    context = {**caller.context(moment), **wish.context(), **surroundings(role, self.region, moment)}
    if mfa_at is not None:
        context |= {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": ("0",)}
    for action in wish.actions():
        decision = _decide(caller, action, role, context)
        if not decision.allowed:
            raise _denied(caller.arn, action, role.arn, decision.reason)
    check_duration(wish.seconds, role, chained=caller.session is not None and caller.session.is_role)
    return issue(self, role, wish, moment)


def surroundings(role: Any, region: str, moment: datetime) -> dict[str, tuple[str, ...]]:
    """Return the condition keys of place, time and resource.

    The loopback address stands for the caller's network, and the emulator's plain HTTP for AWS's TLS endpoint, which
    no caller can avoid: a policy that denies insecure transport denies nobody here.
    """
    organization, path = organization_of(role.account_id)
    told = {
        "aws:sourceip": "127.0.0.1",
        "aws:securetransport": "true",
        "aws:requestedregion": region,
        "aws:currenttime": moment.isoformat(),
        "aws:epochtime": str(int(moment.timestamp())),
        "aws:resourceaccount": role.account_id,
        "aws:resourceorgid": organization,
        "aws:resourceorgpaths": path,
        **{f"aws:resourcetag/{tag['Key'].lower()}": tag["Value"] for tag in role.tags},
        **{f"iam:resourcetag/{tag['Key'].lower()}": tag["Value"] for tag in role.tags},
    }
    return {key: (value,) for key, value in told.items() if value}


def trust_policy(role: Any) -> Policy:
    """Return a role's trust policy under the name that decisions cite."""
    document = role.assume_role_policy_document
    text = document if isinstance(document, str) else json.dumps(document)
    return Policy.from_document(f"trust policy of {role.arn}", text)


def role_at(arn: str) -> Any:
    """Return the role with exactly this ARN, path included, or None."""
    found = ROLE_ARN.fullmatch(arn)
    roles = iam_backends[found[1]][PARTITION].roles.values() if found else ()
    return next((role for role in roles if role.arn == arn), None)


def check_duration(seconds: int, role: Any, *, chained: bool) -> None:
    """Refuse a session that is too long or too short (STS API Reference, AssumeRole, DurationSeconds)."""
    if chained and seconds > LONGEST_OF_CHAIN:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if seconds > int(role.max_session_duration or DEFAULT):
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if seconds < SHORTEST:
        raise ValidationError(
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
            f"Member must have value greater than or equal to {SHORTEST}"
        )


def issue(self: Any, role: Any, wish: Wish, moment: datetime) -> ActionResult:
    """Make the session and return the answer."""
    assumed = sts_backends[role.account_id][PARTITION].assume_role(
        region_name=self.region,
        role_session_name=wish.name,
        role_arn=role.arn,
        policy=None,
        duration=wish.seconds,
        external_id=wish.external_id,
    )
    session = Session(
        access_key=assumed.access_key_id,
        token=assumed.session_token,
        account=role.account_id,
        principal=role.arn,
        arn=assumed.arn,
        user_id=f"{role.id}:{wish.name}",
        issued=moment,
        expires=end_of(moment, wish.seconds),
        tags=wish.tags,
        transitive=wish.transitive,
        source_identity=wish.source_identity,
        policies=wish.policies,
    )
    remember(session)
    answer = {
        "Credentials": credentials(session, assumed.secret_access_key),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 6,
    }
    return ActionResult({**answer, "SourceIdentity": wish.source_identity} if wish.source_identity else answer)


def _wish(self: Any, caller: Caller) -> Wish:
    _check(self._get_param("RoleArn") or "", ROLE_ARN, "roleArn")
    wish = Wish(
        role=self._get_param("RoleArn"),
        name=self._get_param("RoleSessionName") or "",
        seconds=self._get_int_param("DurationSeconds", DEFAULT),
        external_id=self._get_param("ExternalId") or "",
        source_identity=self._get_param("SourceIdentity") or (caller.session.source_identity if caller.session else ""),
        tags=_tags(self, caller),
        transitive=_transitive(self, caller),
        policies=_policies(self),
    )
    _check(wish.name, SESSION_NAME, "roleSessionName")
    if wish.source_identity:
        _check_source(wish, caller)
    if self._get_param("ExternalId") is not None:
        _check(wish.external_id, EXTERNAL_ID, "externalId")
    return wish


def _check_source(wish: Wish, caller: Caller) -> None:
    """Refuse a source identity that is none, or another than that of the session: it stays, role after role.

    IAM User Guide, "Monitor and control actions taken with assumed roles". What AWS answers is not documented.
    """
    _check(wish.source_identity, SESSION_NAME, "sourceIdentity")
    before = caller.session.source_identity if caller.session else ""
    if before and before != wish.source_identity:
        why = f"the session was begun with the source identity {before}"
        raise _denied(caller.arn, "sts:SetSourceIdentity", wish.role, why)


def _check(value: str, pattern: re.Pattern[str], name: str) -> None:
    if not pattern.fullmatch(value):
        raise ValidationError(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {pattern.pattern}"
        )


def _tags(self: Any, caller: Caller) -> tuple[tuple[str, str], ...]:
    """Return the session's tags: those of a chained session that are transitive come first and stay."""
    own = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
    return tuple({**own, **_handed_on(caller)}.items())


def _transitive(self: Any, caller: Caller) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*_handed_on(caller), *(self._get_param("TransitiveTagKeys") or [])]))


def _handed_on(caller: Caller) -> Mapping[str, str]:
    if caller.session is None:
        return {}
    return {name: value for name, value in caller.session.tags if name in caller.session.transitive}


def _policies(self: Any) -> tuple[str, ...]:
    """Return the session policies: one in the request, and managed ones of the role's account."""
    account = self._get_param("RoleArn").split(":")[4]
    inline = self._get_param("Policy")
    texts = [inline] if inline else []
    for item in self._get_param("PolicyArns") or []:
        text = managed_document(account, item["arn"])
        if text is None:
            raise MalformedPolicyDocument(f"The policy {item['arn']} does not exist in account {account}.")
        texts.append(text)
    return tuple(texts)


def _existing(arn: str, caller: Caller) -> Any:
    """Return the role; one that is not there is answered like one that must not be assumed."""
    role = role_at(arn)
    if role is None:
        raise _denied(caller.arn, "sts:AssumeRole", arn, "there is no role with this ARN")
    return role


def _decide(caller: Caller, action: str, role: Any, context: Mapping[str, tuple[str, ...]]) -> Decision:
    try:
        return evaluate(
            Request(caller.principal, action, role.arn, context),
            identity=caller.identity(),
            boundary=caller.boundary(),
            resource=trust_policy(role),
            resource_account=role.account_id,
            session=caller.session_policy(),
        )
    except InvalidPolicy as wrong:
        raise MalformedPolicyDocument(wrong.happened) from wrong


def _denied(caller: str, action: str, resource: str, why: str) -> AccessDenied:
    return AccessDenied(f"User: {caller} is not authorized to perform: {action} on resource: {resource} ({why})")
