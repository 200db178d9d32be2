"""Who gets into a cluster and may do what: IAM role, token of the aws command line, access entry, RBAC."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from flowops.adapters.process import Processes
from tests.integration.child_processes import await_true
from tests.integration.emulated_aws import DEV
from tests.integration.emulated_kubernetes import Kube, Programs, cluster

UNAUTHORIZED = "You must be logged in to the server"


@pytest.fixture(scope="module")
def kube(kubernetes_programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    with cluster(tmp_path_factory.mktemp("kubernetes"), kubernetes_programs) as kube:
        yield kube


@pytest.fixture(scope="module")
def admin(kube: Kube) -> str:
    """Return the token of a cluster administrator."""
    return kube.token(kube.admit("Admin", "AmazonEKSClusterAdminPolicy"))


def may(kube: Kube, token: str, verb: str, what: str, namespace: str = "default") -> bool:
    answer = kube.kubectl(token, "auth", "can-i", verb, what, f"--namespace={namespace}")
    assert answer.stdout.strip() in ("yes", "no"), answer.stderr
    return answer.stdout.strip() == "yes"


def test_update_kubeconfig_leads_an_administrator_to_the_cluster(kube: Kube) -> None:
    session = kube.session(kube.admit("Operator", "AmazonEKSClusterAdminPolicy"))
    file = kube.folder / "by-aws"
    environment = {**session.environment, "PATH": f"{kube.programs.aws.parent}:{session.environment['PATH']}"}
    argv = [str(kube.programs.aws), "eks", "update-kubeconfig", "--name", kube.name, "--kubeconfig", str(file)]
    assert Processes().run(argv, env=environment, cwd=kube.folder, timeout=300).succeeded

    name = "jsonpath={.status.userInfo.username}"
    whoami = [str(kube.programs.kubectl), f"--kubeconfig={file}", "auth", "whoami", "-o", name]
    answer = Processes().run(whoami, env=environment, cwd=kube.folder, timeout=300)
    assert answer.stdout == f"arn:aws:sts::{DEV}:assumed-role/Operator/alice-example.com", answer.stderr


def test_an_administrator_may_do_everything(kube: Kube, admin: str) -> None:
    made = kube.kubectl(admin, "create", "namespace", "made-by-admin")
    assert made.succeeded, made.stderr
    assert may(kube, admin, "*", "*.*", namespace="kube-system")


def test_a_viewer_may_look_and_not_touch(kube: Kube) -> None:
    viewer = kube.token(kube.admit("Viewer", "AmazonEKSViewPolicy"))
    seen = kube.kubectl(viewer, "get", "configmaps", "--namespace=kube-system")
    assert "extension-apiserver-authentication" in seen.stdout, seen.stderr

    refused = kube.kubectl(viewer, "create", "configmap", "mine")
    assert f'User "arn:aws:sts::{DEV}:assumed-role/Viewer/alice-example.com" cannot create' in refused.stderr
    assert not may(kube, viewer, "get", "secrets")


def test_an_editor_may_change_workloads_and_not_who_may_do_what(kube: Kube) -> None:
    editor = kube.token(kube.admit("Editor", "AmazonEKSEditPolicy"))
    assert kube.kubectl(editor, "create", "configmap", "by-editor").succeeded
    assert not may(kube, editor, "create", "rolebindings.rbac.authorization.k8s.io")


def test_an_admin_view_reads_secrets_too(kube: Kube) -> None:
    reader = kube.token(kube.admit("Reader", "AmazonEKSAdminViewPolicy"))
    assert may(kube, reader, "get", "secrets")
    assert not may(kube, reader, "delete", "secrets")


def test_a_policy_of_some_namespaces_counts_in_these_also_in_later_ones(kube: Kube, admin: str) -> None:
    team = kube.token(kube.admit("Team", "AmazonEKSEditPolicy", ("team-*",)))
    assert not may(kube, team, "create", "configmaps")

    assert kube.kubectl(admin, "create", "namespace", "team-later").succeeded
    await_true(lambda: may(kube, team, "create", "configmaps", "team-later"), "the access to team-later")
    assert not may(kube, team, "create", "configmaps", "made-by-admin")


def test_the_groups_of_an_access_entry_are_groups_in_the_cluster(kube: Kube, admin: str) -> None:
    group = kube.token(kube.admit("Grouped", "", kubernetesGroups=["operators"]))
    assert not may(kube, group, "get", "nodes")
    bound = kube.kubectl(
        admin, "create", "clusterrolebinding", "operators", "--clusterrole=cluster-admin", "--group=operators"
    )
    assert bound.succeeded, bound.stderr
    assert may(kube, group, "get", "nodes")


@pytest.mark.parametrize("group", ["system:masters", "eks:access-policy:AmazonEKSClusterAdminPolicy"])
def test_no_access_entry_gives_a_group_that_is_reserved(kube: Kube, group: str) -> None:
    arn = kube.role(f"Sly{len(group)}")
    with pytest.raises(ClientError, match="it cannot start with"):
        kube.eks.create_access_entry(clusterName=kube.name, principalArn=arn, kubernetesGroups=[group])


def test_a_role_without_access_entry_is_a_stranger_until_it_has_one_and_again_when_it_is_gone(kube: Kube) -> None:
    arn = kube.role("Stranger")
    token = kube.token(arn)
    assert UNAUTHORIZED in kube.kubectl(token, "get", "namespaces").stderr

    kube.eks.create_access_entry(clusterName=kube.name, principalArn=arn)
    await_true(lambda: "(Forbidden)" in kube.kubectl(token, "get", "namespaces").stderr, "the access entry")

    kube.eks.delete_access_entry(clusterName=kube.name, principalArn=arn)
    await_true(lambda: UNAUTHORIZED in kube.kubectl(token, "get", "namespaces").stderr, "the end of the access")


def test_a_token_for_another_cluster_is_refused(kube: Kube) -> None:
    arn = f"arn:aws:iam::{DEV}:role/flowable/Admin"
    assert UNAUTHORIZED in kube.kubectl(kube.token(arn, cluster="prod"), "get", "namespaces").stderr


def test_a_token_that_was_touched_is_refused(kube: Kube, admin: str) -> None:
    url = base64.urlsafe_b64decode(admin.removeprefix("k8s-aws-v1.") + "==").decode()
    longer = base64.urlsafe_b64encode(url.replace("X-Amz-Expires=60", "X-Amz-Expires=900").encode()).decode()
    assert longer != url
    for token in (f"k8s-aws-v1.{longer.rstrip('=')}", f"{admin}x", "garbage"):
        assert UNAUTHORIZED in kube.kubectl(token, "get", "namespaces").stderr


def test_a_role_that_was_deleted_lets_nobody_in_any_more(kube: Kube) -> None:
    arn = kube.admit("Passing", "AmazonEKSClusterAdminPolicy")
    token = kube.token(arn)
    assert kube.kubectl(token, "get", "namespaces").succeeded
    kube.cloud.client("iam").delete_role(RoleName="Passing")
    await_true(lambda: UNAUTHORIZED in kube.kubectl(token, "get", "namespaces").stderr, "the end of the role")


def test_why_somebody_is_refused_is_in_the_log_of_the_emulator_and_no_token_is(kube: Kube, admin: str) -> None:
    words = (kube.cloud.state_dir / "server.log").read_text()
    assert f"the cluster has no access entry for arn:aws:iam::{DEV}:role/flowable/Stranger" in words
    assert admin[20:60] not in words


def test_clients_verify_the_server_by_the_authority_of_the_cluster(kube: Kube, tmp_path: Path) -> None:
    answer = Processes().run(
        [str(kube.programs.kubectl), f"--server={kube.described()['endpoint']}", "--token=x", "get", "namespaces"],
        env={"HOME": str(tmp_path)},
        cwd=tmp_path,
        timeout=300,
    )
    assert "certificate signed by unknown authority" in answer.stderr
