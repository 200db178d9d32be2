from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from flowops.model.policy import Policy, Principal, Request, evaluate
from tests.integration.emulated_kubernetes import Programs
from tests.integration.modules.databases import override
from tests.integration.modules.example import NO_CHANGES, Example, example
from tests.integration.modules.kubernetes import Workplace, workplace
from tests.integration.tools import Tools

Aws = Callable[[str], Any]
CLUSTER = "flowable-components"
ACCOUNTS = {
    ("external-secrets", "external-secrets"),
    ("kube-system", "cluster-autoscaler"),
    ("kube-system", "aws-load-balancer-controller"),
}


PLAN_NAMESPACES = ("kube-system", "external-secrets", "flowable")


@pytest.fixture(scope="module")
def place(
    tools: Tools, helm_provider: Path, kubernetes_programs: Programs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workplace]:
    with workplace(tmp_path_factory.mktemp("place"), tools, kubernetes_programs, CLUSTER) as place:
        yield place


@pytest.fixture(scope="module")
def components(place: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    folder = tmp_path_factory.mktemp("components")
    with example("eks-components", folder, place.tools.terraform, place.environment()) as components:
        components.apply(cluster_name=CLUSTER)
        yield components


@pytest.fixture(scope="module")
def aws(place: Workplace) -> Aws:
    return place.aws


def test_each_component_has_a_role_for_its_service_account(components: Example, aws: Aws) -> None:
    assert components.untagged("eks-components") == []
    arns = components.outputs()["role_arns"]
    assert arns["external-secrets"].endswith(":role/flowable/workload/external-secrets-example")
    found = aws("eks").list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    assert {(it["namespace"], it["serviceAccount"]) for it in found} == ACCOUNTS
    assert {name: trusted(aws, arn) for name, arn in arns.items()} == {
        "external-secrets": (CLUSTER, "external-secrets"),
        "cluster-autoscaler": (CLUSTER, "cluster-autoscaler"),
        "aws-load-balancer-controller": (CLUSTER, "aws-load-balancer-controller"),
    }


def test_external_secrets_reads_three_kinds_of_secrets(components: Example, aws: Aws) -> None:
    assert readable_secrets(aws) == ["/flowable/example/license-aBcDeF", "/flowable/repository-aBcDeF"]
    reader = Reader(
        Policy.from_document("external-secrets", document(aws)), aws("sts").get_caller_identity()["Account"]
    )
    assert reader.reads("flowable-example-postgres-work")
    assert not reader.reads("flowable-other-postgres-work")
    assert not reader.reads("flowable-example-postgres-work", name="payroll")
    assert reader.decrypts("rds!db-1")
    assert not reader.decrypts("payroll")
    assert not reader.decrypts("rds!db-1", service="rds")


def test_every_component_runs_where_its_role_is_meant_for(components: Example, place: Workplace) -> None:
    running = {
        (it["metadata"]["namespace"], it["spec"]["template"]["spec"]["serviceAccountName"])
        for it in place.read("deployments", "--all-namespaces")["items"]
        if it["status"]["readyReplicas"] == it["spec"]["replicas"]
    }
    assert running >= {*ACCOUNTS, ("kube-system", "metrics-server")}
    assert place.names("deployments", "flowable") == {"reloader"}


def test_the_cluster_has_namespaces_with_rules_and_a_storage_class(components: Example, place: Workplace) -> None:
    labels = {it["metadata"]["name"]: it["metadata"]["labels"] for it in place.read("namespaces")["items"]}
    assert labels["flowable"]["pod-security.kubernetes.io/enforce"] == "baseline"
    assert labels["external-secrets"]["pod-security.kubernetes.io/enforce"] == "restricted"
    storage = place.read("storageclass", components.outputs()["storage_class_name"])
    assert storage["provisioner"] == "efs.csi.aws.com"
    assert storage["parameters"]["fileSystemId"] == "fs-0123456789abcdef0"
    assert storage["reclaimPolicy"] == "Retain"


def test_who_plans_reads_releases_and_no_secret(components: Example, place: Workplace) -> None:
    role = place.kube.admit("FlowopsPlanRole", "", kubernetesGroups=["flowops-plan"])
    planner = replace(components, env=place.environment(role))
    assert planner.plan_exit_code() == NO_CHANGES
    releases = place.read("configmaps", "--all-namespaces", "--selector=owner=helm")["items"]
    assert {it["metadata"]["namespace"] for it in releases} == {*PLAN_NAMESPACES}
    for namespace in PLAN_NAMESPACES:
        for wish in ("get configmaps", "list configmaps"):
            assert place.may(role, *wish.split(), f"--namespace={namespace}")
        for wish in ("get pods", "get pods/log", "get secrets", "list services", "get deployments", "patch configmaps"):
            assert not place.may(role, *wish.split(), f"--namespace={namespace}")
    assert not place.may(role, "list", "configmaps", "--all-namespaces")
    assert not place.may(role, "list", "nodes")
    types = {it["type"] for it in place.read("secrets", "--all-namespaces")["items"]}
    assert "helm.sh/release.v1" not in types


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ('namespace = "kube-system"', "of Flowable's own"),
        ('file_system_id = "efs-1"', "begins with fs-"),
        ('chart_versions = { reloader = "~2.2" }', "another chart from one day to the next"),
        ('ingress_scheme = "public"', "internal or internet-facing"),
        ("timeout = 5", "from 60 to 3600"),
    ],
)
def test_what_would_not_work_is_refused(components: Example, line: str, refusal: str) -> None:
    override(components, "eks_components", line)
    try:
        assert refusal in components.refused()
    finally:
        (components.folder / "case_override.tf").unlink()


