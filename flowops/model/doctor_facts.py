"""What doctor is told about a machine and about AWS, before it is judged. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Room:
    """What is free on the file system of a folder: bytes, and files; None where it makes as many as there are bytes."""

    path: str
    free: int
    files: int | None = None


@dataclass(frozen=True)
class Permissions:
    """A file, a folder, or something `special` that is there: its permission bits, and whether it is who asks's own."""

    path: str
    mode: int
    folder: bool = False
    ours: bool = True
    special: bool = False


@dataclass(frozen=True)
class Flaw:
    """What keeps a file from being read, beginning with `file:line:`, and the command that mends it."""

    text: str
    mend: str


@dataclass(frozen=True)
class CacheSize:
    """The size of all caches of terragrunt in bytes; where `at_least`, nobody counted to the end."""

    size: int
    at_least: bool = False


@dataclass(frozen=True)
class Device:
    """An MFA device that is enabled for a user."""

    serial: str


@dataclass(frozen=True)
class Caller:
    """Who AWS says the operator's profile is."""

    account: str
    arn: str

    @property
    def user(self) -> str:
        """Return the name of the IAM user, empty where it is none."""
        kind, _, name = self.arn.rpartition(":")[2].partition("/")
        return name.rpartition("/")[2] if kind == "user" else ""

    @property
    def path(self) -> str:
        """Return the path of the IAM user, `/` at least."""
        below = self.arn.rpartition(":")[2].partition("/")[2].rpartition("/")[0]
        return f"/{below}/" if below else "/"


@dataclass(frozen=True)
class Session:
    """A session that the operator has; `left` is None where it does not end, or renews itself."""

    left: timedelta | None


@dataclass(frozen=True)
class Role:
    """One role as IAM holds it: its trust policy, and the longest session in seconds."""

    arn: str
    trust: Mapping[str, Any] = field(repr=False)
    longest: int

    @property
    def name(self) -> str:
        """Return the role's name."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Bucket:
    """The bucket of states; `policy` is None where it has none, `encryption` the algorithm and the key's ARN."""

    name: str
    versioning: str
    encryption: tuple[str, str]
    public_access: Mapping[str, bool]
    policy: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True)
class Database:
    """One kind of database that an environment makes; `place` is where its class is written."""

    engine: str
    version: str
    instance_class: str
    place: str


@dataclass(frozen=True)
class Wanted:
    """What an environment's units ask of an account and region, as far as the tree writes it out.

    A `closed` cluster has an API server that answers inside the VPC only. `places` are FILE:LINE of a setting by its
    name; `addresses` are the elastic IPs of its NAT gateways.
    """

    environment: str
    region: str
    zones: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    kubernetes: str = ""
    cluster: str = ""
    closed: bool = False
    networks: int = 0
    addresses: int = 0
    databases: tuple[Database, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Use:
    """How much of a quota is used: by everybody in account and region, and of that by the environment itself."""

    all: int
    own: int


@dataclass(frozen=True)
class Quota:
    """One quota of AWS; the codes are those of Service Quotas."""

    check: str
    title: str
    service: str
    code: str


QUOTAS = (
    Quota("quota-clusters", "EKS clusters", "eks", "L-1194D53C"),
    Quota("quota-addresses", "elastic IP addresses", "ec2", "L-0263D0A3"),
    Quota("quota-vpcs", "VPCs", "vpc", "L-F678F1CE"),
)
"""Service Quotas of Amazon EKS ("Clusters"), EC2 ("EC2-VPC Elastic IPs") and VPC ("VPCs per Region")."""
