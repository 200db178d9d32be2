"""Who holds a token: the IAM principal, and the user and groups that it is in a cluster.

The cluster's access entries decide, as they stand now. A cluster with the authentication mode CONFIG_MAP lets nobody
in: the ConfigMap `aws-auth` is not read.
https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from moto.iam.models import iam_backends

from flowops.rehearsal.compat.eks.principals import AccessEntry
from flowops.rehearsal.compat.sts.callers import Caller, caller_of
from flowops.rehearsal.compat.sts.sessions import PARTITION, account_of, lasting_key, session_of
from flowops.rehearsal.kubernetes.access import group_of
from flowops.rehearsal.kubernetes.clusters import find
from flowops.rehearsal.kubernetes.review import Identify, User
from flowops.rehearsal.kubernetes.tokens import Claim, Refused, claim_of


def identification(port: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Identify:
    """Return what tells who holds a token that was made for STS at a port of the loopback interface."""
    hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    def identify(cluster_id: str, token: str) -> User:
        cluster = find(cluster_id)
        if cluster is None:
            raise Refused("the cluster does not exist")
        moment = now()
        claim = claim_of(token, cluster=cluster.name, hosts=hosts, secret_of=_secret_of, now=moment)
        caller = _admitted(claim, moment)
        entry = cluster.access_entries.get(caller.principal.arn)
        if entry is None:
            raise Refused(f"the cluster has no access entry for {caller.principal.arn}")
        return _user(caller, claim, entry)

    return identify


def _secret_of(access_key: str) -> str | None:
    account = account_of(access_key)
    key = iam_backends[account][PARTITION].access_keys.get(access_key) if account else None
    return str(key.secret_access_key) if key else None


def _admitted(claim: Claim, now: datetime) -> Caller:
    """Return whose key it is, if that is still good, as STS would answer GetCallerIdentity."""
    account = account_of(claim.access_key) or ""
    session = session_of(claim.access_key, account)
    if session is None:
        key = lasting_key(claim.access_key, account)
        if key is None or key.status != "Active":
            raise Refused("its access key is not active")
    elif session.token != claim.session_token:
        raise Refused("its session token is not that of its access key")
    elif session.expires <= now:
        raise Refused("the session that signed it has expired")
    caller = caller_of(claim.access_key, account)
    if caller is None:
        raise Refused("whoever signed it does not exist any more")
    return caller


def _user(caller: Caller, claim: Claim, entry: AccessEntry) -> User:
    session = caller.arn.rpartition("/")[2] if caller.session and caller.session.is_role else ""
    # EKS writes @ as - in SessionName, and leaves it as it is in SessionNameRaw.
    name = entry.username.replace("{{SessionName}}", session.replace("@", "-"))
    return User(
        name=name.replace("{{SessionNameRaw}}", session).replace("{{AccountID}}", caller.principal.account),
        groups=frozenset({*entry.kubernetes_groups, *_policy_groups(entry)}),
        extra={"arn": caller.arn, "accessKeyId": claim.access_key, "sessionName": session},
    )


def _policy_groups(entry: AccessEntry) -> Iterator[str]:
    for policy in list(entry.policies.values()):
        name = policy.policy_arn.rpartition("/")[2]
        for namespaces in policy.access_scope.namespaces or ("",):
            yield group_of(name, namespaces)
