"""An organization in memory: accounts with stacks and secrets, an operator with answers, and the project's files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from flowops.adapters import text_file
from flowops.errors import Declined, FlowopsError, InvalidConfig, WrongAccount
from flowops.model.bootstrap import BootstrapPlan
from flowops.model.config import Config
from flowops.model.facts import Facts, Organization
from flowops.model.secrets import SecretStanding
from flowops.operations.ports.bootstrap import BootstrapPorts
from tests.fakes.cloudformation import FakeStacks

MANAGEMENT, SECURITY, DEV, PROD = "000000000001", "111111111111", "222222222222", "333333333333"
ORGANIZATION = Organization("o-abcdefghij", MANAGEMENT)

TEMPLATES: Mapping[str, object] = {
    "security-account.yaml": {
        "Parameters": {name: {"Type": "String"} for name in ("Project", "OrganizationId", "EnvironmentAccountIds")},
        "Resources": {
            "StateKey": {"Type": "AWS::KMS::Key", "Properties": {"Description": "state"}},
            "StateBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "states"}},
            "StateBucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"PolicyDocument": {"Ref": "EnvironmentAccountIds"}},
            },
            "RepositorySecret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "/flowable/repository"}},
        },
        "Outputs": {
            "StateBucketName": {"Value": {"Ref": "StateBucket"}},
            "StateKeyArn": {"Value": {"Fn::GetAtt": ["StateKey", "Arn"]}},
            "RepositorySecretArn": {"Value": {"Ref": "RepositorySecret"}},
        },
    },
    "environment-access.yaml": {
        "Parameters": {
            name: {"Type": "String"}
            for name in ("Project", "EnvironmentName", "EnvironmentAccountId", "OrganizationId")
        },
        "Resources": {
            "DevOpsAdminGroup": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": {"Ref": "EnvironmentName"}}},
            "LicenseSecret": {"Type": "AWS::SecretsManager::Secret", "Properties": {}},
        },
        "Outputs": {
            "DevOpsAdminGroupName": {"Value": {"Ref": "DevOpsAdminGroup"}},
            "LicenseSecretArn": {"Value": {"Ref": "LicenseSecret"}},
        },
    },
    "environment-account.yaml": {
        "Parameters": {
            name: {"Type": "String"}
            for name in (
                "Project",
                "SecurityAccountId",
                "OrganizationId",
                "ExternalId",
                "StateBucketName",
                "StateKeyArn",
                "Regions",
            )
        },
        "Resources": {
            "DevOpsAdminRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": "DevOpsAdminRole", "Description": {"Ref": "StateBucketName"}},
            },
        },
        "Outputs": {
            "DevOpsAdminRoleArn": {"Value": {"Fn::GetAtt": ["DevOpsAdminRole", "Arn"]}},
            "ExternalId": {"Value": {"Ref": "ExternalId"}},
        },
    },
}


def config(*, dev: str | None = DEV, prod: str | None = PROD, security: str | None = SECURITY) -> Config:
    """Return a project with the environments dev and prod, each in an account of its own."""
    return Config.model_validate(
        {
            "project": "flowable",
            "region": "eu-central-1",
            "management": {"profile": "flw-iac"},
            "operator": {"profile": "flowable-devops-admin"},
            "accounts": {
                "security": {"id": security, "profile": "flw-sec"},
                "dev": {"id": dev, "profile": "flw-dev"},
                "prod": {"id": prod, "profile": "flw-prod"},
                "logging": {"profile": "flw-log"},
            },
            "environments": {
                "dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"},
                "prod": {"account": "prod", "path": "aws/prod/eu-west-1/prod", "protected": True},
            },
            "layers": ["foundation", "app"],
            "flowable": {"licenses": {"dev": "./dev.license"}},
        }
    )


@dataclass
class FakeSecrets:
    """Secrets by ARN; those that are not here have no value, `leaving` are about to be deleted, `gone` are deleted."""

    values: dict[str, bytes] = field(default_factory=dict)
    leaving: dict[str, datetime] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    puts: list[str] = field(default_factory=list)

    def standing(self, secret: str) -> SecretStanding | None:
        if secret in self.gone:
            return None
        return SecretStanding(secret in self.values, datetime(2026, 11, 23, tzinfo=UTC), self.leaving.get(secret))

    def value(self, secret: str) -> bytes | None:
        return self.values.get(secret)

    def put(self, secret: str, value: bytes) -> None:
        self.puts.append(secret)
        self.values[secret] = value


@dataclass(frozen=True)
class FakeDoor:
    """One account."""

    stacks: FakeStacks = field(default_factory=FakeStacks)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)


@dataclass
class FakeCloud:
    """The organization; `actual` says which account a name really leads to, `closed` why one cannot be entered."""

    doors: dict[str, FakeDoor] = field(
        default_factory=lambda: {name: FakeDoor() for name in ("security", "dev", "prod")}
    )
    actual: dict[str, str] = field(default_factory=dict)
    closed: dict[str, FlowopsError] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def organization(self) -> Organization:
        self.calls.append("organization")
        return ORGANIZATION

    def enter(self, account: str, account_id: str) -> FakeDoor:
        self.calls.append(f"enter {account}")
        if account in self.closed:
            raise self.closed[account]
        if self.actual.get(account, account_id) != account_id:
            raise WrongAccount(account_id, self.actual[account], where=account)
        return self.doors[account]

    @property
    def worked(self) -> list[str]:
        """Return every call that could have changed something, by account."""
        return [f"{name}: {call}" for name, door in self.doors.items() for call in door.stacks.calls]


@dataclass
class FakeConsole:
    """An operator who answers yes until the answers given run out differently, or nobody."""

    answers: list[bool] = field(default_factory=list)
    nobody: bool = False
    shown: list[BootstrapPlan] = field(default_factory=list)
    asked: list[BootstrapPlan] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def show(self, plan: BootstrapPlan) -> None:
        self.shown.append(plan)

    def confirm(self, plan: BootstrapPlan) -> bool:
        self.asked.append(plan)
        if self.nobody:
            raise Declined("nobody answers")
        return self.answers.pop(0) if self.answers else True

    def progress(self, line: str) -> None:
        self.lines.append(line)


@dataclass
class FakeStackTemplates:
    """The templates of bootstrap/."""

    texts: dict[str, str] = field(default_factory=lambda: {name: json.dumps(it) for name, it in TEMPLATES.items()})

    def text(self, name: str) -> str:
        return self.texts[name]

    def change(self, name: str, *path: str, to: object = None) -> None:
        """Set what stands at a path of a template, or without `to` remove it."""
        document = json.loads(self.texts[name])
        place = document
        for key in path[:-1]:
            place = place[key]
        if to is None:
            del place[path[-1]]
        else:
            place[path[-1]] = to
        self.texts[name] = json.dumps(document)


@dataclass
class FakeFactsFile:
    """flowops.lock."""

    facts: Facts | None = None
    writes: int = 0

    def read(self) -> Facts | None:
        return self.facts

    def write(self, facts: Facts) -> bool:
        changed = self.facts != facts
        self.facts = facts
        self.writes += changed
        return changed


@dataclass
class FakeTemplates:
    """Templates by path; one renders to its text and the context it was given."""

    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def templates(self) -> tuple[PurePosixPath, ...]:
        return tuple(map(PurePosixPath, self.texts))

    def render(self, template: PurePosixPath, context: Mapping[str, object]) -> str:
        self.contexts[str(template)] = context
        if not self.texts[str(template)]:
            raise InvalidConfig(f"{template}:1: is empty.")
        return self.texts[str(template)]

    def current(self, template: PurePosixPath) -> str | None:
        return self.files.get(str(template))

    def write(self, template: PurePosixPath, text: str) -> None:
        self.files[str(template)] = text


@dataclass
class FakeSecretFiles:
    """Files that hold a secret."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def content(self, path: str) -> bytes:
        if path not in self.contents:
            raise text_file.wrong(Path(path), 1, "cannot be read: No such file or directory")
        return self.contents[path]


@dataclass
class World:
    """Everything a bootstrap is given, to arrange before and to look at after."""

    cloud: FakeCloud = field(default_factory=FakeCloud)
    console: FakeConsole = field(default_factory=FakeConsole)
    stack_templates: FakeStackTemplates = field(default_factory=FakeStackTemplates)
    templates: FakeTemplates = field(default_factory=FakeTemplates)
    facts_file: FakeFactsFile = field(default_factory=FakeFactsFile)
    secret_files: FakeSecretFiles = field(default_factory=FakeSecretFiles)
    environment: dict[str, str] = field(default_factory=dict)
    external_ids: list[str] = field(default_factory=list)

    def stacks(self, account: str) -> FakeStacks:
        """Return the stacks of an account."""
        return self.cloud.doors[account].stacks

    def ports(self) -> BootstrapPorts:
        """Return the ports of a bootstrap."""
        return BootstrapPorts(
            self.cloud,
            self.console,
            self.stack_templates,
            self.templates,
            self.facts_file,
            self.secret_files,
            self.environment,
            self._new_external_id,
        )

    def _new_external_id(self) -> str:
        self.external_ids.append(f"external-id-number-{len(self.external_ids) + 1:04}")
        return self.external_ids[-1]
