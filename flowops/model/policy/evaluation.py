"""Allow or deny: the evaluation logic of IAM, with the statement that decided.

IAM User Guide, "Policy evaluation logic" and "How AWS enforcement code logic evaluates requests":

1. An explicit Deny in any policy wins.
2. Within one account an Allow of the resource policy that names the principal is enough, or one of the identity
   policies. Role trust policies and KMS key policies must always allow.
3. Across accounts both sides must allow.
4. Boundary and session policy cap what identity policies allow, and what a resource policy gives a role; a resource
   policy that names a user or a session itself is not capped ("Permissions boundaries for IAM entities").
5. The account's root user needs no identity policy; services and web identities have none.

Service and resource control policies are not evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowops.model.policy.document import Effect, Policy, Statement
from flowops.model.policy.principals import Naming
from flowops.model.policy.request import Request

_POLICY_MUST_ALLOW = ("sts:", "kms:")


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, which policy and statement decided, and one sentence to show.

    `statement` is empty when no statement came near; `reason` has no trailing period.
    """

    allowed: bool
    policy: str
    statement: str
    reason: str


@dataclass(frozen=True)
class _Grant:
    """A statement that speaks about a request, with how it means the caller."""

    policy: Policy
    statement: Statement
    naming: Naming


def evaluate(
    request: Request,
    *,
    identity: Sequence[Policy],
    boundary: Policy | None = None,
    resource: Policy | None = None,
    resource_account: str = "",
    session: Policy | None = None,
) -> Decision:
    """Decide a request as AWS does.

    `identity` holds all policies of the caller (a user's groups included). `resource` is the policy on the resource:
    for sts:AssumeRole the role's trust policy. `resource_account` is the account that owns the resource; empty means
    the one in the resource's ARN, else the caller's.
    """
    caps = tuple(cap for cap in (boundary, session) if cap is not None)
    denial = _denial(request, (*identity, *caps), resource)
    if denial is not None:
        return denial
    grant = _resource_grant(request, resource)
    own = _identity_grant(request, identity)
    owner = resource_account or _account_in(request.resource) or request.principal.account
    foreign = owner != request.principal.account
    if grant is None and (foreign or _must_allow(request, resource)):
        return _resource_refusal(request, resource, owner)
    if own is None and not _stands_alone(request, grant, foreign):
        return _implicit(request, identity, "no identity policy")
    for cap in caps:
        if not _spared(request, grant, foreign) and _allowing(request, cap) is None:
            return _capped(request, cap, is_boundary=cap is boundary)
    return _allowed(request, grant, own)


def _denial(request: Request, policies: Sequence[Policy], resource: Policy | None) -> Decision | None:
    speaking = [(policy, statement) for policy in policies for statement in policy.statements]
    if resource is not None:
        speaking += [(resource, statement) for statement in resource.statements if _naming(statement, request)]
    for policy, statement in speaking:
        if _applies(statement, request, Effect.DENY):
            reason = f"{request.action} is denied by statement {statement.sid} of {policy.name}"
            return Decision(False, policy.name, statement.sid, reason)
    return None


def _applies(statement: Statement, request: Request, effect: Effect) -> bool:
    return statement.effect is effect and statement.covers(request) and not statement.failed_conditions(request)


def _naming(statement: Statement, request: Request) -> Naming:
    return statement.principals.naming(request.principal) if statement.principals else Naming.NOBODY


def _allowing(request: Request, policy: Policy) -> Statement | None:
    return next((s for s in policy.statements if _applies(s, request, Effect.ALLOW)), None)


def _identity_grant(request: Request, identity: Sequence[Policy]) -> _Grant | None:
    for policy in identity:
        statement = _allowing(request, policy)
        if statement is not None:
            return _Grant(policy, statement, Naming.NAMED)
    return None


def _resource_grant(request: Request, resource: Policy | None) -> _Grant | None:
    """Return the Allow of the resource policy that names the caller most directly."""
    if resource is None:
        return None
    grants = [
        _Grant(resource, statement, _naming(statement, request))
        for statement in resource.statements
        if _naming(statement, request) and _applies(statement, request, Effect.ALLOW)
    ]
    return max(grants, key=lambda grant: grant.naming, default=None)


def _account_in(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def _must_allow(request: Request, resource: Policy | None) -> bool:
    return resource is not None and request.action.lower().startswith(_POLICY_MUST_ALLOW)


def _stands_alone(request: Request, grant: _Grant | None, foreign: bool) -> bool:
    """Tell whether the caller needs no identity policy."""
    kind = request.principal.kind
    if kind == "root" or grant is None:
        return kind == "root"
    return kind in ("service", "federated") or (not foreign and grant.naming > Naming.ACCOUNT)


def _spared(request: Request, grant: _Grant | None, foreign: bool) -> bool:
    """Tell whether boundary and session policy do not count."""
    if request.principal.kind in ("root", "service", "federated"):
        return True
    if grant is None or foreign:
        return False
    return grant.naming is Naming.SESSION or (grant.naming is Naming.NAMED and request.principal.kind == "user")


def _allowed(request: Request, grant: _Grant | None, own: _Grant | None) -> Decision:
    deciding = grant or own
    if deciding is None:
        return Decision(True, "", "", f"{request.action} is allowed to the root user of {request.principal.account}")
    sid, name = deciding.statement.sid, deciding.policy.name
    return Decision(True, name, sid, f"{request.action} is allowed by statement {sid} of {name}")


def _resource_refusal(request: Request, resource: Policy | None, owner: str) -> Decision:
    if resource is None:
        caller = request.principal.account
        reason = f"{request.resource} belongs to account {owner} and has no policy that admits account {caller}"
        return Decision(False, "", "", reason)
    return _implicit(request, (resource,), resource.name, needs_principal=True)


def _implicit(request: Request, policies: Sequence[Policy], nobody: str, *, needs_principal: bool = False) -> Decision:
    """Refuse because nothing allows, naming the Allow that came nearest: the one with the fewest unmet conditions."""
    near = [
        (len(failed), policy, statement, failed[0])
        for policy in policies
        for statement in policy.statements
        if statement.effect is Effect.ALLOW and statement.covers(request)
        if not needs_principal or _naming(statement, request)
        if (failed := statement.failed_conditions(request))
    ]
    if not near:
        return _nothing_near(request, policies, nobody, needs_principal)
    _, policy, statement, condition = min(near, key=lambda item: item[0])
    reason = f"statement {statement.sid} of {policy.name} does not hold: {condition.failure(request)}"
    return Decision(False, policy.name, statement.sid, reason)


def _nothing_near(request: Request, policies: Sequence[Policy], nobody: str, needs_principal: bool) -> Decision:
    names = ", ".join(policy.name for policy in policies)
    who = f" to {request.principal.arn}" if needs_principal else ""
    where = f"no statement of {names}" if names else nobody
    return Decision(False, names, "", f"{where} allows {request.action} on {request.resource}{who}")


def _capped(request: Request, cap: Policy, *, is_boundary: bool) -> Decision:
    nearest = _implicit(request, (cap,), cap.name)
    kind = "boundary" if is_boundary else "session policy"
    why = f": {nearest.reason}" if nearest.statement else ""
    reason = f"the {kind} {cap.name} does not allow {request.action} on {request.resource}{why}"
    return Decision(False, cap.name, nearest.statement, reason)
