"""The deployed tree as plain terragrunt sees it, rendered and copied out of git."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.process import Completed, Processes
from flowops.adapters.rendering import TemplateTree
from tests.integration.cluster_tokens import asked, holder
from tests.integration.emulated_aws import DEV, REGION, SECURITY, Cloud
from tests.integration.modules.charts import led_to_charts
from tests.integration.modules.example import MODULES
from tests.integration.tools import Tools

TREE = MODULES.parent / "deployments"
ENVIRONMENT = "aws/non-prod/eu-central-1/dev"
PROFILE = "flowable-devops-admin"
BUCKET = f"flowable-terraform-state-{SECURITY}"
ROLES = ("DevOpsAdminRole", "FlowableAdminRole", "FlowableUserRole", "FlowopsPlanRole")
UNIT_LINES = 75
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
class Tree:
    """The environment dev in a rendered copy of the tree."""

    folder: Path
    terragrunt: Path
    env: Mapping[str, str]

    def run(self, unit: str, *command: str, **env: str) -> Completed:
        """Run terragrunt in one unit."""
        argv = [str(self.terragrunt), "run", "--non-interactive", "--no-color", "--", *command, "-no-color"]
        return Processes().run(argv, env={**self.env, **env}, cwd=self.folder / unit, timeout=300)


@pytest.fixture
def tree(
    tmp_path: Path,
    tools: Tools,
    helm_provider: Path,
    cloud: Cloud,
    terraform_environment: dict[str, str],
    state_key: str,
    operator: Path,
) -> Tree:
    for source in (TREE, MODULES):
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns(".terragrunt-cache", "*.tfstate"))
    templates = TemplateTree(tmp_path / TREE.name)
    for name in ("aws/non-prod/account.hcl.j2", *(f"{ENVIRONMENT}/{it}/{it}.hcl.j2" for it in ("foundation", "app"))):
        template = PurePosixPath(name)
        templates.write(template, templates.render(template, context(state_key)))
    unwanted = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
    env = {name: value for name, value in terraform_environment.items() if name not in unwanted}
    env |= {"AWS_CONFIG_FILE": str(operator), "TG_TF_PATH": str(tools.terraform)}
    return Tree(tmp_path / TREE.name / ENVIRONMENT, tools.terragrunt, env | led_to_charts(cloud, tmp_path / "helm"))


def test_two_roles_take_turns_in_one_tree_and_each_initializes_once(tree: Tree) -> None:
    initialized = []
    reading = {"FLOWOPS_ASSUME_ROLE_ARN": role("FlowopsPlanRole")}
    for command, env in (
        (("plan", "-lock=false"), reading),
        (("apply", "-auto-approve"), {}),
        (("plan", "-lock=false", "-detailed-exitcode"), reading),
    ):
        done = tree.run("foundation/resource-group", *command, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        initialized.append("Initializing the backend" in done.stdout + done.stderr)
    assert initialized == [True, True, False]


@pytest.mark.fault(22)
def test_a_role_of_another_account_is_stopped_by_the_provider_too(tree: Tree, cloud: Cloud) -> None:
    iam = cloud.client("iam", SECURITY)
    anybody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    stray = iam.create_role(RoleName="Stray", Path="/flowable/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="Stray", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    done = tree.run("foundation/resource-group", "plan", "-lock=false", FLOWOPS_ASSUME_ROLE_ARN=stray)
    assert done.returncode == 1
    assert "AWS account ID not allowed" in done.stdout + done.stderr


def test_a_pipeline_presents_what_the_account_gave_it_to_backend_and_provider(tree: Tree, cloud: Cloud) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "an-external-id-of-27-letters"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = cloud.client("iam", DEV)
    guarded = iam.create_role(RoleName="Guarded", Path="/flowable/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="Guarded", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    acting = {"FLOWOPS_ASSUME_ROLE_ARN": guarded}
    refused = tree.run("foundation/resource-group", "plan", "-lock=false", **acting)
    assert refused.returncode == 1
    assert "sts:ExternalId is absent from the request" in refused.stdout + refused.stderr
    acting["FLOWOPS_ASSUME_ROLE_EXTERNAL_ID"] = "an-external-id-of-27-letters"
    planned = tree.run("foundation/resource-group", "plan", "-lock=false", **acting)
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_the_helm_provider_shows_the_token_of_the_profile_that_it_is_told(tree: Tree, tools: Tools) -> None:
    guarded = f"arn:aws:iam::{DEV}:role/flowable/Guarded"
    config = Path(tree.env["AWS_CONFIG_FILE"])
    config.write_text(
        f"{config.read_text()}[profile by-role]\nsource_profile = {PROFILE}\nregion = {REGION}\n"
        f"role_arn = {guarded}\nexternal_id = an-external-id-of-27-letters\n"
    )
    acting = {"FLOWOPS_ASSUME_ROLE_ARN": guarded, "FLOWOPS_ASSUME_ROLE_EXTERNAL_ID": "an-external-id-of-27-letters"}
    for more, expected in (({}, "is absent from the request"), ({"FLOWOPS_ASSUME_ROLE_PROFILE": "by-role"}, "")):
        planned = tree.run("foundation/eks-components", "plan", "-lock=false", **acting, **more)
        assert planned.returncode == 0, planned.stdout + planned.stderr
        arguments, env = login(tree.folder / "foundation/eks-components")
        done = asked(tools.aws, arguments, {**tree.env, **env}, tree.folder)
        assert expected in done.stderr
        assert done.succeeded is not bool(expected)
    assert holder(done.stdout).startswith(f"arn:aws:sts::{DEV}:assumed-role/Guarded/")


def login(unit: Path) -> tuple[list[str], dict[str, str]]:
    """Return arguments and environment of the aws command line, as the unit's Helm provider calls it."""
    generated = max((unit / ".terragrunt-cache").rglob("helm.tf"), key=lambda it: it.stat().st_mtime)
    text = generated.read_text()
    found = re.search(r"args += (\[.*\])\n +env += \{ AWS_PROFILE = (\".*\") \}", text)
    assert found, text
    return json.loads(found[1]), {"AWS_PROFILE": json.loads(found[2])}


