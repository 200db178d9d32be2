"""The role that the operator's Pods have: that of the Pod identity association of their service account.

https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html names the tags of such a session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flowops.model.policy import InvalidPolicy, Principal, Request, evaluate
from flowops.rehearsal.compat.eks.pod_identity import PodIdentity
from flowops.rehearsal.compat.sts.assumption import Wish, role_at, surroundings, trust_policy
from flowops.rehearsal.compat.sts.callers import Caller, pairs
from flowops.rehearsal.compat.sts.sessions import Session
from flowops.rehearsal.operators.external_secrets.errors import Unfulfilled

SERVICE = "pods.eks.amazonaws.com"
LIFETIME = timedelta(hours=6)


@dataclass(frozen=True)
class Pod:
    """A Pod of the operator."""

    namespace: str
    service_account: str
    name: str
    uid: str
    created: datetime


def caller_of(cluster: Any, pod: Pod, now: datetime) -> Caller:
    """Return who a Pod is for AWS; raise Unfulfilled where it has no role, or may not have the one it is given."""
    association = _association(cluster, pod)
    role = role_at(association.role_arn)
    if role is None:
        raise Unfulfilled(f"the role {association.role_arn} of the Pod identity association does not exist")
    tags = {} if association.disable_session_tags else _tags(cluster, pod)
    wish = Wish(role.arn, _session_name(cluster, pod), int(LIFETIME.total_seconds()), tags=tuple(tags.items()))
    _check(cluster, role, wish, now)
    return _caller(role, wish, now)


def _association(cluster: Any, pod: Pod) -> PodIdentity:
    account = f"{pod.namespace}/{pod.service_account}"
    found: PodIdentity | None = next(
        (
            it
            for it in cluster.pod_identities.values()
            if (it.namespace, it.service_account) == (pod.namespace, pod.service_account)
        ),
        None,
    )
    if found is None:
        raise Unfulfilled(
            f"the cluster {cluster.name} has no Pod identity association for the service account {account}"
        )
    if found.target_role_arn:
        raise Unfulfilled(
            f"the Pod identity association of {account} has a target role, which a rehearsal does not play"
        )
    if pod.created < found.created_at.replace(tzinfo=UTC, microsecond=0):
        raise Unfulfilled(
            f"the Pod {pod.name} is older than the Pod identity association of {account}, and gets no credentials "
            "before it starts again"
        )
    return found


def _tags(cluster: Any, pod: Pod) -> Mapping[str, str]:
    return {
        "eks-cluster-arn": cluster.arn,
        "eks-cluster-name": cluster.name,
        "kubernetes-namespace": pod.namespace,
        "kubernetes-service-account": pod.service_account,
        "kubernetes-pod-name": pod.name,
        "kubernetes-pod-uid": pod.uid,
    }


def _session_name(cluster: Any, pod: Pod) -> str:
    return f"eks-{cluster.name}-{pod.service_account}"[:27] + f"-{pod.uid}"


def _check(cluster: Any, role: Any, wish: Wish, now: datetime) -> None:
    """Raise Unfulfilled unless the trust policy admits EKS, for this cluster and with these tags."""
    region, account = cluster.arn.split(":")[3:5]
    source = {"aws:sourcearn": (cluster.arn,), "aws:sourceaccount": (account,)}
    context = {**surroundings(role, region, now), **wish.context(), **source}
    for action in wish.actions():
        request = Request(Principal(SERVICE, ""), action, role.arn, context)
        try:
            decision = evaluate(request, identity=(), resource=trust_policy(role), resource_account=role.account_id)
        except InvalidPolicy as wrong:
            raise Unfulfilled(wrong.happened) from wrong
        if not decision.allowed:
            raise Unfulfilled(f"{SERVICE} is not authorized to perform: {action} on {role.arn} ({decision.reason})")


def _caller(role: Any, wish: Wish, now: datetime) -> Caller:
    session = Session(
        access_key="",
        token="",
        account=role.account_id,
        principal=role.arn,
        arn=f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}/{wish.name}",
        user_id=f"{role.id}:{wish.name}",
        issued=now,
        expires=now + LIFETIME,
        tags=wish.tags,
    )
    return Caller(
        principal=Principal(role.arn, role.account_id, session.arn),
        arn=session.arn,
        user_id=session.user_id,
        holders=(role,),
        session=session,
        tags=tuple({**dict(pairs(role.tags)), **dict(wish.tags)}.items()),
        kind="AssumedRole",
    )
