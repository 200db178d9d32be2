"""A new project, and one more environment in a project: where it stands, how large it is, and its network. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network
from pathlib import PurePosixPath

from flowops.errors import UsageError
from flowops.model.config import (
    ACCOUNT_ID_PATTERN,
    DOMAIN_PATTERN,
    NAME_PATTERN,
    PATH_PATTERN,
    PROFILE_PATTERN,
    PROJECT_PATTERN,
    REGION_PATTERN,
    RESERVED_ENVIRONMENTS,
    SECURITY,
    Config,
    EnvironmentConfig,
)

ROOT = "aws"
"""The folder of deployments/ that holds the accounts' folders."""

LONGEST_NAME = 28
"""What PROJECT-ENVIRONMENT may have: an OpenSearch domain has that name (API reference, CreateDomain, DomainName)."""

_FOR_VPCS = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
"""RFC 1918 and RFC 6598, which a VPC may have (Amazon VPC User Guide, "VPC CIDR blocks")."""


class Sizes(Enum):
    """How large an environment is made; every number can be changed in its env.hcl afterwards."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


SIZES: Mapping[Sizes, Mapping[str, object]] = {
    Sizes.DEVELOPMENT: {
        "nat_gateway_per_az": False,
        "instance_types": ["m6i.large"],
        "min_size": 2,
        "desired_size": 2,
        "max_size": 5,
        "log_retention_days": 30,
        "backup_retention_days": 7,
        "kms_deletion_window_days": 7,
    },
    Sizes.PRODUCTION: {
        "nat_gateway_per_az": True,
        "instance_types": ["m6i.xlarge"],
        "min_size": 3,
        "desired_size": 3,
        "max_size": 9,
        "log_retention_days": 365,
        "backup_retention_days": 35,
        "kms_deletion_window_days": 30,
    },
}


@dataclass(frozen=True)
class ProjectRequest:
    """What the command line says of a new project."""

    project: str
    region: str
    external_domain: str | None = None


@dataclass(frozen=True)
class EnvironmentRequest:
    """What the command line says of a new environment; what is None follows from the project."""

    name: str
    account: str | None = None
    account_id: str | None = None
    profile: str | None = None
    region: str | None = None
    path: str | None = None
    network: str | None = None
    sizes: Sizes = Sizes.DEVELOPMENT
    protected: bool = False


@dataclass(frozen=True)
class NewAccount:
    """The entry of an account in flowops.yaml; `id` is None until it exists."""

    name: str
    profile: str
    id: str | None = None

    @property
    def entry(self) -> Mapping[str, str | bool]:
        """Return its values as flowops.yaml has them."""
        return {**({"id": self.id} if self.id else {}), "profile": self.profile}


@dataclass(frozen=True)
class NewEnvironment:
    """An environment to be written; `new_account` is None where its account stands in flowops.yaml already."""

    name: str
    account: str
    new_account: NewAccount | None
    place: PurePosixPath
    network: IPv4Network
    sizes: Sizes
    protected: bool

    @property
    def region(self) -> str:
        """Return the region its folder names."""
        return self.place.parts[2]

    @property
    def entry(self) -> Mapping[str, str | bool]:
        """Return its values as flowops.yaml has them."""
        protected: Mapping[str, str | bool] = {"protected": True} if self.protected else {}
        return {"account": self.account, "path": str(self.place), **protected}


def packaged_sizes(environment: EnvironmentConfig) -> Sizes:
    """Return the sizes that an environment of the packaged project has: its protected one is for production."""
    return Sizes.PRODUCTION if environment.protected else Sizes.DEVELOPMENT


def check_project(request: ProjectRequest) -> None:
    """Raise UsageError for a value that flowops.yaml could not hold."""
    _check("--project", request.project, PROJECT_PATTERN)
    _check("--region", request.region, REGION_PATTERN)
    _check("--external-domain", request.external_domain, DOMAIN_PATTERN)
    _check_resources("--project", request.project, "prod")


def quick_start_environments(quick_start: Config, region: str) -> tuple[NewEnvironment, ...]:
    """Return the environments of the packaged project as they stand in `region`."""
    found: list[NewEnvironment] = []
    for name, it in quick_start.environments.items():
        parts = PurePosixPath(it.path).parts
        place = PurePosixPath(*parts[:2], region, *parts[3:])
        network = _network(None, [other.network for other in found])
        found.append(NewEnvironment(name, it.account, None, place, network, packaged_sizes(it), it.protected))
    return tuple(found)


def new_environment(request: EnvironmentRequest, config: Config, networks: Iterable[IPv4Network]) -> NewEnvironment:
    """Return the environment that `request` means in this project; `networks` are those in use.

    UsageError for a name that is taken, for options that contradict the project, and for a network in use.
    """
    _check("--environment", request.name, NAME_PATTERN)
    _check_resources("--environment", config.project, request.name)
    if request.name in RESERVED_ENVIRONMENTS:
        words = ", ".join(RESERVED_ENVIRONMENTS)
        line = f"{request.name!r} is a word of the command line; not allowed: {words}."
        raise _unfit(line, _again("--environment"))
    if request.name in config.environments:
        raise _unfit(f"There is an environment {request.name!r} already.", "flowops config show")
    account = request.name if request.account is None else request.account
    return NewEnvironment(
        request.name,
        account,
        _new_account(request, config, account),
        _place(request, config, account),
        _network(request.network, networks),
        request.sizes,
        request.protected,
    )


def _new_account(request: EnvironmentRequest, config: Config, account: str) -> NewAccount | None:
    if account == SECURITY:
        raise _unfit("The security account holds state, users and secrets, and no environment.", _again("--account"))
    if account not in config.accounts:
        _check("--account", account, NAME_PATTERN)
        _check("--account-id", request.account_id, ACCOUNT_ID_PATTERN)
        _check("--profile", request.profile, PROFILE_PATTERN)
        return NewAccount(account, request.profile or f"flw-{account}", request.account_id)
    options = {"--account-id": request.account_id, "--profile": request.profile}
    given = [name for name, it in options.items() if it is not None]
    if given:
        line = f"Account {account!r} stands in flowops.yaml already: its id and its profile are written there."
        raise _unfit(
            line, f"change accounts.{account} in flowops.yaml, then the same command without {' and '.join(given)}"
        )
    return None


def _place(request: EnvironmentRequest, config: Config, account: str) -> PurePosixPath:
    region = config.region if request.region is None else request.region
    _check("--region", region, REGION_PATTERN)
    usual = f"{_folder(config, account)}/{region}/{request.name}"
    place = PurePosixPath(usual if request.path is None else request.path)
    # root.hcl reads layer and unit from the fifth and sixth folder.
    fits = len(place.parts) == 4 and place.parts[0] == ROOT and re.fullmatch(REGION_PATTERN, place.parts[2])
    if not fits or not re.fullmatch(PATH_PATTERN, str(place)):
        raise _unfit(
            f"{str(place)!r} is no folder for an environment; allowed: {ROOT}/ACCOUNT/REGION/ENVIRONMENT.",
            _again("--path"),
        )
    if place.parts[2] != region and request.region:
        raise _unfit(f"The path names region {place.parts[2]!r}, but --region says {region!r}.", _again("--path"))
    for name, it in config.environments.items():
        other = PurePosixPath(it.path)
        if other.parts[:2] == place.parts[:2] and it.account != account:
            raise _unfit(
                f"deployments/{'/'.join(place.parts[:2])} holds {name}, which lives in account {it.account!r}: "
                "a folder holds one account.",
                _again("--path"),
            )
    return place


def _folder(config: Config, account: str) -> str:
    """Return the folder of an account: that of its environments, or one of its own name."""
    held = [PurePosixPath(config.environments[name].path) for name in config.environments_of(account)]
    return "/".join(held[0].parts[:2]) if held else f"{ROOT}/{account}"


def _network(wanted: str | None, taken: Iterable[IPv4Network]) -> IPv4Network:
    used = tuple(taken)
    if wanted is None:
        free = (IPv4Network(f"10.{second}.0.0/16") for second in (*range(20, 256, 10), *range(21, 256)))
        found = next((it for it in free if not any(it.overlaps(other) for other in used)), None)
        if found is None:
            raise _unfit("No network 10.x.0.0/16 is free.", _again("--network"))
        return found
    try:
        network = IPv4Network(wanted)
    except ValueError as error:
        line = f"{wanted!r} is no network ({error}); allowed: such as 10.40.0.0/16."
        raise _unfit(line, _again("--network")) from error
    if network.prefixlen != 16 or not any(network.subnet_of(it) for it in _FOR_VPCS):
        raise _unfit(f"{wanted} is no private network of 16 bits, such as 10.40.0.0/16.", _again("--network"))
    for other in used:
        if network.overlaps(other):
            raise _unfit(f"{wanted} overlaps {other}, which an env.hcl of this project uses.", _again("--network"))
    return network


def subnets(network: IPv4Network) -> Mapping[str, object]:
    """Return an environment's network of 16 bits and its subnets in three zones, as env.hcl names them."""
    small, large = list(network.subnets(new_prefix=24)), list(network.subnets(new_prefix=19))
    return {
        "vpc": str(network),
        "public": [str(it) for it in small[0:3]],
        "database": [str(it) for it in small[8:11]],
        "private": [str(it) for it in large[1:4]],
    }


def zones(region: str) -> list[str]:
    """Return the three zones a region.hcl starts with."""
    return [f"{region}{letter}" for letter in "abc"]


def _check(option: str, value: str | None, pattern: str) -> None:
    if value is not None and not re.fullmatch(pattern, value):
        raise _unfit(f"{value!r} does not fit {option}; allowed: text that matches {pattern}.", _again(option))


def _check_resources(option: str, project: str, environment: str) -> None:
    """Refuse what could be written and never applied: cluster, databases and search domain have this name."""
    name = f"{project}-{environment}"
    if len(name) > LONGEST_NAME or "--" in name:
        line = f"Clusters and databases would be named {name!r}; allowed: {LONGEST_NAME} characters, without `--`."
        raise _unfit(line, _again(option))


def _again(option: str) -> str:
    return f"the same command with another {option}"


def _unfit(line: str, following: str) -> UsageError:
    return UsageError(line, not_done="Nothing was written.", next_step=following)