def test_the_provider_says_whose_run_it_is(tree: Tree, cloud: Cloud) -> None:
    entering = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"}, "Action": "sts:AssumeRole"}
    by_ann = {"StringEquals": {"sts:SourceIdentity": "ann"}}
    naming = {**entering, "Action": "sts:SetSourceIdentity", "Condition": by_ann}
    document = json.dumps({"Version": "2012-10-17", "Statement": [entering, naming]})
    iam = cloud.client("iam", DEV)
    role = iam.create_role(RoleName="Named", Path="/flowable/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="Named", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    acting = {"FLOWOPS_ASSUME_ROLE_ARN": role, "FLOWOPS_ASSUME_ROLE_SOURCE_IDENTITY": "mallory"}
    refused = tree.run("foundation/resource-group", "plan", "-lock=false", **acting)
    assert refused.returncode == 1
    assert "sts:SetSourceIdentity" in refused.stdout + refused.stderr
    acting["FLOWOPS_ASSUME_ROLE_SOURCE_IDENTITY"] = "ann"
    planned = tree.run("foundation/resource-group", "plan", "-lock=false", **acting)
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_a_draining_run_starts_no_unit(tree: Tree, tmp_path: Path) -> None:
    flag = tmp_path / "drain"
    flag.touch()
    done = tree.run("foundation/resource-group", "plan", FLOWOPS_DRAIN_FLAG=str(flag))
    assert done.returncode == 1
    assert "draining" in done.stderr
    assert "Plan:" not in done.stdout


def test_a_mock_is_planned_with_and_never_applied(tree: Tree) -> None:
    planned = tree.run("foundation/eks-components", "plan")
    assert planned.returncode == 0, planned.stderr
    assert '"mock-cluster"' in planned.stdout
    applied = tree.run("foundation/eks-components", "apply", "-auto-approve")
    assert applied.returncode == 1
    assert "Creating..." not in applied.stdout


def test_flowable_is_planned_before_anything_stands(tree: Tree) -> None:
    planned = tree.run("app/flowable-app", "plan")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "jdbc:postgresql://mock-work:0/mock-work" in planned.stdout
    assert """alb.ingress.kubernetes.io/listen-ports: '[{"HTTP":80},{"HTTPS":443}]'""" in planned.stdout
    assert 'alb.ingress.kubernetes.io/ssl-redirect: "443"' in planned.stdout
    assert "Plan: 2 to add" in planned.stdout


def test_another_engine_and_a_search_are_two_words_of_one_file(tree: Tree) -> None:
    settings = tree.folder / "app" / "app.hcl"
    text = settings.read_text().replace('"postgres"', '"oracle"')
    settings.write_text(re.sub(r"es_enabled\s*= false", "es_enabled = true", text))
    planned = tree.run("app/flowable-app", "plan")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "jdbc:oracle:thin:@mock-work:0/mock-work" in planned.stdout
    assert "ojdbc8" in planned.stdout
    assert "https://mock-search:443" in planned.stdout


def test_units_stay_short_and_bring_their_lock() -> None:
    units = [path.parent for path in (TREE / "aws").rglob("terragrunt.hcl") if ".terragrunt-cache" not in path.parts]
    assert units
    texts = {unit: (unit / "terragrunt.hcl").read_text() for unit in units}
    assert not [unit for unit, text in texts.items() if len(text.splitlines()) > UNIT_LINES]
    # The Helm provider comes from a mirror, the registry or its Go module: three archives, three hashes.
    with_helm = {unit for unit, text in texts.items() if 'generate "helm"' in text}
    assert not [unit for unit in with_helm if (unit / ".terraform.lock.hcl").exists()]
    assert not [unit for unit in {*units} - with_helm if "h1:" not in (unit / ".terraform.lock.hcl").read_text()]
