"""The life of a cluster with a real control plane: its nodes and workloads, restarts of the emulator, its end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flowops.rehearsal.emulator import Emulator
from tests.integration.child_processes import await_true, watched
from tests.integration.emulated_aws import DEV, Cloud, emulator_in, running, settings_in
from tests.integration.emulated_kubernetes import (
    Kube,
    Programs,
    ask_for_cluster,
    await_created,
    cluster,
    create_cluster,
    make_subnets,
    processes_in,
)

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [{"name": "web", "image": "registry.example/web:1"}],
                "tolerations": [{"key": "team", "operator": "Exists"}],
            },
        },
    },
}


@pytest.fixture(scope="module")
def kube(kubernetes_programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    with cluster(tmp_path_factory.mktemp("kubernetes"), kubernetes_programs) as kube:
        yield kube


@pytest.fixture(scope="module")
def admin(kube: Kube) -> str:
    return kube.token(kube.admit("Admin", "AmazonEKSClusterAdminPolicy"))


@pytest.fixture(scope="module")
def group(kube: Kube) -> str:
    """Return the cluster's only node group, of three nodes."""
    taints = [{"key": "team", "value": "a", "effect": "NO_SCHEDULE"}]
    kube.add_nodes(3, instanceTypes=["m6g.xlarge"], labels={"tier": "app"}, taints=taints)
    return "main"


def nodes(kube: Kube, token: str) -> dict[str, Any]:
    return {it["metadata"]["name"]: it for it in kube.read(token, "nodes")["items"]}


def is_ready(node: dict[str, Any]) -> bool:
    return any(it["type"] == "Ready" and it["status"] == "True" for it in node["status"].get("conditions", ()))


def await_nodes(kube: Kube, token: str, count: int) -> dict[str, Any]:
    await_true(lambda: len(nodes(kube, token)) == count, f"{count} nodes")
    await_true(lambda: all(map(is_ready, nodes(kube, token).values())), "ready nodes")
    return nodes(kube, token)


def deploy(kube: Kube, token: str) -> None:
    file = kube.folder / "deployment.json"
    file.write_text(json.dumps(DEPLOYMENT))
    done = kube.kubectl(token, "apply", "-f", str(file))
    assert done.succeeded, done.stderr


def placed_on(kube: Kube, token: str) -> list[str]:
    """Return the node of each running pod."""
    pods = kube.read(token, "pods")["items"]
    return [it["spec"]["nodeName"] for it in pods if it["status"]["phase"] == "Running"]


def test_the_nodes_are_what_the_node_group_says(kube: Kube, admin: str, group: str) -> None:
    found = await_nodes(kube, admin, 3)

    zones = [it["metadata"]["labels"]["topology.kubernetes.io/zone"] for it in found.values()]
    assert sorted(zones) == ["eu-central-1a", "eu-central-1a", "eu-central-1b"]
    for name, node in found.items():
        labels = node["metadata"]["labels"]
        assert (labels["tier"], labels["eks.amazonaws.com/nodegroup"]) == ("app", group)
        assert (labels["node.kubernetes.io/instance-type"], labels["kubernetes.io/arch"]) == ("m6g.xlarge", "arm64")
        assert (node["status"]["capacity"]["cpu"], node["status"]["capacity"]["memory"]) == ("4", "16Gi")
        assert {"key": "team", "value": "a", "effect": "NoSchedule"} in node["spec"]["taints"]
        assert name == f"ip-{node['status']['addresses'][0]['address'].replace('.', '-')}.eu-central-1.compute.internal"


def test_labels_and_taints_of_the_node_group_reach_the_nodes_that_are_there(kube: Kube, admin: str, group: str) -> None:
    before = set(nodes(kube, admin))
    kube.eks.update_nodegroup_config(
        clusterName=kube.name,
        nodegroupName=group,
        labels={"addOrUpdateLabels": {"stage": "two"}, "removeLabels": ["tier"]},
        taints={"removeTaints": [{"key": "team", "value": "a", "effect": "NO_SCHEDULE"}]},
    )

    def is_changed(node: dict[str, Any]) -> bool:
        labels = node["metadata"]["labels"]
        return labels.get("stage") == "two" and "tier" not in labels and not node["spec"].get("taints")

    await_true(lambda: all(map(is_changed, nodes(kube, admin).values())), "the new labels")
    assert set(nodes(kube, admin)) == before


