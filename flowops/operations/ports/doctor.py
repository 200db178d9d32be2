"""What doctor is told by the machine, by the project, and by AWS; nothing is changed by asking.

Every method may raise a FlowopsError: it becomes the line of the look that asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from flowops.errors import DamagedState
from flowops.model.access import Access
from flowops.model.deployment import Deployment, Environment, Unit
from flowops.model.doctor_facts import (
    Bucket,
    CacheSize,
    Caller,
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
from flowops.model.facts import Facts
from flowops.model.locks import Holding
from flowops.model.rendering import RenderResult
from flowops.model.safeguards import GitState, GuardRules
from flowops.model.secrets import SecretRow
from flowops.model.stack_changes import Stack
from flowops.model.toolchain import ToolStatus


class Machine(Protocol):
    """This computer and the shell that flowops was called from."""

    def python(self) -> tuple[int, int, int]:
        """Return the version of Python."""

    def tools(self) -> Sequence[ToolStatus]:
        """Return where every tool stands."""

    def mirror(self) -> tuple[str, bool]:
        """Return the mirror of providers that is named, empty for none, and whether it is a folder."""

    def git(self) -> str:
        """Return what git says its version is, empty where there is no git."""

    def misleading(self) -> Collection[str]:
        """Return the names of variables that flowops ignores and other tools obey."""

    def variables(self) -> Collection[str]:
        """Return the names of all variables."""

    def rooms(self) -> Sequence[Room]:
        """Return the free room where a run writes."""

    def folders(self) -> Sequence[Permissions]:
        """Return the folders that should be private, those that are there."""

    def caches(self) -> CacheSize:
        """Return how large terragrunt's caches are."""

    def aws_files(self) -> Sequence[Permissions]:
        """Return AWS's own files, those that are there; the credentials file last."""


class ProjectFiles(Protocol):
    """The project's files."""

    def facts(self) -> Facts | None:
        """Return what flowops.lock holds, None where there is none."""

    def rendered(self) -> RenderResult:
        """Return which rendered files are stale."""

    def deployment(self) -> Deployment:
        """Return the units of every environment."""

    def folders(self) -> Collection[str]:
        """Return the folders of environments that are there, relative to deployments/."""

    def missing_includes(self, environment: Environment) -> Sequence[str]:
        """Return, as texts to show, what units of an environment include and what is in no folder above."""

    def git(self) -> GitState | None:
        """Return how the working copy stands, None outside of git; nothing is fetched."""

    def rules(self) -> GuardRules:
        """Return the project's safeguards."""

    def locks_by_file(self) -> bool:
        """Return whether root.hcl tells terraform to lock states by a file beside them."""

    def template(self, name: str) -> str:
        """Return the text of a template of bootstrap/."""

    def unsaved(self, environment: Environment) -> Mapping[Unit, Sequence[Path]]:
        """Return where states lie that were not saved, by unit; units without one left out."""

    def open_runs(self, environment: str) -> Sequence[tuple[str, bool]]:
        """Return the runs that nobody closed, each with whether something of it still works."""

    def wanted(self, environment: Environment) -> Wanted:
        """Return what the units of an environment ask of account and region."""


class Identities(Protocol):
    """Who calls AWS, from AWS's own files on."""

    @property
    def managed(self) -> bool:
        """Whether there is a management profile: it looks into accounts then, else the operator does."""

    def flaws(self) -> Sequence[Flaw]:
        """Return what keeps AWS's tools from reading its own files, by file."""

    def profiles(self) -> Collection[str]:
        """Return the names of all profiles."""

    def settings(self, profile: str) -> Mapping[str, str]:
        """Return the settings of a profile."""

    def ahead(self) -> timedelta:
        """Return how far this machine's clock is ahead of AWS's; an error where AWS does not answer."""

    def management(self) -> str:
        """Return the management account, found to be the organization's."""

    def enter(self, account: str) -> str:
        """Return as whom an account is looked at, found to be the right one."""

    def caller(self) -> Caller:
        """Return who the operator's profile is, without MFA."""

    def devices(self, user: str) -> Sequence[Device]:
        """Return the MFA devices of a user of the security account."""

    def session(self) -> Session | None:
        """Return the operator's session, None where none is kept that a run could go on with."""

    def assume(self, environment: Environment, access: Access) -> None:
        """Become a role of an environment, as the operator."""


class Accounts(Protocol):
    """What stands in the accounts and regions."""

    def roles(self, account: str) -> Sequence[Role]:
        """Return the roles that plan and apply in an account."""

    def expected_trust(self, account: str, role: str) -> Mapping[str, Any] | None:
        """Return the trust policy that the stack gave a role, None where CloudFormation cannot tell."""

    def stack(self, account: str, name: str) -> Stack | None:
        """Return a stack, None where there is none."""

    def deployed(self, account: str, name: str) -> str | None:
        """Return the template that a stack was made of, None where there is no such stack."""

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket of states, None where there is none."""

    def expected_bucket_policy(self) -> Mapping[str, Any] | None:
        """Return the policy that the stack gave the bucket, None where CloudFormation cannot tell."""

    def states(self, environment: Environment) -> Mapping[Unit, DamagedState | None]:
        """Return each unit with why its state cannot be read, None where it can or is not there."""

    def locks(self, environment: str) -> Sequence[Holding]:
        """Return who holds locks and the lease of an environment."""

    def secrets(self, environments: Collection[str]) -> Sequence[SecretRow]:
        """Return how the secrets stand that these environments need."""


class Offers(Protocol):
    """What an account and region have to give."""

    def region(self, account: str, region: str) -> str:
        """Return whether the account may use a region, as EC2 calls it; empty for no region."""

    def zones(self, account: str, region: str) -> Collection[str]:
        """Return the availability zones that can be used."""

    def instance_types(self, account: str, wanted: Wanted) -> Mapping[str, Collection[str]]:
        """Return the zones in which each wanted instance type is offered."""

    def databases(self, account: str, region: str, engine: str, instance_class: str) -> Collection[str]:
        """Return the versions of a database engine that are offered on an instance class."""

    def kubernetes(self, account: str, region: str) -> Mapping[str, str]:
        """Return the Kubernetes versions of EKS with the support that each gets."""

    def limit(self, account: str, region: str, quota: Quota) -> int:
        """Return a quota's value."""

    def use(self, account: str, wanted: Wanted, quota: Quota) -> Use:
        """Return how much of a quota is used."""
