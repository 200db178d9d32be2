"""The deployed tree as plain terragrunt sees it, rendered and copied out of git."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.process import Completed, Processes
from flowops.adapters.rendering import TemplateTree
from tests.integration.emulated_aws import DEV, REGION, SECURITY, Cloud
from tests.integration.modules.example import MODULES
from tests.integration.tools import Tools

TREE = MODULES.parent / "deployments"
FOUNDATION = Path("aws/non-prod/eu-central-1/dev/foundation")
PROFILE = "flowable-devops-admin"
BUCKET = f"flowable-terraform-state-{SECURITY}"
ROLES = ("DevOpsAdminRole", "FlowableAdminRole", "FlowableUserRole", "FlowopsPlanRole")
UNIT_LINES = 40
KEYS = (("access_key_id", "AccessKeyId"), ("secret_access_key", "SecretAccessKey"))


def role(name: str) -> str:
    return f"arn:aws:iam::{DEV}:role/flowable/{name}"


def context(state_key: str) -> dict[str, object]:
    """Return what discovery found, as templates see it."""
    secret, key = f"arn:aws:secretsmanager:{REGION}:{SECURITY}:secret:", f"arn:aws:kms:{REGION}:{SECURITY}:key/"
    return {
        "project": "flowable",
        "region": REGION,
        "operator": {"profile": PROFILE},
        "environment": {"name": "dev", "protected": False},
        "account": {
            "id": DEV,
            "outputs": {f"{name}Arn": role(name) for name in ROLES}
            | {"WorkloadBoundaryArn": f"arn:aws:iam::{DEV}:policy/flowable/FlowableWorkloadBoundary"},
        },
        "security": {
            "id": SECURITY,
            "outputs": {
                "StateBucketName": BUCKET,
                "StateKeyArn": state_key,
                "SecretsKeyArn": f"{key}1",
                "RepositorySecretArn": f"{secret}/flowable/repository-aBcDeF",
            },
        },
        "access": {
            "outputs": {"LicenseKeyArn": f"{key}2", "LicenseSecretArn": f"{secret}/flowable/dev/license-aBcDeF"}
        },
        "flowable": {"external_domain": "example.com"},
    }


@pytest.fixture(scope="module")
def state_key(cloud: Cloud) -> str:
    """Make the state bucket and the roles that may use it; return the ARN of the bucket's key."""
    cloud.client("s3", SECURITY).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    anybody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    iam = cloud.client("iam", DEV)
    for name in ROLES:
        iam.create_role(RoleName=name, Path="/flowable/", AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return str(cloud.client("kms", SECURITY).create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def operator(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the configuration of an operator in the security account."""
    iam = cloud.client("iam", SECURITY)
    iam.create_user(UserName="operator", Path="/flowable/")
    iam.attach_user_policy(UserName="operator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    path = tmp_path_factory.mktemp("operator") / "config"
    lines = (f"[profile {PROFILE}]", *(f"aws_{a} = {key[b]}" for a, b in KEYS), f"region = {REGION}", "")
    path.write_text("\n".join(lines))
    return path


@dataclass(frozen=True)
class Layer:
    """The foundation of dev in a rendered copy of the tree."""

    folder: Path
    terragrunt: Path
    env: Mapping[str, str]

    def run(self, unit: str, *command: str, **env: str) -> Completed:
        """Run terragrunt in one unit."""
        argv = [str(self.terragrunt), "run", "--non-interactive", "--no-color", "--", *command, "-no-color"]
        return Processes().run(argv, env={**self.env, **env}, cwd=self.folder / unit, timeout=300)


@pytest.fixture
def layer(tmp_path: Path, tools: Tools, terraform_environment: dict[str, str], state_key: str, operator: Path) -> Layer:
    for source in (TREE, MODULES):
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns(".terragrunt-cache", "*.tfstate"))
    tree = TemplateTree(tmp_path / TREE.name)
    for template in (PurePosixPath("aws/non-prod/account.hcl.j2"), PurePosixPath(FOUNDATION / "foundation.hcl.j2")):
        tree.write(template, tree.render(template, context(state_key)))
    unwanted = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
    env = {name: value for name, value in terraform_environment.items() if name not in unwanted}
    env |= {"AWS_CONFIG_FILE": str(operator), "TG_TF_PATH": str(tools.terraform)}
    return Layer(tmp_path / TREE.name / FOUNDATION, tools.terragrunt, env)


def test_two_roles_take_turns_in_one_tree_and_each_initializes_once(layer: Layer) -> None:
    initialized = []
    reading = {"FLOWOPS_ASSUME_ROLE_ARN": role("FlowopsPlanRole")}
    for command, env in (
        (("plan", "-lock=false"), reading),
        (("apply", "-auto-approve"), {}),
        (("plan", "-lock=false", "-detailed-exitcode"), reading),
    ):
        done = layer.run("resource-group", *command, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        initialized.append("Initializing the backend" in done.stdout + done.stderr)
    assert initialized == [True, True, False]


def test_a_role_of_another_account_is_stopped_by_the_provider_too(layer: Layer, cloud: Cloud) -> None:
    iam = cloud.client("iam", SECURITY)
    anybody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    stray = iam.create_role(RoleName="Stray", Path="/flowable/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="Stray", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    done = layer.run("resource-group", "plan", "-lock=false", FLOWOPS_ASSUME_ROLE_ARN=stray)
    assert done.returncode == 1
    assert "AWS account ID not allowed" in done.stdout + done.stderr


def test_a_draining_run_starts_no_unit(layer: Layer, tmp_path: Path) -> None:
    flag = tmp_path / "drain"
    flag.touch()
    done = layer.run("resource-group", "plan", FLOWOPS_DRAIN_FLAG=str(flag))
    assert done.returncode == 1
    assert "draining" in done.stderr
    assert "Plan:" not in done.stdout


def test_a_mock_is_planned_with_and_never_applied(layer: Layer) -> None:
    planned = layer.run("eks-components", "plan")
    assert planned.returncode == 0, planned.stderr
    assert '"mock-cluster"' in planned.stdout
    applied = layer.run("eks-components", "apply", "-auto-approve")
    assert applied.returncode == 1
    assert "Creating..." not in applied.stdout


def test_units_stay_short_and_bring_their_lock() -> None:
    units = [path.parent for path in (TREE / "aws").rglob("terragrunt.hcl") if ".terragrunt-cache" not in path.parts]
    assert units
    assert not [unit for unit in units if len((unit / "terragrunt.hcl").read_text().splitlines()) > UNIT_LINES]
    foundation = [unit for unit in units if unit.parent.name == "foundation"]
    assert not [unit for unit in foundation if "h1:" not in (unit / ".terraform.lock.hcl").read_text()]
