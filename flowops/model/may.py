"""What a caller may do: requests held against the documents that can be read, and what cannot be told without others.

A document that cannot be read may allow or deny anything. So a request is denied where the others deny it whatever
that one says; else nobody can tell. Service and resource control policies are seen by nobody here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from flowops.model.policy import Decision, Effect, Policy, Principal, Request, Statement, evaluate

_ANYTHING = {"Sid": "Unread", "Effect": "Allow", "Action": "*", "Resource": "*"}


class Owner(Enum):
    """On what a document stands, or what it is to the caller."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"
    BOUNDARY = "boundary"
    TRUST = "trust"
    RESOURCE = "resource"


@dataclass(frozen=True)
class Document:
    """One policy document, or what stands for several that cannot even be listed; `policy` None where it is unread.

    `name` says in words which one it is, and decisions cite it; `problem` why it is unread.
    """

    owner: Owner
    name: str
    policy: Policy | None = None
    problem: str = ""


@dataclass(frozen=True)
class Holder:
    """A caller with all that decides what it may do.

    `facts` are condition keys of its session. `doubt` says why its own ARN is not known for sure, empty where it is.
    """

    principal: Principal
    identity: tuple[Document, ...] = ()
    boundary: Document | None = None
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    doubt: str = ""

    @property
    def documents(self) -> tuple[Document, ...]:
        """Return its documents, the boundary last."""
        return (*self.identity, *((self.boundary,) if self.boundary else ()))


class May(Enum):
    """The answer to one request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """An answer with its reason; `owner` and `policy` name the one document that decided, `statement` the one in it.

    `near` says that the statement almost allowed it; `besides` names the caller's own where another's was cited.
    """

    may: May
    reason: str
    owner: Owner | None = None
    policy: str = ""
    statement: str = ""
    near: bool = False
    besides: str = ""

    @property
    def brief(self) -> str:
        """Return the reason without what was asked, for who has that before them."""
        if self.may is May.CANNOT_TELL:
            return self.reason
        if not self.statement:
            return f"no statement of {self.policy} allows it" if self.policy else "no statement allows it"
        by = f"{self.statement} of {self.policy}"
        if self.may is May.ALLOWED:
            return f"{by}; {self.besides}" if self.besides else by
        return f"nearly {by}:{self.reason.partition(' does not hold:')[2]}" if self.near else f"denied by {by}"


def judge(request: Request, holder: Holder, resource: Document | None = None, owner: str = "") -> Verdict:
    """Return whether the holder may do this, by the documents that are read.

    `resource` is the policy on the resource, None where none stands there; `owner` the account that owns it.
    """
    request = replace(request, principal=holder.principal, context={**request.context, **holder.facts})
    if holder.doubt:
        return Verdict(May.CANNOT_TELL, holder.doubt)
    documents = (*holder.documents, *((resource,) if resource else ()))
    unread = [it for it in documents if it.policy is None]
    decision = evaluate(
        request,
        identity=[_own(it) for it in holder.identity],
        boundary=holder.boundary.policy if holder.boundary else None,
        resource=_on_it(resource),
        resource_account=owner,
    )
    if decision.allowed and unread:
        return Verdict(May.CANNOT_TELL, "; ".join(f"{it.name}: {it.problem}" for it in unread))
    return _verdict(decision, request, holder, resource, documents)


def _own(document: Document) -> Policy:
    """Return a policy of the caller; an unread one is taken to allow everything."""
    return document.policy or Policy.from_document(document.name, {"Statement": [_ANYTHING]})


def _on_it(document: Document | None) -> Policy | None:
    if document is None:
        return None
    everybody = {**_ANYTHING, "Principal": "*"}
    return document.policy or Policy.from_document(document.name, {"Statement": [everybody]})


def _verdict(
    decision: Decision, request: Request, holder: Holder, resource: Document | None, documents: tuple[Document, ...]
) -> Verdict:
    by = next((it for it in documents if it.policy and it.policy.name == decision.policy), None)
    found = Verdict(
        May.ALLOWED if decision.allowed else May.DENIED,
        decision.reason,
        by.owner if by else None,
        decision.policy if by else "",
        decision.statement,
    )
    if not decision.allowed and not decision.statement:
        return replace(found, reason=_nothing(decision, request, documents))
    if not decision.allowed:
        return replace(found, near=not _forbids(by, decision.statement))
    besides = _besides(request, holder, resource, decision)
    reason = f"{decision.reason}; and by statement {besides}" if besides else decision.reason
    return replace(found, reason=reason, besides=besides)


def _nothing(decision: Decision, request: Request, documents: tuple[Document, ...]) -> str:
    """Say that nothing allows a request; all policies of somebody in many groups would fill a page."""
    several = decision.policy.count(", ") > 1
    allowing = f"allows {request.action} on {request.resource}"
    return f"no statement of {len(documents)} policies {allowing}" if several else decision.reason


def _forbids(document: Document | None, sid: str) -> bool:
    statements: tuple[Statement, ...] = document.policy.statements if document and document.policy else ()
    return any(it.sid == sid and it.effect is Effect.DENY for it in statements)


def _besides(request: Request, holder: Holder, resource: Document | None, decision: Decision) -> str:
    """Return the caller's own side where the resource's policy was cited: across accounts both have to allow."""
    if resource is None or resource.policy is None or resource.policy.name != decision.policy:
        return ""
    identity = [it.policy for it in holder.identity if it.policy]
    own = evaluate(request, identity=identity, resource_account=holder.principal.account)
    return f"{own.statement} of {own.policy}" if own.allowed and own.statement else ""


@dataclass(frozen=True)
class MayRow:
    """One request of a verb, made by the operator or in a role, with its answer."""

    verb: str
    by: str
    action: str
    resource: str
    verdict: Verdict


@dataclass(frozen=True)
class MayCheck:
    """What `caller` may do in an environment; `role` is the one that stands for every other, empty for none."""

    environment: str
    caller: str
    role: str
    rows: tuple[MayRow, ...]

    def verbs(self) -> Mapping[str, May]:
        """Return the answer for each verb: allowed where every request of it is, denied where one is."""
        found: dict[str, May] = {}
        for row in self.rows:
            found[row.verb] = worse(found.get(row.verb, May.ALLOWED), row.verdict.may)
        return found


_BADNESS = (May.ALLOWED, May.CANNOT_TELL, May.DENIED)


def worse(one: May, other: May) -> May:
    """Return what holds for both together."""
    return max(one, other, key=_BADNESS.index)
