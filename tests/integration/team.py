"""One operator of a small project on the emulated AWS: the roles that runs become, a state bucket, and units in it.

Everything between `flowops apply` and AWS is real: workbench, terragrunt, terraform, provider and S3 backend.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from configparser import RawConfigParser
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flowops.adapters.facts_file import LockFile
from flowops.adapters.held_lease import LeaseTerms
from flowops.adapters.toolchain import Toolchain
from flowops.app.site import Site
from flowops.app.workbench import Workbench
from flowops.model.config import Config
from flowops.model.deployment import LOCK_FILE, Unit
from flowops.model.facts import AccountFacts, Facts, Organization
from flowops.model.run import Run, RunRequest, Verb, WarmProviders
from flowops.model.totp import code_at
from tests.fakes.console import FakeConsole
from tests.integration.hired import Phone, made
from tests.integration.organization import DEV, MANAGEMENT, REGION, SECURITY, Home, organization
from tests.sandbox import Sandbox

BUCKET = "states"
OPERATOR = "flowable-devops-admin"
DEPLOY, PLAN = (f"arn:aws:iam::{DEV}:role/flowable/{name}" for name in ("DevOpsAdminRole", "FlowopsPlanRole"))
CHAIN = f"arn:aws:iam::{SECURITY}:role/flowable/Chain"
_ASSUMING = ["sts:AssumeRole", "sts:SetSourceIdentity"]
_MAY = {"Effect": "Allow", "Action": _ASSUMING, "Resource": "*"}
_PROJECT = Path(__file__).parents[2]
_LOCK = _PROJECT / "deployments" / "aws" / "non-prod" / "eu-central-1" / "dev" / "foundation" / "vpc" / LOCK_FILE
_ROOT = f"""
locals {{
  role = get_env("FLOWOPS_ASSUME_ROLE_ARN")
}}

download_dir = "${{get_terragrunt_dir()}}/.terragrunt-cache/${{basename(local.role)}}"

remote_state {{
  backend  = "s3"
  generate = {{ path = "backend.tf", if_exists = "overwrite_terragrunt" }}
  config = {{
    bucket       = "{BUCKET}"
    key          = "{DEV}/${{path_relative_to_include()}}/terraform.tfstate"
    region       = "{REGION}"
    use_lockfile = true
    profile      = "{OPERATOR}"
    assume_role  = {{ role_arn = local.role, session_name = "flowops" }}
  }}
}}

inputs = {{ role = local.role }}

terraform {{
  before_hook "drain" {{
    commands = ["plan", "apply", "destroy"]
    execute  = ["sh", "-c", "test -z \\"$FLOWOPS_DRAIN_FLAG\\" || test ! -e \\"$FLOWOPS_DRAIN_FLAG\\""]
  }}
}}
"""


_PROVIDER = f"""
variable "role" {{ type = string }}

provider "aws" {{
  region  = "{REGION}"
  profile = "{OPERATOR}"
  assume_role {{
    role_arn     = var.role
    session_name = "flowops"
  }}
}}
"""


def parameter(name: str, *, after: str = "") -> str:
    """Return an SSM parameter, the cheapest of all resources; it may wait for another resource."""
    depends = f"  depends_on = [{after}]\n" if after else ""
    lines = f'  name  = "/{name}"\n  type  = "String"\n  value = "x"\n{depends}'
    return f'\nresource "aws_ssm_parameter" "{name}" {{\n{lines}}}\n'


class Tree(Sandbox):
    """Units whose states lie in the bucket."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        (self.deployments / "root.hcl").write_text(_ROOT)

    def aws_unit(self, path: str, more: str, *, depends: str = "") -> Unit:
        """Write one unit with the AWS provider."""
        made = self.unit(path, depends=depends, more=_PROVIDER + more)
        shutil.copyfile(_LOCK, self.deployments / made.path / LOCK_FILE)
        return made

    def reached(self, unit: Unit) -> bool:
        """Say whether terraform is at work inside a held unit; each role has a working copy of its own."""
        return any((self.deployments / unit.path).glob(".terragrunt-cache/*/reached"))


