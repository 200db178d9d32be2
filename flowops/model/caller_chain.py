"""From a profile to a role, hop by hop: who the caller is at each, until when, and where the way ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from flowops.errors import Exit, FlowopsError, UnknownTarget
from flowops.model.access import FLOWABLE_USER, ROLES, Access
from flowops.model.config import MANAGEMENT, SECURITY, Config
from flowops.model.facts import Facts, not_bootstrapped
from flowops.model.regions import region_in

_LOOKING = (Access.READ.value, FLOWABLE_USER)


def writes(role: str) -> bool:
    """Return whether a role changes anything in its account."""
    return role not in _LOOKING


@dataclass(frozen=True)
class Target:
    """A role in an environment's account, and the account of who assumes it; a pipeline presents `external_id`."""

    role_arn: str
    account: str
    caller_account: str
    external_id: str = field(default="", repr=False)


def target_of(config: Config, facts: Facts | None, environment: str, role: str) -> Target:
    """Return what is known of a role in an environment's account.

    UnknownTarget names the nearest environment or role; UsageError where the account was not bootstrapped.
    """
    require_names(config, environment, role)
    account = config.environments[environment].account
    arn, caller = facts.role_arn(account, role) if facts else "", config.accounts[SECURITY].id
    if facts is None or not arn or caller is None:
        raise not_bootstrapped(role, account, not_done=f"{role} was not assumed.")
    return Target(arn, config.accounts[account].id or facts.accounts[account].id, caller, facts.external_id(account))


def require_names(config: Config, environment: str, role: str) -> None:
    """Raise UnknownTarget, which names the nearest, unless there are such an environment and such a role."""
    if environment not in config.environments:
        raise UnknownTarget("environment", environment, config.environments)
    if role not in ROLES:
        raise UnknownTarget("role", role, ROLES, where=" for people")


def region_of(config: Config, environment: str) -> str:
    """Return the region that an environment's folder names, else the project's."""
    return region_in(config.environments[environment].path, config.region)


class ProfileKind(Enum):
    """Where a profile's credentials come from."""

    USER_KEYS = "user keys"
    TEMPORARY_KEYS = "temporary keys"
    ROLE = "role"
    WEB_IDENTITY = "web identity"
    SSO = "single sign-on"
    PROCESS = "process"
    NOTHING = "no credentials"


@dataclass(frozen=True)
class ProfileSource:
    """A profile as AWS's files have it; `through` is the role it assumes, with the profile that does so."""

    kind: ProfileKind
    files: tuple[str, ...]
    through: str = ""


@dataclass(frozen=True)
class CallerIdentity:
    """Who AWS says a caller is; `alias` is the account's, empty where the caller may not see it."""

    arn: str
    account: str
    alias: str = ""


@dataclass(frozen=True)
class MfaSession:
    """A session with MFA of `device`; `made` now or kept from before. Without a device the profile is used as it is."""

    device: str
    made: bool
    expires: datetime | None


class HopKind(Enum):
    """The hops, in their order."""

    PROFILE = "profile"
    IDENTITY = "identity"
    MFA = "mfa session"
    ROLE = "role"


class HopState(Enum):
    """How far the way goes on at a hop."""

    HOLDS = "holds"
    WOULD_ASK = "would ask"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Hop:
    """One hop: `who` is a profile, an ARN or a device, `how` where it comes from in a few words.

    `account` is the account's id, `account_name` its name in flowops.yaml and `alias` its alias, each empty where
    nobody knows it.
    """

    kind: HopKind
    who: str
    state: HopState = HopState.HOLDS
    how: str = ""
    account: str = ""
    account_name: str = ""
    alias: str = ""
    expires: datetime | None = None
    error: FlowopsError | None = None


@dataclass(frozen=True)
class Chain:
    """One way: what it `leads` to, its hops, and the time at which it was walked."""

    leads: str
    hops: tuple[Hop, ...]
    at: datetime


@dataclass(frozen=True)
class Chains:
    """Every way that was walked."""

    chains: tuple[Chain, ...]

    @property
    def exit_code(self) -> Exit:
        """Return 5 where a hop failed, 7 where one would have to ask before the next can be reached, else 0."""
        states = {hop.state for chain in self.chains for hop in chain.hops}
        if HopState.FAILED in states:
            return Exit.CREDENTIALS
        return Exit.DECLINED if HopState.NOT_REACHED in states else Exit.FINE


def name_of(account_id: str, config: Config, facts: Facts | None) -> str:
    """Return what flowops.yaml calls the account with this id, empty for a stranger."""
    if facts and account_id == facts.organization.management_account:
        return MANAGEMENT
    return next((name for name, it in config.accounts.items() if it.id == account_id), "")
