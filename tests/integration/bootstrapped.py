"""A project whose accounts are those of an emulated organization, bootstrapped by the real adapters."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flowops.adapters.bootstrap_files import SecretFolder, TemplateFolder
from flowops.adapters.facts_file import LockFile
from flowops.adapters.rendering import TemplateTree
from flowops.model.bootstrap import BootstrapRequest, BootstrapResult, StackOutcome
from flowops.model.config import Config
from flowops.operations.bootstrap import bootstrap
from flowops.operations.ports.bootstrap import BootstrapPorts
from tests.fakes.aws import FakeConsole
from tests.integration.organization import DEV, PROD, REGION, SECURITY, Home

ROOT = Path(__file__).parents[2]
BUCKET = f"flowable-terraform-state-{SECURITY}"
EXTERNAL_ID = "an-external-id-of-27-letters"
CANARY = "canary-4a7c1f"
TEMPLATE = """\
locals {
  role   = {{ account.outputs.DevOpsAdminRoleArn | hcl }}
  bucket = {{ security.outputs.StateBucketName | hcl }}
}
"""


@dataclass
class Project:
    """A project in a folder of its own, whose accounts are the emulated ones."""

    home: Home
    folder: Path
    console: FakeConsole = field(default_factory=FakeConsole)

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "bootstrap", self.folder / "bootstrap")
        for path in ("aws/non-prod", "aws/prod"):
            (self.folder / "deployments" / path).mkdir(parents=True)
            (self.folder / "deployments" / path / "account.hcl.j2").write_text(TEMPLATE)
        (self.folder / "dev.license").write_text(f"license {CANARY}")

    @property
    def config(self) -> Config:
        accounts = (("security", SECURITY), ("dev", DEV), ("prod", PROD))
        return Config.model_validate(
            {
                "project": "flowable",
                "region": REGION,
                "management": {"profile": "flw-iac"},
                "operator": {"profile": "flowable-devops-admin"},
                "accounts": {name: {"id": account_id, "profile": f"flw-{name}"} for name, account_id in accounts},
                "environments": {
                    "dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"},
                    "prod": {"account": "prod", "path": "aws/prod/eu-central-1/prod", "protected": True},
                },
                "layers": ["foundation"],
                "flowable": {"licenses": {"dev": "dev.license"}},
            }
        )

    @property
    def facts_file(self) -> LockFile:
        return LockFile(self.folder / "flowops.lock")

    @property
    def templates(self) -> TemplateTree:
        return TemplateTree(self.folder / "deployments")

    def bootstrap(
        self,
        *accounts: str,
        allow_replace: tuple[str, ...] = (),
        skip: tuple[str, ...] = (),
        retain: tuple[str, ...] = (),
        answers: tuple[bool, ...] = (),
    ) -> BootstrapResult:
        """Run a bootstrap with an operator who says yes, after forgetting what was shown before."""
        self.console = FakeConsole(list(answers))
        ports = BootstrapPorts(
            self.home.cloud(),
            self.console,
            TemplateFolder(self.folder / "bootstrap"),
            self.templates,
            self.facts_file,
            SecretFolder(self.folder),
            {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": CANARY},
            lambda: EXTERNAL_ID,
        )
        return bootstrap(BootstrapRequest(accounts, allow_replace, skip, retain), self.config, ports)

    def edit(self, template: str, old: str, new: str) -> None:
        """Change a template of this project."""
        path = self.folder / "bootstrap" / template
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def outcomes(result: BootstrapResult) -> Mapping[str, StackOutcome]:
    return {f"{it.account}/{it.stack}": it.outcome for it in result.stacks}
