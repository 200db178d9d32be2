"""A cluster of the emulated EKS with its real control plane, and people who come to it through IAM and kubectl."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowops.adapters.process import Completed, Processes
from tests.integration.child_processes import await_true
from tests.integration.emulated_aws import DEV, REGION, Cloud, running

POLICY = "arn:aws:eks::aws:cluster-access-policy/"
NODE_ROLE = f"arn:aws:iam::{DEV}:role/flowable/workload/nodes"
PATIENCE = 300
ANYBODY_HERE = {"Effect": "Allow", "Principal": {"AWS": DEV}, "Action": "sts:AssumeRole"}
TRUST = {"Version": "2012-10-17", "Statement": [ANYBODY_HERE]}


@dataclass(frozen=True)
class Programs:
    """The real programs: a control plane, and what people have on their own computers."""

    control_plane: Mapping[str, str]
    kubectl: Path
    aws: Path


@dataclass(frozen=True)
class Session:
    """Somebody in a role; `environment` is what leads the tools of AWS to the emulator with its credentials."""

    environment: Mapping[str, str]


@dataclass
class Kube:
    """One cluster and the emulated AWS that it belongs to."""

    cloud: Cloud
    programs: Programs
    name: str
    subnets: list[str]
    folder: Path

    @property
    def eks(self) -> Any:
        return self.cloud.client("eks")

    def described(self) -> dict[str, Any]:
        described: dict[str, Any] = self.eks.describe_cluster(name=self.name)["cluster"]
        return described

    def role(self, name: str) -> str:
        """Return a new role that everybody of the account may assume."""
        made = self.cloud.client("iam").create_role(
            RoleName=name, Path="/flowable/", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
        return str(made["Role"]["Arn"])

    def admit(self, name: str, policy: str, namespaces: tuple[str, ...] = (), **more: Any) -> str:
        """Return a new role with an access entry and an access policy."""
        arn = self.role(name)
        self.eks.create_access_entry(clusterName=self.name, principalArn=arn, **more)
        if policy:
            scope = {"type": "namespace", "namespaces": list(namespaces)} if namespaces else {"type": "cluster"}
            self.eks.associate_access_policy(
                clusterName=self.name, principalArn=arn, policyArn=POLICY + policy, accessScope=scope
            )
        return arn

    def session(self, role: str, name: str = "alice@example.com") -> Session:
        given = self.cloud.client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        return Session(
            {
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "AWS_ENDPOINT_URL": self.cloud.endpoint.url,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                "AWS_SESSION_TOKEN": given["SessionToken"],
            }
        )

    def token(self, role: str, cluster: str = "") -> str:
        """Return what `aws eks get-token` makes for somebody in that role."""
        argv = [str(self.programs.aws), "eks", "get-token", "--cluster-name", cluster or self.name]
        answer = Processes().run(argv, env=self.session(role).environment, cwd=self.folder, timeout=300)
        assert answer.succeeded, answer.stderr
        return str(json.loads(answer.stdout)["status"]["token"])

    def kubectl(self, token: str, *argv: str) -> Completed:
        """Run kubectl with a token; it verifies the API server by what DescribeCluster says."""
        file = self.folder / "kubeconfig"
        file.write_text(json.dumps(self._kubeconfig(token)))
        return Processes().run(
            [str(self.programs.kubectl), f"--kubeconfig={file}", *argv],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            cwd=self.folder,
            timeout=300,
        )

    def read(self, token: str, *argv: str) -> Any:
        """Return what `kubectl get … -o json` says."""
        answer = self.kubectl(token, "get", *argv, "-o", "json")
        assert answer.succeeded, answer.stderr
        return json.loads(answer.stdout)

    def _kubeconfig(self, token: str) -> dict[str, Any]:
        described = self.described()
        authority = described["certificateAuthority"]["data"]
        cluster = {"server": described["endpoint"], "certificate-authority-data": authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {"token": token}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "current-context": "it",
        }

    def add_nodes(self, count: int, **more: Any) -> None:
        self.eks.create_nodegroup(
            clusterName=self.name,
            nodegroupName="main",
            subnets=self.subnets,
            nodeRole=NODE_ROLE,
            scalingConfig={"minSize": 0, "maxSize": 9, "desiredSize": count},
            **more,
        )

    def processes(self) -> list[int]:
        """Return the ids of all programs of Kubernetes that work in this emulator's folder."""
        return processes_in(self.cloud.state_dir / "kubernetes")


def create_cluster(cloud: Cloud, name: str, subnets: list[str]) -> float:
    """Create a cluster, wait until it is ACTIVE, and return the seconds that the call itself took."""
    begun = time.monotonic()
    ask_for_cluster(cloud, name, subnets)
    took = time.monotonic() - begun
    assert await_created(cloud, name)["status"] == "ACTIVE"
    return took


def ask_for_cluster(cloud: Cloud, name: str, subnets: list[str]) -> None:
    """Call CreateCluster."""
    cloud.client("eks").create_cluster(
        name=name,
        version="1.34",
        roleArn=f"arn:aws:iam::{DEV}:role/flowable/workload/cluster",
        resourcesVpcConfig={"subnetIds": subnets},
        accessConfig={"authenticationMode": "API"},
    )


def await_created(cloud: Cloud, name: str) -> dict[str, Any]:
    """Return the cluster once it is no longer CREATING."""
    seen: list[dict[str, Any]] = []

    def is_created() -> bool:
        seen.append(cloud.client("eks").describe_cluster(name=name)["cluster"])
        return bool(seen[-1]["status"] != "CREATING")

    await_true(is_created, f"the end of CREATING of {name}", PATIENCE)
    return seen[-1]


def make_subnets(cloud: Cloud) -> list[str]:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    blocks = {f"{REGION}a": "10.0.1.0/24", f"{REGION}b": "10.0.2.0/24"}
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for zone, block in blocks.items()
    ]


@contextmanager
def cluster(folder: Path, programs: Programs, name: str = "dev") -> Iterator[Kube]:
    """Run an emulated AWS with one cluster until the block ends."""
    with running(folder / "state", programs.control_plane) as cloud:
        subnets = make_subnets(cloud)
        create_cluster(cloud, name, subnets)
        yield Kube(cloud, programs, name, subnets, folder)


def processes_in(folder: Path) -> list[int]:
    """Return the ids of the processes that work in a folder or below it."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            inside = link.readlink().is_relative_to(folder)
        except OSError:  # it has ended, or is somebody else's
            continue
        if inside:
            found.append(int(link.parent.name))
    return sorted(found)
