"""From what was called to what had to be allowed.

An API call and its permission often differ in name, one call may need several permissions, and conditions ask for
things that stand in the call. `requests_of` turns one recorded call of a rehearsal into the requests that IAM would
evaluate, so that a test can hold a role's policies, its boundary and the policies of buckets and keys against all that
was really called.

Sources: the Service Authorization Reference for actions, resources, condition keys and dependent actions; the tables
name further pages. An operation in none of them needs the action of its own name on the resource that its parameters
name, else on `*`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flowops.model.authorization import companions, encryption, identity, keys, passing, resources, s3, tagging
from flowops.model.authorization.call import Call, Need
from flowops.model.authorization.circumstances import facts_of, principal_of
from flowops.model.authorization.history import History
from flowops.model.policy import Request

Rule = Callable[[Call, History], Iterator[Need]]

_OWN_RULES: Mapping[str, Rule] = {
    "iam": identity.iam_needs_of,
    "kms": keys.needs_of,
    "s3": s3.needs_of,
    "sts": identity.sts_needs_of,
}
_IMPLIED: tuple[Rule, ...] = (passing.needs_of, encryption.needs_of, companions.needs_of)


def requests_of(
    call: Mapping[str, Any], history: History | None = None, *, organization: str = ""
) -> tuple[Request, ...]:
    """Return the requests that AWS would evaluate for one recorded call, the call's own permission first.

    `call` is one object of calls.jsonl. `history` knows paths, boundaries, bucket keys and owners from earlier calls;
    without it roles are taken to stand at the path `/` and buckets to be unencrypted. `organization` is the id of the
    organization of caller and resource. The owner of each resource is in its context as aws:ResourceAccount.
    """
    recorded, known = Call.from_record(call), history or History()
    principal = principal_of(recorded)
    return tuple(
        Request(principal, need.action, need.resource, facts_of(recorded, need, known, organization))
        for need in _needs(recorded, known)
    )


def requests_of_all(
    calls: Iterable[Mapping[str, Any]], history: History | None = None, *, organization: str = ""
) -> Iterator[tuple[Mapping[str, Any], tuple[Request, ...]]]:
    """Yield each call of a record with its requests, learning from every call for the ones after it."""
    known = history or History()
    for call in calls:
        yield call, requests_of(call, known, organization=organization)
        known.learn(Call.from_record(call))


def _needs(call: Call, history: History) -> Iterator[Need]:
    own = list(_OWN_RULES.get(call.service, _plain)(call, history))
    yield from own
    if own:
        yield from tagging.needs_of(call, own[0].resource)
    for rule in _IMPLIED:
        yield from rule(call, history)


def _plain(call: Call, history: History) -> Iterator[Need]:
    """Yield the permission of a service without rules of its own."""
    for action in companions.actions_of(call):
        yield Need(action, resources.resource_of(call))


__all__ = ["Call", "History", "Need", "requests_of", "requests_of_all"]