def test_a_deployment_gets_ready(kube: Kube, admin: str, group: str) -> None:
    deploy(kube, admin)
    done = kube.kubectl(admin, "rollout", "status", "deployment/web", "--timeout=240s")
    assert "successfully rolled out" in done.stdout, done.stderr


def test_scaling_a_node_group_adds_nodes_and_takes_them_away_with_what_is_on_them(
    kube: Kube, admin: str, group: str
) -> None:
    deploy(kube, admin)
    before = set(nodes(kube, admin))
    scale = {"clusterName": kube.name, "nodegroupName": group}
    kube.eks.update_nodegroup_config(**scale, scalingConfig={"desiredSize": 4})
    assert before < set(await_nodes(kube, admin, 4))

    kube.eks.update_nodegroup_config(**scale, scalingConfig={"desiredSize": 1})
    (left,) = await_nodes(kube, admin, 1)
    assert left in before
    await_true(lambda: placed_on(kube, admin) == [left] * 3, "three pods on the node that is left")


def test_a_node_group_takes_its_nodes_with_it(kube: Kube, admin: str, group: str) -> None:
    kube.eks.delete_nodegroup(clusterName=kube.name, nodegroupName=group)
    await_nodes(kube, admin, 0)


def test_everything_listens_on_the_loopback_interface_only(kube: Kube) -> None:
    theirs = {
        os.readlink(fd) for pid in kube.processes() for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()
    }
    rows = [
        (row.split()[1].partition(":")[0], f"socket:[{row.split()[9]}]")
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if row.split()[3] == "0A"
    ]
    addresses = {address for address, socket in rows if socket in theirs}
    assert addresses == {"0100007F"}


