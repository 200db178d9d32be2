"""Who may read a secret from a cluster: every policy that AWS would ask is asked, and the answer names it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends

from flowops.rehearsal.compat.eks.pod_identity import PodIdentity
from flowops.rehearsal.operators.external_secrets.errors import Gone, Unfulfilled
from flowops.rehearsal.operators.external_secrets.role import Pod
from flowops.rehearsal.operators.external_secrets.vault import Reading, Vault
from flowops.rehearsal.recorder import Call

SECURITY, DEV, REGION = "111111111111", "222222222222", "eu-central-1"
CLUSTER = f"arn:aws:eks:{REGION}:{DEV}:cluster/dev"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = Pod("external-secrets", "external-secrets", "operator-0", "6f1d", NOW)
ROLE = f"arn:aws:iam::{DEV}:role/flowable/workload/external-secrets"
TAGGED = {"StringEquals": {"aws:RequestTag/eks-cluster-arn": CLUSTER}}
READ = "secretsmanager:GetSecretValue"
ANYBODY_OF_DEV = {"AWS": f"arn:aws:iam::{DEV}:root"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **it} for it in statements]})


def trust(**condition: Any) -> str:
    pods = {"Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    return policy({**pods, **({"Condition": condition} if condition else {})})


@dataclass
class World:
    """A role with an association, and the vault as its Pods reach it."""

    associations: dict[str, PodIdentity] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    now: datetime = NOW

    def __post_init__(self) -> None:
        cluster = SimpleNamespace(name="dev", arn=CLUSTER, pod_identities=self.associations)
        self.vault = Vault(lambda: cluster, nullcontext(), self.calls.append, lambda: self.now)
        made = PodIdentity(
            "dev", POD.namespace, POD.service_account, ROLE, "a-1", "arn", created_at=NOW.replace(tzinfo=None)
        )
        self.associations["a-1"] = made

    def role(self, *statements: dict[str, Any], trusted: str = "", boundary: str | None = None) -> None:
        iam = iam_backends[DEV]["aws"]
        role = iam.create_role(
            "external-secrets", trusted or trust(**TAGGED), "/flowable/workload/", boundary, "", [], 3600
        )
        if statements:
            iam.put_role_policy(role.name, "own", policy(*statements))

    def read(self, key: str, version: str = "", pod: Pod = POD) -> bytes:
        return self.vault.read(pod, Reading(REGION, key, version or "AWSCURRENT"))

    def refusal(self, key: str, pod: Pod = POD) -> str:
        with pytest.raises(Unfulfilled) as refused:
            self.read(key, pod=pod)
        return str(refused.value)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()


def secret(name: str, value: str | None = "x", account: str = DEV, key: str | None = None, **more: Any) -> Any:
    secretsmanager_backends[account][REGION].create_secret(
        name=name, secret_string=value, secret_binary=None, description=None, tags=[], kms_key_id=key,
        client_request_token=None, replica_regions=[], force_overwrite=False, **more,
    )  # fmt: skip
    return secretsmanager_backends[account][REGION].secrets.get(name)


def key(account: str, *statements: dict[str, Any]) -> Any:
    return kms_backends[account][REGION].create_key(policy(*statements), "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [])


def test_a_secret_of_the_own_account_needs_the_roles_policy_only(world: World) -> None:
    secret("db", "value")
    world.role({"Action": READ, "Resource": f"arn:aws:secretsmanager:{REGION}:{DEV}:secret:db-*"})
    assert world.read("db") == b"value"
    secret("other")
    assert "no statement of policy own" in world.refusal("other")


def test_a_tag_of_the_secret_may_decide(world: World) -> None:
    world.role({"Action": READ, "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/owner": "work"}}})
    found = secret("db")
    assert "aws:ResourceTag/owner" in world.refusal("db")
    found.tags = [{"Key": "owner", "Value": "work"}]
    assert world.read("db") == b"x"


def test_tags_of_the_session_may_decide(world: World) -> None:
    tag = {"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "external-secrets"}}
    world.role({"Action": READ, "Resource": "*", "Condition": tag})
    secret("db")
    assert world.read("db") == b"x"
    world.associations["a-1"].disable_session_tags = True
    assert "pods.eks.amazonaws.com is not authorized" in world.refusal("db"), "the trust policy wants tags"


def test_the_boundary_caps_the_role(world: World) -> None:
    iam = iam_backends[DEV]["aws"]
    boundary = iam.create_policy("", "/", policy({"Action": "s3:*", "Resource": "*"}), "Cap", []).arn
    world.role({"Action": READ, "Resource": "*"}, boundary=boundary)
    secret("db")
    assert f"the boundary {boundary} does not allow {READ}" in world.refusal("db")


def test_across_accounts_secret_and_key_must_admit_the_role_too(world: World) -> None:
    world.role({"Action": [READ, "kms:Decrypt"], "Resource": "*"})
    mine = key(SECURITY, {"Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"}, "Action": "kms:*", "Resource": "*"})
    found = secret("license", "value", SECURITY, mine.arn)
    assert f"belongs to account {SECURITY} and has no policy" in world.refusal(found.arn)

    found.policy = policy({"Sid": "In", "Principal": ANYBODY_OF_DEV, "Action": READ, "Resource": "*"})
    assert f"no statement of key policy of {mine.arn} allows kms:Decrypt" in world.refusal(found.arn)

    via = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com", "kms:EncryptionContext:SecretARN": found.arn}
    use = {"Principal": ANYBODY_OF_DEV, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": via}}
    mine.policy = policy(use)
    assert world.read(found.arn) == b"value"

    mine.enabled = False
    assert "does not exist or is not enabled" in world.refusal(found.arn)


def test_a_secret_of_another_account_without_a_key_of_its_own_is_read_by_nobody(world: World) -> None:
    world.role({"Action": "*", "Resource": "*"})
    found = secret("open", account=SECURITY)
    found.policy = policy({"Principal": ANYBODY_OF_DEV, "Action": READ, "Resource": "*"})
    assert "has no key of its own" in world.refusal(found.arn)


def test_the_trust_policy_admits_eks_for_this_cluster_only(world: World) -> None:
    other = {"StringEquals": {"aws:RequestTag/eks-cluster-arn": CLUSTER.replace("dev", "prod")}}
    world.role({"Action": "*", "Resource": "*"}, trusted=trust(**other))
    secret("db")
    assert "pods.eks.amazonaws.com is not authorized to perform: sts:AssumeRole" in world.refusal("db")


def test_a_pod_without_association_or_older_than_it_has_no_role(world: World) -> None:
    world.role({"Action": "*", "Resource": "*"})
    secret("db")
    assert "is older than the Pod identity association" in world.refusal(
        "db", replace(POD, created=NOW - timedelta(seconds=5))
    )
    assert "no Pod identity association" in world.refusal("db", replace(POD, service_account="other"))
    world.associations["a-1"].target_role_arn = ROLE
    assert "has a target role" in world.refusal("db")


def test_an_association_whose_role_is_gone_says_so(world: World) -> None:
    assert f"the role {ROLE} of the Pod identity association does not exist" in world.refusal("db")


def test_what_is_not_there_has_no_value_or_is_deleted_is_gone(world: World) -> None:
    world.role({"Action": "*", "Resource": "*"})
    secret("empty", None)
    deleted = secret("deleted")
    deleted.delete(0.0)
    for name, words in (("nowhere", "no secret nowhere"), ("deleted", "no secret deleted"), ("empty", "has no value")):
        with pytest.raises(Gone, match=words):
            world.read(name)
    elsewhere = "arn:aws:secretsmanager:eu-west-9:999999999999:secret:x-abcdef"
    with pytest.raises(Gone):
        world.read(elsewhere)
    assert "999999999999" not in dict.keys(secretsmanager_backends)


def test_stages_and_versions_are_told_apart_and_bytes_come_as_bytes(world: World) -> None:
    world.role({"Action": "*", "Resource": "*"})
    found = secret("db", "old")
    first = found.default_version_id
    secretsmanager_backends[DEV][REGION].put_secret_value("db", "new", None, None, ["AWSCURRENT"])
    assert (world.read("db"), world.read("db", "AWSPREVIOUS"), world.read("db", f"uuid/{first}")) == (
        b"new",
        b"old",
        b"old",
    )
    with pytest.raises(Gone, match="no value for MINE"):
        world.read("db", "MINE")

    version = found.versions[found.default_version_id]
    del version["secret_string"]
    version["secret_binary"] = base64.b64encode(b"\x00\xff").decode()
    assert world.read("db") == b"\x00\xff"


def test_a_call_is_written_down_when_its_end_is_another_one_and_never_with_the_value(world: World) -> None:
    world.role({"Action": "*", "Resource": "*"})
    found = secret("db", "never-written")
    for _ in range(3):
        world.read("db")
    found.delete(0.0)
    for _ in range(2):
        world.refusal("db")
    assert [(it.action, it.role, it.status) for it in world.calls] == [(READ, ROLE, 200), (READ, ROLE, 400)]
    assert world.calls[0].principal == f"arn:aws:sts::{DEV}:assumed-role/external-secrets/eks-dev-external-secrets-6f1d"
    assert world.calls[0].parameters == {"SecretId": "db", "VersionStage": "AWSCURRENT"}
    assert "never-written" not in "".join(it.to_json() for it in world.calls)
