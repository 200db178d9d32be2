"""A probe request with its verdict, and how it is judged with the policies of the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowops.model.policy import Decision, Effect, Policy, Request, evaluate
from tests.unit.bootstrap.actors import ACTORS, ADMINISTRATOR, Actor
from tests.unit.bootstrap.resolve import (
    BUCKET,
    DEV,
    GITLAB,
    LOG_BUCKET,
    ON_GITLAB,
    ORGANIZATION,
    REGION,
    SECURITY,
)

Context = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """`who` asks for `action` on `resource`; `by` is the `policy/Sid` that decides.

    A refusal has an empty `by` where no Deny speaks and nothing allows; it may name the Allow that almost did.
    `context` is laid over what AWS fills in; an empty value takes a key away. `note` says which call of a layer the
    request stands for, or which mishap. `one_sided` leaves the policy of the resource out: what holds a request that
    crosses accounts has to hold it on the caller's side too.
    """

    who: str
    action: str
    resource: str
    allowed: bool
    by: str = ""
    context: Context = field(default_factory=dict)
    note: str = ""
    one_sided: bool = False

    @property
    def actor(self) -> Actor:
        return ACTORS[self.who]

    @property
    def guard(self) -> str:
        """The name of the policy that stands on the resource; empty where ours stands on none."""
        found = "" if self.one_sided else guard_of(self.action, self.resource)
        return found + ON_GITLAB if any(key.startswith(f"{GITLAB}:") for key in self.context) else found

    @property
    def uses(self) -> frozenset[str]:
        """The names of all documents that AWS would look at."""
        return frozenset({*self.actor.policies, self.actor.boundary, self.guard} - {""})

    def __str__(self) -> str:
        verb = "may" if self.allowed else "may not"
        extra = f" with {dict(self.context)}" if self.context else ""
        return f"{self.who} {verb} {self.action} on {self.resource}{extra}"


def may(who: str, action: str, resource: str, by: str, note: str = "", **more: Context) -> Case:
    return Case(who, action, resource, True, by, more.get("context", {}), note)


def may_not(who: str, action: str, resource: str, by: str = "", note: str = "", **more: Context) -> Case:
    return Case(who, action, resource, False, by, more.get("context", {}), note)


def judge(case: Case, policies: Mapping[str, Policy]) -> Decision:
    """Evaluate a probe as AWS would."""
    actor = case.actor
    identity = [policies[name] for name in actor.policies] + [ADMINISTRATOR] * actor.administrator
    return evaluate(
        Request(actor.principal, case.action, case.resource, _context(case)),
        identity=identity,
        boundary=policies.get(actor.boundary),
        resource=policies.get(case.guard),
        resource_account=_owner(case),
    )


def keeps_promise(case: Case, decision: Decision, policies: Mapping[str, Policy]) -> bool:
    """Tell whether a probe met the verdict that its case promises, by the statement that it names."""
    named = cited(decision) == case.by or (not case.by and not denies(decision, policies))
    return decision.allowed == case.allowed and named


def cited(decision: Decision) -> str:
    """Return the `policy/Sid` that decided, empty where no statement came near."""
    return f"{decision.policy}/{decision.statement}" if decision.statement else ""


def guard_of(action: str, arn: str) -> str:
    """Return the name of the policy that stands on a resource; empty where ours stands on none."""
    if action.startswith("sts:"):
        ours = f"::{DEV}:role/flowable/" in arn or f"::{SECURITY}:role/flowable/FlowopsCi" in arn
        return f"{arn.rpartition('/')[2]}/trust" if ours else ""
    if arn.startswith("arn:aws:s3:::"):
        bucket = arn.removeprefix("arn:aws:s3:::").partition("/")[0]
        return {BUCKET: "StateBucketPolicy", LOG_BUCKET: "AccessLogBucketPolicy"}.get(bucket, "")
    if f":{SECURITY}:key/" in arn:
        return arn.rpartition("/")[2]
    if f":{SECURITY}:secret:" in arn:
        return "RepositorySecretPolicy" if "/repository-" in arn else "LicenseSecretPolicy"
    return ""


def denies(decision: Decision, policies: Mapping[str, Policy]) -> bool:
    """Tell whether an explicit Deny decided."""
    statements = policies[decision.policy].statements if decision.policy in policies else ()
    return any(s.sid == decision.statement and s.effect is Effect.DENY for s in statements)


def _owner(case: Case) -> str:
    if case.one_sided:
        return case.actor.principal.account
    return SECURITY if case.guard.endswith("BucketPolicy") else ""


def _context(case: Case) -> dict[str, tuple[str, ...]]:
    own = _service() if case.actor.principal.kind == "service" else _caller(case.action)
    return {key: (value,) if value else () for key, value in {**own, **case.context}.items()}


def _caller(action: str) -> Context:
    return {
        "aws:principalorgid": ORGANIZATION,
        "aws:principalisawsservice": "false",
        "aws:requestedregion": "us-east-1" if action.startswith("iam:") else REGION,
        "aws:securetransport": "true",
        "s3:tlsversion": "1.3" if action.startswith("s3:") else "",
    }


def _service() -> Context:
    return {"aws:principalisawsservice": "true", "aws:securetransport": "true", "aws:requestedregion": REGION}
