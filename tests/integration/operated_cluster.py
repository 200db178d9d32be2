"""A bootstrapped organization with a real cluster in dev, whose operator may read what the bootstrap lets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.bootstrapped import Project
from tests.integration.emulated_aws import Cloud, emulator_in
from tests.integration.emulated_kubernetes import Kube, Programs, create_cluster, make_subnets
from tests.integration.organization import DEV, REGION, SECURITY, organization

OPERATOR = "external-secrets"
ROLE = "external-secrets-dev"
READS = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]


@dataclass
class Operated:
    """The cluster, and the accounts around it."""

    kube: Kube
    project: Project

    @property
    def cloud(self) -> Cloud:
        return self.kube.cloud

    def secrets(self, account: str = SECURITY) -> Any:
        return self.cloud.client("secretsmanager", account)

    def arn(self, name: str, account: str = SECURITY) -> str:
        return str(self.secrets(account).describe_secret(SecretId=name)["ARN"])

    def database(self, name: str) -> str:
        """Return the secret of a new database."""
        made = self.cloud.client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="flowable",
            ManageMasterUserPassword=True,
        )["DBInstance"]
        return str(made["MasterUserSecret"]["SecretArn"])

    def rotate(self, name: str) -> None:
        rds = self.cloud.client("rds")
        rds.modify_db_instance(DBInstanceIdentifier=name, RotateMasterUserPassword=True, ApplyImmediately=True)

    def value(self, secret: str, account: str = DEV) -> dict[str, str]:
        value: dict[str, str] = json.loads(self.secrets(account).get_secret_value(SecretId=secret)["SecretString"])
        return value

    def make_operator_role(self) -> str:
        """Make the role of external-secrets as the module does, and give it to its service account."""
        iam = self.cloud.client("iam")
        boundary = f"arn:aws:iam::{DEV}:policy/flowable/FlowableWorkloadBoundary"
        role = iam.create_role(
            RoleName=ROLE,
            Path="/flowable/workload/",
            AssumeRolePolicyDocument=json.dumps(self._trust()),
            PermissionsBoundary=boundary,
        )["Role"]["Arn"]
        iam.put_role_policy(RoleName=ROLE, PolicyName=OPERATOR, PolicyDocument=json.dumps(self._policy()))
        self.kube.eks.create_pod_identity_association(
            clusterName=self.kube.name, namespace=OPERATOR, serviceAccount=OPERATOR, roleArn=role
        )
        return str(role)

    def _trust(self) -> dict[str, Any]:
        tags = {
            "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:{REGION}:{DEV}:cluster/{self.kube.name}",
            "aws:RequestTag/kubernetes-namespace": OPERATOR,
            "aws:RequestTag/kubernetes-service-account": OPERATOR,
        }
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": tags},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def _policy(self) -> dict[str, Any]:
        of_rds = f"arn:aws:secretsmanager:{REGION}:{DEV}:secret:rds!*"
        owner = {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": f"arn:aws:rds:{REGION}:{DEV}:db:flowable-*"}
        via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}
        named = [self.arn("/flowable/repository"), self.arn("/flowable/dev/license")]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "Named", "Effect": "Allow", "Action": READS, "Resource": named},
                {"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": via},
                {
                    "Sid": "Databases",
                    "Effect": "Allow",
                    "Action": READS,
                    "Resource": of_rds,
                    "Condition": {"StringLike": owner},
                },
            ],
        }


@contextmanager
def operated(folder: Path, programs: Programs) -> Iterator[Operated]:
    """Run all of it until the block ends."""
    with organization(folder, programs.control_plane) as home:
        project = Project(home, folder / "project")
        assert project.bootstrap().exit_code == 0
        state_dir = folder / "state"
        emulator = emulator_in(state_dir)
        endpoint = emulator.status()
        assert endpoint
        cloud = Cloud(emulator, endpoint, state_dir)
        subnets = make_subnets(cloud)
        create_cluster(cloud, "dev", subnets)
        kube = Kube(cloud, programs, "dev", subnets, folder)
        kube.add_nodes(2)
        yield Operated(kube, project)
