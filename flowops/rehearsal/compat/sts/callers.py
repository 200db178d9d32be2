"""Who calls STS: the principal, its policies, and what AWS tells a policy about it.

IAM User Guide, "AWS global condition context keys": which key a request carries for which kind of principal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.iam.models import iam_backends

from flowops.model.policy import Policy, Principal
from flowops.rehearsal.caller import ENGINE_KEY
from flowops.rehearsal.compat.organizations import organization_of
from flowops.rehearsal.compat.sts.sessions import PARTITION, Session, account_of, lasting_key, session_of


@dataclass(frozen=True)
class Caller:
    """A principal with everything that decides what it may do.

    `arn` is what error messages call it; `holders` are the moto entities whose policies count: a role, or a user and
    its groups, the one with the boundary first.
    """

    principal: Principal
    arn: str
    user_id: str
    holders: tuple[Any, ...] = ()
    session: Session | None = None
    tags: tuple[tuple[str, str], ...] = ()
    kind: str = "User"

    def identity(self) -> tuple[Policy, ...]:
        """Return all inline and managed policies; raises InvalidPolicy."""
        return tuple(policy for holder in self.holders for policy in _attached(holder, self.principal.account))

    def boundary(self) -> Policy | None:
        """Return the permissions boundary; one whose policy is gone allows nothing any more."""
        arn = self.holders[0].permissions_boundary_arn if self.holders else None
        if not arn:
            return None
        text = managed_document(self.principal.account, arn)
        return Policy.from_document(arn, text) if text else Policy(arn, ())

    def session_policy(self) -> Policy | None:
        """Return what the session's policies leave of its role; several count as one."""
        if self.session is None or not self.session.policies:
            return None
        name = f"session policy of {self.session.arn}"
        parsed = (Policy.from_document(name, text) for text in self.session.policies)
        return Policy(name, tuple(statement for policy in parsed for statement in policy.statements))

    def context(self, now: datetime) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that speak about this caller."""
        organization, path = organization_of(self.principal.account)
        own = {
            "aws:principalorgid": organization,
            "aws:principalorgpaths": path,
            "aws:principaltype": self.kind,
            "aws:userid": self.user_id,
        }
        tags = {f"aws:principaltag/{name.lower()}": value for name, value in self.tags}
        told = {**own, **tags, **self._of_session(now)}
        return {key: (value,) for key, value in told.items() if value}

    def _of_session(self, now: datetime) -> dict[str, str]:
        """Return the keys of temporary credentials; lasting ones have none of them, MFA included.

        Credentials of AssumeRole carry no MFA information even when MFA was used to get them: IAM User Guide,
        "Secure API access with MFA".
        """
        if self.session is None:
            return {}
        shown = {"aws:tokenissuetime": self.session.issued.isoformat(), "aws:multifactorauthpresent": "false"}
        if self.session.source_identity:
            shown["aws:sourceidentity"] = self.session.source_identity
        if self.session.mfa_at is not None:
            age = int((now - self.session.mfa_at).total_seconds())
            shown |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": str(age)}
        return shown


def caller_of(access_key: str, account: str) -> Caller | None:
    """Return who holds an access key; `account` is where a call of the CloudFormation engine acts."""
    if access_key == ENGINE_KEY:
        return _root(account)
    home = account_of(access_key)
    if home is None:
        return None
    session = session_of(access_key, home)
    if session is not None:
        return _role(session) if session.is_role else _user(home, lambda user: user.id == session.user_id, session)
    key = lasting_key(access_key, home)
    return _user(home, lambda user: user.name == key.user_name) if key else None


def managed_document(account: str, arn: str) -> str | None:
    """Return the text of a managed policy's default version."""
    policy = iam_backends[account][PARTITION].managed_policies.get(arn)
    if policy is None:
        return None
    versions = {version.version_id: version.document for version in policy.versions}
    return str(versions[policy.default_version_id])


def _root(account: str) -> Caller:
    arn = f"arn:aws:iam::{account}:root"
    return Caller(Principal(arn, account), arn, account, kind="Account")


def _user(account: str, is_meant: Callable[[Any], bool], session: Session | None = None) -> Caller | None:
    backend = iam_backends[account][PARTITION]
    user = next((known for known in backend.users.values() if is_meant(known)), None)
    if user is None:
        return None
    return Caller(
        principal=Principal(user.arn, account),
        arn=user.arn,
        user_id=user.id,
        holders=(user, *backend.get_groups_for_user(user.name)),
        session=session,
        tags=pairs(user.tags or []),
    )


def _role(session: Session) -> Caller | None:
    """Return the role behind a session; a role that was made again under the same name is another one."""
    role = iam_backends[session.account][PARTITION].roles.get(session.user_id.partition(":")[0])
    if role is None:
        return None
    tags = {**dict(pairs(role.tags)), **dict(session.tags)}
    return Caller(
        principal=Principal(role.arn, session.account, session.arn),
        arn=session.arn,
        user_id=session.user_id,
        holders=(role,),
        session=session,
        tags=tuple(tags.items()),
        kind="AssumedRole",
    )


def _attached(holder: Any, account: str) -> Iterator[Policy]:
    """Yield the inline and managed policies of a user, group or role."""
    for name, document in holder.policies.items():
        text = document if isinstance(document, str) else json.dumps(document)
        yield Policy.from_document(f"policy {name} of {holder.arn}", text)
    for arn in holder.managed_policies:
        if managed := managed_document(account, arn):
            yield Policy.from_document(f"policy {arn} of {holder.arn}", managed)


def pairs(tags: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return tags as moto keeps them as pairs of name and value."""
    return tuple((tag["Key"], tag["Value"]) for tag in tags)