@dataclass
class Team:
    """The operators of one project, whose profile is one of keys with MFA; each `operator` is a flowops of its own."""

    home: Home
    tree: Tree
    tools: Toolchain
    device: Phone
    codes: list[str] = field(default_factory=list)
    terms: LeaseTerms = field(default_factory=LeaseTerms)

    def with_tree(self, folder: Path) -> Team:
        """Return the team with another, empty tree, whose states lie in the same bucket."""
        tree = Tree(folder / "project")
        LockFile(tree.root / "flowops.lock").write(_facts())
        return replace(self, tree=tree, codes=[])

    @property
    def config(self) -> Config:
        accounts = (("security", SECURITY), ("dev", DEV))
        return Config.model_validate(
            {
                "project": "flowable",
                "region": REGION,
                "management": {"profile": "flw-iac"},
                "operator": {"profile": OPERATOR},
                "accounts": {name: {"id": number, "profile": f"flw-{name}"} for name, number in accounts},
                "environments": {"dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"}},
                "layers": ["foundation"],
            }
        )

    def operator(self, console: FakeConsole | None = None) -> Workbench:
        """Return the commands of one operator."""
        site = Site(self.tree.root, self.config, self.home.sessions(), self._mfa, self.tree.root / "sessions")
        return Workbench(site, self.tools, console or FakeConsole(), os.environ, pause=time.sleep, terms=self.terms)

    def by_role(self, role: str = CHAIN) -> Team:
        """Let the operator's profile be one that becomes a role, as single sign-on or a jump account has it.

        What it then gives children is chained to the roles that they become.
        """
        return self._profile(role_arn=role, source_profile="keys")

    def by_keys(self) -> Team:
        """Let the operator's profile be that of a user with MFA, as it is at first."""
        return self._profile(mfa_serial=self.device.serial)

    def _profile(self, **settings: str) -> Team:
        config = self.home.folder / "config"
        parser = RawConfigParser()
        parser.read(config)
        parser[f"profile {OPERATOR}"] = {"region": REGION, **settings}
        with config.open("w") as file:
            parser.write(file)
        return self

    def _mfa(self, serial: str) -> str:
        self.codes.append(serial)
        return code_at(self.device.seed, time.time())

    def apply(self, console: FakeConsole | None = None, *, yes: bool = True) -> Run:
        """Apply the whole environment."""
        request = RunRequest(Verb.APPLY, "dev", yes=yes, warm_providers=WarmProviders.NEVER)
        return self.operator(console).run(request)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call S3 past flowops' back."""
        return self.home.into(SECURITY).call("s3", operation, Bucket=BUCKET, **parameters)

    def put(self, key: str, body: bytes) -> None:
        """Write an object past flowops' back."""
        self.call("PutObject", Key=key, Body=body)

    def keys(self) -> list[str]:
        """Return every key in the bucket."""
        return [it["Key"] for it in self.call("ListObjectsV2").get("Contents", ())]

    def lock_key(self, unit: Unit) -> str:
        """Return where terraform's lock on a unit lies."""
        return f"{unit.state_key(DEV)}.tflock"

    @contextmanager
    def denied(self, action: str, keys: str) -> Iterator[None]:
        """Let the bucket refuse an action on some keys to everybody for a while."""
        statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{BUCKET}/{keys}"}
        self.call("PutBucketPolicy", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        try:
            yield
        finally:
            self.call("DeleteBucketPolicy")

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """Return every recorded call of an operation, oldest first."""
        lines = (self.home.folder.parent / "state" / "calls.jsonl").read_text().splitlines()
        return [it for it in map(json.loads, lines) if it["action"].rpartition(":")[2] == operation]


@contextmanager
def team(folder: Path, tools: Toolchain, *, session_seconds: int = 0) -> Iterator[Team]:
    """Run the emulated AWS of one project until the block ends."""
    with organization(folder / "home", session_seconds=session_seconds) as home:
        location = {"LocationConstraint": REGION}
        security = home.into(SECURITY)
        security.call("s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration=location)
        for arn in (DEPLOY, PLAN, CHAIN):
            _make_role(home, arn)
        keys, device = made(security, "operator")
        security.call("iam", "PutUserPolicy", UserName="operator", PolicyName="may", PolicyDocument=_policy(_MAY))
        home.add_profile(OPERATOR, keys.access_key, keys.secret_key, mfa_serial=device.serial)
        home.add_profile("keys", keys.access_key, keys.secret_key)
        yield Team(home, Tree(folder / "project"), tools, device).with_tree(folder)


def _make_role(home: Home, arn: str) -> None:
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    iam = home.into(account)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"}, "Action": _ASSUMING}
    iam.call("iam", "CreateRole", Path="/flowable/", RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    iam.call("iam", "PutRolePolicy", RoleName=name, PolicyName="may", PolicyDocument=_policy(_MAY))


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _facts() -> Facts:
    roles = {"DevOpsAdminRoleArn": DEPLOY, "FlowopsPlanRoleArn": PLAN}
    accounts = {"security": AccountFacts(SECURITY, {"StateBucketName": BUCKET}), "dev": AccountFacts(DEV, roles)}
    return Facts(Organization("o-emulated", MANAGEMENT), accounts)
