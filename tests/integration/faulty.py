"""Whole runs of flowops over units with real AWS resources, whose AWS fails where a test wants it to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowops.model.access import Access, Acting
from flowops.model.deployment import Environment, Unit
from tests.integration.emulated_aws import DEV, REGION
from tests.integration.faults import Faults
from tests.integration.recorded_bench import SandboxCloud
from tests.integration.trusted import Trusted
from tests.integration.warm_bench import AwsUnits, World
from tests.sandbox import Sandbox

BUCKET = "fault-states"
_ROOT = f"""
remote_state {{
  backend  = "s3"
  generate = {{ path = "backend.tf", if_exists = "overwrite_terragrunt" }}
  config = {{
    bucket       = "{BUCKET}"
    key          = "${{path_relative_to_include()}}/terraform.tfstate"
    region       = "{REGION}"
    use_lockfile = true
  }}
}}

terraform {{
  before_hook "drain" {{
    commands = ["plan", "apply", "destroy"]
    execute  = ["sh", "-c", "test -z \\"$FLOWOPS_DRAIN_FLAG\\" || test ! -e \\"$FLOWOPS_DRAIN_FLAG\\""]
  }}
}}
"""


class BucketUnits(AwsUnits):
    """Units whose states lie in a bucket of the emulated AWS."""

    def __init__(self, root: Path, world: World) -> None:
        super().__init__(root)
        (self.deployments / "root.hcl").write_text(_ROOT)
        self._s3 = world.client("s3")
        names = {it["Name"] for it in self._s3.list_buckets()["Buckets"]}
        if BUCKET not in names:
            self._s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in self.keys():
            self._s3.delete_object(Bucket=BUCKET, Key=key)

    def state(self, unit: Unit) -> dict[str, Any] | None:
        key = f"{unit.path}/terraform.tfstate"
        if key not in self.keys():
            return None
        state: dict[str, Any] = json.loads(self._s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        return state

    def keys(self) -> list[str]:
        """Return the keys of all states and locks."""
        return [it["Key"] for it in self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]

    def lock_keys(self) -> list[str]:
        return [it for it in self.keys() if it.endswith(".tflock")]


class FaultyCloud(SandboxCloud):
    """Gives children an administrator's keys and the URL that leads through the faults."""

    def __init__(self, sandbox: Sandbox, env: dict[str, str]) -> None:
        super().__init__(sandbox)
        self._env = env

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        return Acting(self._env, DEV, f"arn:aws:sts::{DEV}:assumed-role/{access.value}/ann")


@dataclass
class Faulty(Trusted):
    """One project, its runs whole; children act with `env`, which leads them through the faults."""

    sandbox: AwsUnits
    env: dict[str, str] = field(default_factory=dict)

    @property
    def cloud(self) -> SandboxCloud:
        return FaultyCloud(self.sandbox, self.env)


def faulty(root: Path, world: World, faults: Faults, sandbox: AwsUnits | None = None) -> Faulty:
    """Return a project in `root` whose terraform and provider reach AWS through the faults."""
    env = {**world.env(url=faults.url), "TF_CLI_CONFIG_FILE": world.tools.environment["TF_CLI_CONFIG_FILE"]}
    return Faulty(sandbox or AwsUnits(root), world.tools, env=env)
