"""What doctor looks at, and how it says what it found. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from flowops.errors import Exit

CACHE_LIMIT = 5.0
"""GiB of caches from which on somebody should be told."""


class Status(Enum):
    """How something stands; only FAIL keeps an apply from becoming green."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "not looked at"


class Group(Enum):
    """What lines are listed together, in the order in which they are."""

    TOOLS = "tools"
    CONFIGURATION = "configuration"
    FILES = "rendered files and facts"
    MACHINE = "this machine"
    PROFILES = "AWS's own files"
    CREDENTIALS = "credentials"
    STACKS = "bootstrap stacks"
    STATE = "state"
    SECRETS = "secrets"
    OFFERS = "quotas and offers"


_CHECKS: Mapping[Group, Mapping[str, str]] = {
    Group.TOOLS: {
        "python": "Python's version",
        "terraform": "terraform in the pinned version",
        "terragrunt": "terragrunt in the pinned version",
        "aws-provider": "the provider hashicorp/aws in the pinned version",
        "helm-provider": "the provider hashicorp/helm in the pinned version",
        "provider-mirror": "the folder that FLOWOPS_PROVIDER_MIRROR names",
        "aws-command-line": "the aws command line of flowops' own environment",
        "git": "git",
    },
    Group.CONFIGURATION: {
        "configuration": "flowops.yaml, read strictly",
        "account-ids": "the id of every account",
        "shared-accounts": "environments that share an account",
        "tree": "layers and units below deployments/",
        "includes": "the files that units include",
        "api-server": "from where the API server of Kubernetes answers",
        "working-copy": "what the safeguards want of git",
    },
    Group.FILES: {
        "lock-file": "flowops.lock, and whether it says what stands",
        "rendered-files": "the HCL files that have a template",
    },
    Group.MACHINE: {
        "shell-variables": "variables that mislead who works by hand",
        "standing-consent": "variables that agree to something beforehand",
        "disk-room": "free room for a run",
        "folder-permissions": "folders with states, keys and logs",
        "cache-size": "the size of every .terragrunt-cache",
    },
    Group.PROFILES: {
        "profiles": "the profiles that flowops.yaml names",
        "file-permissions": "who may read and write AWS's own files",
        "mfa-serial": "the MFA device of the operator's profile",
    },
    Group.CREDENTIALS: {
        "aws-answers": "whether AWS can be reached",
        "clock": "this machine's clock against AWS's",
        "management-account": "the management profile's account",
        "account-access": "the way into each account",
        "operator": "the operator's account and path",
        "operator-mfa": "the operator's MFA device",
        "operator-session": "the operator's session with MFA",
        "role-trust": "whom the roles admit",
        "role-duration": "how long a session of a role may last",
        "operator-roles": "the roles that the operator assumes",
    },
    Group.STACKS: {
        "stack-status": "the status of each bootstrap stack",
        "stack-template": "the template that each was made of",
    },
    Group.STATE: {
        "state-bucket": "the bucket of states",
        "bucket-versioning": "versions of states",
        "bucket-encryption": "the key that encrypts states",
        "bucket-public-access": "the public access block of the bucket",
        "bucket-tls": "that the bucket refuses what is not encrypted on its way",
        "lock-support": "locks by conditional writes",
        "states": "states that can be read",
        "unsaved-states": "states that could not be saved",
        "open-runs": "runs that nobody closed",
        "locks": "held locks and leases",
    },
    Group.SECRETS: {"secrets": "the secrets that Flowable needs"},
    Group.OFFERS: {
        "region": "whether the account may use the region",
        "availability-zones": "the availability zones that region.hcl names",
        "instance-types": "the instance types of the nodes",
        "database-engines": "engine, version and class of the databases",
        "kubernetes-version": "the Kubernetes version of the cluster",
        "quota-clusters": "the quota of EKS clusters",
        "quota-addresses": "the quota of elastic IP addresses",
        "quota-vpcs": "the quota of VPCs",
    },
}

CHECKS: Mapping[str, tuple[Group, str]] = {
    id_: (group, about) for group, checks in _CHECKS.items() for id_, about in checks.items()
}
"""Every check by its id, which stays as it is: its group, and what it is about."""


@dataclass(frozen=True)
class Line:
    """One thing that was looked at; `next` is the command that mends it.

    `told` is False where it could not be told how something stands: what builds on it is not looked at.
    """

    check: str
    status: Status
    text: str
    next: str = ""
    told: bool = True

    @property
    def group(self) -> Group:
        """Return the group that the line is listed in."""
        return CHECKS[self.check][0]

    @property
    def holds(self) -> bool:
        """Whether something may build on it."""
        return self.told and self.status in (Status.PASS, Status.WARN)


def fine(check: str, text: str) -> Line:
    """Return the line of something that is as it should be."""
    return Line(check, Status.PASS, text)


def wrong(check: str, text: str, mend: str = "") -> Line:
    """Return the line of something that keeps an apply from becoming green."""
    return Line(check, Status.FAIL, text, mend)


def doubtful(check: str, text: str, mend: str = "") -> Line:
    """Return the line of something that is allowed, and still worth a second look."""
    return Line(check, Status.WARN, text, mend)


def untold(check: str, why: str, mend: str = "") -> Line:
    """Return the line of something of which nobody can tell how it stands: never a pass."""
    return Line(check, Status.WARN, f"cannot be told: {why}", mend, told=False)


def skipped(check: str, why: str, subject: str = "") -> Line:
    """Return the line of something that was not looked at; `subject` says of what where there are several."""
    return Line(check, Status.SKIP, f"{f'{subject}: ' if subject else ''}not looked at, because {why}")


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was looked at."""

    lines: tuple[Line, ...]

    @property
    def exit_code(self) -> Exit:
        """Return FAILED where a line is a fail; warnings are fine."""
        return Exit.FAILED if any(it.status is Status.FAIL for it in self.lines) else Exit.FINE

    def count(self, status: Status) -> int:
        """Return how many lines have a status."""
        return sum(it.status is status for it in self.lines)

    def in_order(self) -> Diagnosis:
        """Return the same lines by group and check, those of one check in their order."""
        order = {check: number for number, check in enumerate(CHECKS)}
        return replace(self, lines=tuple(sorted(self.lines, key=lambda it: order[it.check])))


def of_lines(lines: Iterable[Line]) -> Diagnosis:
    """Return what was looked at, in order."""
    return Diagnosis(tuple(lines)).in_order()