def test_a_destroy_leaves_nothing(components: Example, place: Workplace, aws: Aws) -> None:
    components.destroy()
    assert not aws("eks").list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    assert not place.read("deployments", "--all-namespaces")["items"]
    assert not place.read("configmaps", "--all-namespaces", "--selector=owner=helm")["items"]
    phases = {it["metadata"]["name"]: it["status"]["phase"] for it in place.read("namespaces")["items"]}
    assert "Active" not in {phases.get(it) for it in ("flowable", "external-secrets")}


def trusted(aws: Aws, role: str) -> tuple[str, str]:
    """Return the one cluster and service account whose pods may assume a role."""
    document = aws("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    (statement,) = document["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    condition = statement["Condition"]["StringEquals"]
    cluster = condition["aws:RequestTag/eks-cluster-arn"].rpartition("/")[2]
    return cluster, condition["aws:RequestTag/kubernetes-service-account"]


def readable_secrets(aws: Aws) -> list[str]:
    """Return the secrets of the security account that the role names."""
    (reading,) = [it for it in document(aws)["Statement"] if it["Sid"] == "ReadRepositoryAndLicense"]
    return sorted(arn.partition(":secret:")[2] for arn in reading["Resource"])


@dataclass(frozen=True)
class Reader:
    """Whoever holds the role of external-secrets, asking for the master secret of a database or for its key."""

    policy: Policy
    account: str

    def reads(self, database: str, name: str = "rds!db-1") -> bool:
        tag = f"arn:aws:rds:eu-central-1:{self.account}:db:{database}"
        return self._may(
            "secretsmanager:GetSecretValue", self._secret(name), {"aws:resourcetag/aws:rds:primarydbinstancearn": tag}
        )

    def decrypts(self, name: str, service: str = "secretsmanager") -> bool:
        through = {
            "kms:viaservice": f"{service}.eu-central-1.amazonaws.com",
            "kms:encryptioncontext:secretarn": self._secret(name),
        }
        return self._may("kms:Decrypt", f"arn:aws:kms:eu-central-1:{self.account}:key/1", through)

    def _secret(self, name: str) -> str:
        return f"arn:aws:secretsmanager:eu-central-1:{self.account}:secret:{name}"

    def _may(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        who = Principal(f"arn:aws:iam::{self.account}:role/flowable/workload/external-secrets-example", self.account)
        request = Request(who, action, resource, {key: (value,) for key, value in context.items()})
        return evaluate(request, identity=[self.policy]).allowed


def document(aws: Aws) -> dict[str, Any]:
    answer = aws("iam").get_role_policy(RoleName="external-secrets-example", PolicyName="external-secrets")
    found: dict[str, Any] = answer["PolicyDocument"]
    return found