def test_what_it_writes_is_for_its_owner_only(kube: Kube) -> None:
    folder = kube.cloud.state_dir / "kubernetes"
    open_to_others = [str(path) for path in folder.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert {path.name for path in folder.rglob("*.log")} == {
        "etcd.log",
        "kube-apiserver.log",
        "kube-controller-manager.log",
        "kube-scheduler.log",
        "kwok.log",
    }


def test_a_program_that_ends_is_started_again(kube: Kube, admin: str) -> None:
    (etcd,) = processes_in(kube.cloud.state_dir / "kubernetes" / "etcd")
    others = set(kube.processes()) - {etcd}
    for pid in (etcd, min(others)):
        with watched(pid) as await_end:
            os.kill(pid, signal.SIGKILL)
            await_end()
    await_true(lambda: len(kube.processes()) == 5, "five programs again")
    await_true(lambda: kube.kubectl(admin, "get", "namespaces").succeeded, "an answer")


def test_two_clusters_know_nothing_of_each_other_and_each_ends_alone(kube: Kube, admin: str) -> None:
    deploy(kube, admin)
    create_cluster(kube.cloud, "second", kube.subnets)
    second = Kube(kube.cloud, kube.programs, "second", kube.subnets, kube.folder)
    assert len(kube.processes()) == 9
    arn = f"arn:aws:iam::{DEV}:role/flowable/Admin"
    second.eks.create_access_entry(clusterName="second", principalArn=arn)
    token = second.token(arn)
    assert "(Forbidden)" in second.kubectl(token, "get", "deployments").stderr
    assert "must be logged in" in second.kubectl(admin, "get", "deployments").stderr
    assert kube.kubectl(admin, "get", "deployment", "web").succeeded

    second.eks.delete_cluster(name="second")
    await_true(lambda: len(kube.processes()) == 5, "the end of the second cluster")
    assert kube.kubectl(admin, "get", "deployment", "web").succeeded


def test_deleting_the_last_cluster_ends_every_program_and_forgets_its_objects(kube: Kube, admin: str) -> None:
    deploy(kube, admin)
    kube.eks.delete_cluster(name=kube.name)
    await_true(lambda: kube.processes() == [], "the end of all programs")
    with pytest.raises(ClientError, match="No cluster found"):
        kube.described()

    create_cluster(kube.cloud, kube.name, kube.subnets)
    kube.eks.create_access_entry(clusterName=kube.name, principalArn=f"arn:aws:iam::{DEV}:role/flowable/Admin")
    kube.eks.associate_access_policy(
        clusterName=kube.name,
        principalArn=f"arn:aws:iam::{DEV}:role/flowable/Admin",
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        accessScope={"type": "cluster"},
    )
    token = kube.token(f"arn:aws:iam::{DEV}:role/flowable/Admin")
    assert kube.read(token, "deployments")["items"] == []


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    emulator = emulator_in(tmp_path)
    yield emulator
    emulator.stop()


def test_a_cluster_outlives_the_emulator_s_stop_and_its_kill(
    emulator: Emulator, kubernetes_programs: Programs, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, kubernetes=kubernetes_programs.control_plane)
    cloud = Cloud(emulator, emulator.start(settings), tmp_path)
    subnets = make_subnets(cloud)
    assert create_cluster(cloud, "kept", subnets) < 5
    kube = Kube(cloud, kubernetes_programs, "kept", subnets, tmp_path)
    arn = kube.admit("Admin", "AmazonEKSClusterAdminPolicy")
    kube.add_nodes(1)
    deploy(kube, kube.token(arn))
    before = kube.described()
    await_true(lambda: len(placed_on(kube, kube.token(arn))) == 3, "three pods")

    assert emulator.stop()
    assert processes_in(tmp_path) == []

    kube.cloud = Cloud(emulator, emulator.start(settings), tmp_path, cloud.administrators)
    assert len(placed_on(kube, kube.token(arn))) == 3, "it answers as soon as the emulator does"
    again = kube.described()
    assert (again["endpoint"], again["certificateAuthority"]) == (before["endpoint"], before["certificateAuthority"])

    with watched(kube.cloud.endpoint.pid) as await_end:
        os.kill(kube.cloud.endpoint.pid, signal.SIGKILL)
        await_end()
    await_true(lambda: processes_in(tmp_path) == [], "the end of all programs")

    kube.cloud = Cloud(emulator, emulator.start(settings), tmp_path, cloud.administrators)
    assert len(placed_on(kube, kube.token(arn))) == 3


@pytest.mark.parametrize("program", ["etcd", "kube-apiserver", "kwok"])
def test_a_cluster_whose_programs_do_not_work_fails_and_says_where_to_look(
    kubernetes_programs: Programs, tmp_path: Path, program: str
) -> None:
    broken = {**kubernetes_programs.control_plane, program: "/bin/false"}
    with running(tmp_path, broken) as cloud:
        ask_for_cluster(cloud, "broken", make_subnets(cloud))
        described = await_created(cloud, "broken")
        (issue,) = described["health"]["issues"]
        assert described["status"] == "FAILED"
        assert f"{program} ended with 1" in issue["message"]
        assert f"{program}.log" in issue["message"]
        cloud.client("eks").delete_cluster(name="broken")


def test_without_programs_a_cluster_is_active_at_once_and_nothing_runs(tmp_path: Path) -> None:
    with running(tmp_path) as cloud:
        cloud.client("eks").create_cluster(
            name="bare", roleArn=f"arn:aws:iam::{DEV}:role/x", resourcesVpcConfig={"subnetIds": make_subnets(cloud)}
        )
        described = cloud.client("eks").describe_cluster(name="bare")["cluster"]
        assert described["status"] == "ACTIVE"
        assert described["endpoint"].endswith(".eks.amazonaws.com")
        assert not (tmp_path / "kubernetes").exists()
