"""A healthy project on a healthy machine, with accounts that have everything; a test takes one thing away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from flowops.errors import DamagedState, FlowopsError
from flowops.model.access import Access
from flowops.model.config import Config
from flowops.model.deployment import Deployment, Environment, Unit
from flowops.model.doctor_facts import (
    Bucket,
    CacheSize,
    Caller,
    Database,
    Device,
    Flaw,
    Permissions,
    Quota,
    Role,
    Room,
    Session,
    Use,
    Wanted,
)
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts
from flowops.model.locks import Holding
from flowops.model.rendering import RenderedFile, RenderResult, RenderState
from flowops.model.safeguards import NO_RULES, GitState, GuardRules
from flowops.model.secrets import SecretRow, SecretStanding, needed_by
from flowops.model.stack_changes import Stack
from flowops.model.toolchain import Source, ToolStatus
from flowops.operations.doctor.probes import Ports, Scope
from tests.fakes.aws import DEV, ORGANIZATION, PROD, SECURITY, config

GIB = 1024**3
BUCKET, KEY = "states", "arn:aws:kms:eu-central-1:111111111111:key/states"
SERIAL = f"arn:aws:iam::{SECURITY}:mfa/flowable/ann"
TEMPLATE = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n"


def tool(name: str, source: Source = Source.PATH) -> ToolStatus:
    found = "1.0.0" if source is not Source.MISSING else ""
    return ToolStatus(name, "1.0.0", found, f"/usr/bin/{name}" if found else "", source)


@dataclass
class FakeMachine:
    python_version: tuple[int, int, int] = (3, 11, 2)
    statuses: list[ToolStatus] = field(
        default_factory=lambda: [*map(tool, ("terraform", "terragrunt", "hashicorp/aws", "hashicorp/helm", "aws"))]
    )
    named_mirror: tuple[str, bool] = ("", False)
    git_version: str = "git version 2.39.5"
    ignored: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=lambda: {"PATH", "HOME"})
    free: int = 50 * GIB
    files: int | None = 1_000_000
    modes: dict[str, int] = field(default_factory=lambda: {"/home/ann/.cache/flowops": 0o700})
    cached: CacheSize = field(default_factory=lambda: CacheSize(GIB))
    aws_modes: dict[str, int] = field(
        default_factory=lambda: {"/home/ann/.aws/config": 0o644, "/home/ann/.aws/credentials": 0o600}
    )
    no_files: set[str] = field(default_factory=set)

    def python(self) -> tuple[int, int, int]:
        return self.python_version

    def tools(self) -> Sequence[ToolStatus]:
        return self.statuses

    def mirror(self) -> tuple[str, bool]:
        return self.named_mirror

    def git(self) -> str:
        return self.git_version

    def misleading(self) -> Collection[str]:
        return self.ignored

    def variables(self) -> Collection[str]:
        return self.names

    def rooms(self) -> Sequence[Room]:
        return (Room("/project", self.free, self.files),)

    def folders(self) -> Sequence[Permissions]:
        return tuple(Permissions(path, mode, folder=True) for path, mode in self.modes.items())

    def caches(self) -> CacheSize:
        return self.cached

    def aws_files(self) -> Sequence[Permissions]:
        return tuple(Permissions(path, mode, special=path in self.no_files) for path, mode in self.aws_modes.items())


def known_facts() -> Facts:
    security = {"StateBucketName": BUCKET, "StateKeyArn": KEY}
    accounts = {
        "security": AccountFacts(SECURITY, security),
        "dev": AccountFacts(DEV, {"DevOpsAdminRoleArn": "arn"}),
        "prod": AccountFacts(PROD, {"DevOpsAdminRoleArn": "arn"}),
    }
    return Facts(ORGANIZATION, accounts, {name: EnvironmentFacts({"Group": name}) for name in ("dev", "prod")})


def deployed() -> Deployment:
    return Deployment(tuple(_environment(name) for name in ("dev", "prod")))


def _environment(name: str) -> Environment:
    path = PurePosixPath(config().environments[name].path)
    units = [Unit(name, layer, unit, path / layer / unit) for layer, unit in (("foundation", "vpc"), ("app", "web"))]
    return Environment(name, name, path, name == "prod", ("foundation", "app"), tuple(units))


@dataclass
class FakeProject:
    facts_found: Facts | None = field(default_factory=known_facts)
    states: dict[str, RenderState] = field(default_factory=lambda: {"aws/root.hcl": RenderState.UNCHANGED})
    found: Deployment = field(default_factory=deployed)
    missing: list[str] = field(default_factory=list)
    git_state: GitState | None = None
    guard: GuardRules = NO_RULES
    closed: bool = False
    by_file: bool = True
    text: str = TEMPLATE
    lost: dict[str, Path] = field(default_factory=dict)
    runs: list[tuple[str, bool]] = field(default_factory=list)
    broken: FlowopsError | None = None

    def facts(self) -> Facts | None:
        return self.facts_found

    def rendered(self) -> RenderResult:
        return RenderResult(tuple(RenderedFile(PurePosixPath(it), state) for it, state in self.states.items()))

    def deployment(self) -> Deployment:
        if self.broken:
            raise self.broken
        return self.found

    def folders(self) -> Collection[str]:
        return [str(it.path) for it in self.found.environments]

    def missing_includes(self, environment: Environment) -> Sequence[str]:
        return self.missing

    def git(self) -> GitState | None:
        return self.git_state

    def rules(self) -> GuardRules:
        return self.guard

    def locks_by_file(self) -> bool:
        return self.by_file

    def template(self, name: str) -> str:
        return self.text

    def unsaved(self, environment: Environment) -> Mapping[Unit, Sequence[Path]]:
        return {unit: [self.lost[unit.id]] for unit in environment.units if unit.id in self.lost}

    def open_runs(self, environment: str) -> Sequence[tuple[str, bool]]:
        return self.runs if environment == "dev" else ()

    def wanted(self, environment: Environment) -> Wanted:
        return Wanted(
            environment.name,
            "eu-central-1",
            zones=("eu-central-1a", "eu-central-1b"),
            instance_types=("m6i.large",),
            kubernetes="1.34",
            cluster=f"flowable-{environment.name}",
            closed=self.closed,
            networks=1,
            addresses=2,
            databases=(Database("postgres", "16", "db.t4g.medium", "deployments/x.hcl:4"),),
            places={
                "node_group": "deployments/env.hcl:9",
                "kubernetes_version": "deployments/env.hcl:7",
                "public_access_cidrs": "deployments/env.hcl:8",
            },
        )


@dataclass
class FakeIdentities:
    """`refused` are the errors of what is asked, by its name; the end of a session is told in hours."""

    managed: bool = True
    known: set[str] = field(
        default_factory=lambda: {"flw-iac", "flowable-devops-admin", "flw-sec", "flw-dev", "flw-prod", "flw-log"}
    )
    broken: list[Flaw] = field(default_factory=list)
    serial: str = SERIAL
    difference: timedelta = timedelta(seconds=1)
    who: Caller = field(default_factory=lambda: Caller(SECURITY, f"arn:aws:iam::{SECURITY}:user/flowable/ann"))
    enrolled: list[str] = field(default_factory=lambda: [SERIAL])
    hours: float | None = 8
    refused: dict[str, FlowopsError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def flaws(self) -> Sequence[Flaw]:
        return self.broken

    def profiles(self) -> Collection[str]:
        return self.known

    def settings(self, profile: str) -> Mapping[str, str]:
        return {"mfa_serial": self.serial} if self.serial else {}

    def ahead(self) -> timedelta:
        self._ask("aws")
        return self.difference

    def management(self) -> str:
        self._ask("management")
        return "profile flw-iac is in account 000000000001"

    def enter(self, account: str) -> str:
        self._ask(f"enter {account}")
        return "OrganizationAccountAccessRole"

    def caller(self) -> Caller:
        self._ask("caller")
        return self.who

    def devices(self, user: str) -> Sequence[Device]:
        return tuple(map(Device, self.enrolled))

    def session(self) -> Session | None:
        return Session(timedelta(hours=self.hours)) if self.hours is not None else None

    def assume(self, environment: Environment, access: Access) -> None:
        self._ask(f"assume {access.value} of {environment.name}")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.refused:
            raise self.refused[what]


def trust(**condition: Mapping[str, str]) -> dict[str, Any]:
    """Return the trust policy that the template gives the roles, or one with other conditions."""
    usual = {
        "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{SECURITY}:user/flowable/*"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "43200"},
        "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id},
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PeopleWithMfa",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"},
                "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
                "Condition": condition or usual,
            }
        ],
    }


def bucket_policy(*left_out: str) -> dict[str, Any]:
    """Return the statements of the state bucket's policy that doctor looks at, without those of these Sids."""
    roots = {"AWS": [f"arn:aws:iam::{it}:root" for it in (DEV, PROD)]}
    deploy = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/flowable/DevOpsAdminRole"}}
    lock = f"arn:aws:s3:::{BUCKET}/${{aws:PrincipalAccount}}/*.tflock"
    everything = {"Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}/*", "Effect": "Deny"}
    allow = {"Effect": "Allow", "Principal": roots, "Resource": lock, "Condition": deploy}
    statements = [
        {"Sid": "WriteOwnState", "Action": "s3:PutObject", **allow},
        {"Sid": "ReleaseOwnLocks", "Action": "s3:DeleteObject", **allow},
        {"Sid": "DenyInsecureTransport", **everything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "DenyOldTls", **everything, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
    ]
    return {"Version": "2012-10-17", "Statement": [it for it in statements if it["Sid"] not in left_out]}


@dataclass
class FakeAccounts:
    trust_policy: dict[str, Any] = field(default_factory=trust)
    longest: int = 3600
    expected: Mapping[str, Any] | None = None
    statuses: dict[str, str] = field(default_factory=dict)
    template: str | None = TEMPLATE
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    versioning: str = "Enabled"
    encryption: tuple[str, str] = ("aws:kms", KEY)
    open_blocks: set[str] = field(default_factory=set)
    policy: dict[str, Any] | None = field(default_factory=bucket_policy)
    gone: bool = False
    damaged: dict[str, DamagedState] = field(default_factory=dict)
    held: list[Holding] = field(default_factory=list)
    unset: set[str] = field(default_factory=set)
    configuration: Config = field(default_factory=config)

    def roles(self, account: str) -> Sequence[Role]:
        number = self.configuration.accounts[account].id
        arns = [f"arn:aws:iam::{number}:role/flowable/{it.value}" for it in Access]
        return tuple(Role(arn, self.trust_policy, self.longest) for arn in arns)

    def expected_trust(self, account: str, role: str) -> Mapping[str, Any] | None:
        return self.expected

    def stack(self, account: str, name: str) -> Stack | None:
        status = self.statuses.get(name, "UPDATE_COMPLETE")
        outputs = self.outputs.get(account, dict(known_facts().accounts[account].outputs))
        return Stack(name, status, outputs=outputs) if status else None

    def deployed(self, account: str, name: str) -> str | None:
        return self.template

    def bucket(self, name: str) -> Bucket | None:
        blocks = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        shut = {it: it not in self.open_blocks for it in blocks}
        return None if self.gone else Bucket(name, self.versioning, self.encryption, shut, self.policy)

    def expected_bucket_policy(self) -> Mapping[str, Any] | None:
        return self.expected

    def states(self, environment: Environment) -> Mapping[Unit, DamagedState | None]:
        return {unit: self.damaged.get(unit.id) for unit in environment.units}

    def locks(self, environment: str) -> Sequence[Holding]:
        return [it for it in self.held if it.environment == environment]

    def secrets(self, environments: Collection[str]) -> Sequence[SecretRow]:
        secrets = dict.fromkeys(it for name in environments for it in needed_by(self.configuration, name))
        return [SecretRow(it, "arn", SecretStanding(it.title not in self.unset)) for it in secrets]


@dataclass
class FakeOffers:
    status: str = "opt-in-not-required"
    available: list[str] = field(default_factory=lambda: ["eu-central-1a", "eu-central-1b"])
    offered: dict[str, list[str]] = field(default_factory=lambda: {"m6i.large": ["eu-central-1a", "eu-central-1b"]})
    versions: set[str] = field(default_factory=lambda: {"15.12", "16.4"})
    supported: dict[str, str] = field(default_factory=lambda: {"1.34": "STANDARD_SUPPORT"})
    limits: dict[str, int] = field(default_factory=dict)
    used: dict[str, Use] = field(default_factory=dict)
    refusal: FlowopsError | None = None

    def region(self, account: str, region: str) -> str:
        return self.status

    def zones(self, account: str, region: str) -> Collection[str]:
        return self.available

    def instance_types(self, account: str, wanted: Wanted) -> Mapping[str, Collection[str]]:
        return self.offered

    def databases(self, account: str, region: str, engine: str, instance_class: str) -> Collection[str]:
        return self.versions

    def kubernetes(self, account: str, region: str) -> Mapping[str, str]:
        return self.supported

    def limit(self, account: str, region: str, quota: Quota) -> int:
        if self.refusal:
            raise self.refusal
        return self.limits.get(quota.check, 5)

    def use(self, account: str, wanted: Wanted, quota: Quota) -> Use:
        return self.used.get(quota.check, Use(1, 0))


@dataclass
class Healthy:
    """A project, a machine and accounts of which nothing is wrong."""

    machine: FakeMachine = field(default_factory=FakeMachine)
    project: FakeProject = field(default_factory=FakeProject)
    identities: FakeIdentities = field(default_factory=FakeIdentities)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    offers: FakeOffers = field(default_factory=FakeOffers)
    configuration: Config = field(default_factory=config)
    environments: tuple[str, ...] = ("dev", "prod")
    rehearsal: bool = False

    @property
    def scope(self) -> Scope:
        return Scope(self.configuration, self.environments, "/project", "~/.aws/config and credentials", self.rehearsal)

    @property
    def ports(self) -> Ports:
        return Ports(self.machine, self.project, self.identities, self.accounts, self.offers)
