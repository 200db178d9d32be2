"""Laws of the evaluation that hold for any policies."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowops.model.policy import Policy, Principal, Request, evaluate

ACCOUNTS = ("111111111111", "222222222222")
ACTIONS = ("s3:GetObject", "s3:PutObject", "sts:AssumeRole", "kms:Decrypt")
RESOURCES = ("arn:aws:s3:::bucket/a", "arn:aws:iam::222222222222:role/x", "arn:aws:kms:eu-central-1:111111111111:key/k")

principals = st.sampled_from(
    [
        Principal(f"arn:aws:iam::{account}:{name}", account)
        for account in ACCOUNTS
        for name in ("user/u", "role/r", "root")
    ]
)
conditions = st.sampled_from(
    [
        None,
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}},
        {"Null": {"sts:ExternalId": "true"}},
    ]
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "aws:multifactorauthpresent": st.sampled_from([("true",), ("false",)]),
        "aws:requestedregion": st.sampled_from([("eu-central-1",), ("us-east-1",)]),
        "sts:externalid": st.just(("x",)),
    },
)


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    condition = draw(conditions)
    named = st.sampled_from(["*", {"AWS": ACCOUNTS[0]}, {"AWS": f"arn:aws:iam::{ACCOUNTS[1]}:role/r"}])
    return {
        "Effect": effect or draw(st.sampled_from(["Allow", "Deny"])),
        "Action": draw(st.sampled_from([*ACTIONS, "*", "s3:*"])),
        "Resource": draw(st.sampled_from([*RESOURCES, "*"])),
        "Principal": draw(named),
        **({"Condition": condition} if condition else {}),
    }


def policies(name: str) -> st.SearchStrategy[Policy]:
    return st.lists(statements(), max_size=4).map(lambda listed: _policy(name, listed))


def _policy(name: str, listed: list[dict[str, Any]]) -> Policy:
    return Policy.from_document(name, {"Version": "2012-10-17", "Statement": listed})


requests = st.builds(Request, principals, st.sampled_from(ACTIONS), st.sampled_from(RESOURCES), contexts)
sides = st.fixed_dictionaries(
    {
        "identity": st.lists(policies("identity"), max_size=2),
        "boundary": st.none() | policies("boundary"),
        "resource": st.none() | policies("resource"),
        "session": st.none() | policies("session"),
        "resource_account": st.sampled_from(["", *ACCOUNTS]),
    }
)
EVERYTHING = {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}


def _with(policy: Policy | None, statement: dict[str, Any]) -> Policy:
    extra = _policy("extra", [statement]).statements
    return Policy(policy.name, (*policy.statements, *extra)) if policy else Policy("extra", extra)


@settings(deadline=None)
@given(requests, sides, st.sampled_from(["identity", "boundary", "resource", "session"]))
def test_an_explicit_deny_always_wins(request: Request, given: dict[str, Any], where: str) -> None:
    denying = _with(None if where == "identity" else given[where], EVERYTHING)
    changed = {**given, where: [*given["identity"], denying] if where == "identity" else denying}
    assert not evaluate(request, **changed).allowed


@settings(deadline=None)
@given(requests, sides, statements("Allow"), st.sampled_from(["identity", "boundary", "resource", "session"]))
def test_one_more_allow_never_takes_anything_away(
    request: Request, given: dict[str, Any], more: dict[str, Any], where: str
) -> None:
    if where != "identity" and given[where] is None:
        return  # A first boundary or session policy restricts, whatever it says.
    richer = _with(None if where == "identity" else given[where], more)
    changed = {**given, where: [*given["identity"], richer] if where == "identity" else richer}
    if evaluate(request, **given).allowed:
        assert evaluate(request, **changed).allowed


@settings(deadline=None)
@given(requests, sides, policies("cap"))
def test_one_more_cap_never_gives_anything(request: Request, given: dict[str, Any], cap: Policy) -> None:
    without = {**given, "boundary": None}
    if not evaluate(request, **without).allowed:
        assert not evaluate(request, **{**given, "boundary": cap}).allowed


@settings(deadline=None)
@given(requests, sides)
def test_every_decision_names_what_decided_in_one_sentence(request: Request, given: dict[str, Any]) -> None:
    decision = evaluate(request, **given)
    assert decision.reason
    assert "\n" not in decision.reason
    assert not decision.reason.endswith(".")
    assert decision.statement == "" or decision.policy


@settings(deadline=None)
@given(requests, sides)
def test_without_any_allow_only_the_root_user_at_home_is_allowed(request: Request, given: dict[str, Any]) -> None:
    bare = {**given, "identity": [], "resource": None}
    if evaluate(request, **bare).allowed:
        assert request.principal.kind == "root"
