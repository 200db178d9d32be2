"""flowops.yaml as data: strict keys, strict types, and the rules that hold between its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$"
RESERVED_ENVIRONMENTS = ("up", "down", "status", "env", "life", "list", "security")
SECURITY = "security"
MANAGEMENT = "management"

PROJECT_PATTERN = r"^[a-z][a-z0-9-]{0,32}[a-z0-9]$"
"""As the bootstrap templates have it: the state bucket's name begins with it and S3 allows 63 characters."""

ProjectName = Annotated[str, StringConstraints(pattern=PROJECT_PATTERN)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Profile = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}$")]
RelativePath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$")]
Domain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ManagementConfig(_Strict):
    """Who creates accounts, bootstraps, and manages users and secrets."""

    profile: Profile = Field(description="Named profile of the organization's management account.")
    role: Annotated[str, StringConstraints(pattern=r"^[\w+=,.@-]{1,64}$")] = Field(
        default="OrganizationAccountAccessRole", description="Role that the management account assumes in each account."
    )


class OperatorConfig(_Strict):
    """Who plans, applies and destroys."""

    profile: Profile = Field(description="Named profile of an IAM user in the security account.")


class AccountConfig(_Strict):
    """One AWS account of the organization."""

    id: AccountId | None = Field(default=None, description="Quoted 12 digits; absent until it exists.")
    profile: Profile = Field(description="Named profile that operators use for this account by hand.")


class EnvironmentConfig(_Strict):
    """One environment: the account it lives in and its folder below deployments/."""

    account: Name = Field(description="Name of an account under `accounts`.")
    path: RelativePath = Field(description="Folder below deployments/, for example aws/non-prod/eu-central-1/dev.")
    protected: bool = Field(default=False, description="Whether changes need --confirm ENV as well as --yes.")


class RepositoryConfig(_Strict):
    """Flowable's Helm and Docker repository."""

    url: Url = Field(description="Address of the chart repository.")


class FlowableConfig(_Strict):
    """What Flowable itself needs; credentials go to Secrets Manager, never into a file here."""

    repository: RepositoryConfig | None = Field(default=None, description="Where the chart comes from.")
    licenses: dict[Name, FilePath] = Field(default_factory=dict, description="License file of each environment.")
    external_domain: Domain = Field(default="example.com", description="Domain below which ingress hosts stand.")


class ToolsConfig(_Strict):
    """Exact versions of the engines."""

    terraform: Version = Field(default="1.11.4", description="terraform's version.")
    terragrunt: Version = Field(default="1.1.3", description="terragrunt's version.")


class Config(_Strict):
    """The whole of flowops.yaml."""

    project: ProjectName = Field(description="Name of the project: a prefix of buckets and a tag on everything.")
    region: Region = Field(description="Home region of the state bucket and the bootstrap stacks.")
    management: ManagementConfig
    operator: OperatorConfig
    accounts: dict[Name, AccountConfig] = Field(min_length=2)
    environments: dict[Name, EnvironmentConfig] = Field(min_length=1)
    layers: list[Name] = Field(min_length=1, description="Layers in the order in which they are applied.")
    flowable: FlowableConfig = Field(default_factory=FlowableConfig)
    tools: ToolsConfig = Field(default_factory=ToolsConfig)

    def environments_of(self, account: str) -> tuple[str, ...]:
        """Return the names of the environments that live in `account`, in file order."""
        return tuple(name for name, environment in self.environments.items() if environment.account == account)

    def environment_accounts(self) -> tuple[str, ...]:
        """Return the accounts that hold at least one environment, in file order."""
        return tuple(name for name in self.accounts if name != SECURITY and self.environments_of(name))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of flowops.yaml."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "flowops.yaml",
    }


REHEARSAL_MANAGEMENT_ID = "999999999999"


def with_rehearsal_ids(config: Config) -> Config:
    """Return the configuration with an id for every account: its own, or one that a rehearsal always gives it."""
    taken = {account.id for account in config.accounts.values()}
    free = (str(digit) * 12 for digit in range(1, 9))
    unused = (number for number in free if number not in taken)
    accounts = {
        name: account if account.id else account.model_copy(update={"id": next(unused, f"{index:012d}")})
        for index, (name, account) in enumerate(config.accounts.items(), start=100)
    }
    return config.model_copy(update={"accounts": accounts})


@dataclass(frozen=True)
class Problem:
    """Something wrong at `path`, a tuple of keys and indexes into flowops.yaml."""

    path: tuple[str | int, ...]
    text: str


def problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong between parts that are each valid by themselves."""
    if SECURITY not in config.accounts:
        yield Problem(("accounts",), f"there must be an account named {SECURITY!r}: it holds state, users and secrets")
    if MANAGEMENT in config.accounts:
        yield Problem(("accounts", MANAGEMENT), "the management account is named by `management.profile`, not here")
    yield from _shared_ids(config)
    for name, environment in config.environments.items():
        yield from _environment_problems(config, name, environment)
    for index, layer in enumerate(config.layers):
        if layer in config.layers[:index]:
            yield Problem(("layers", index), f"layer {layer!r} stands here twice")
    for name in config.flowable.licenses:
        if name not in config.environments:
            known = ", ".join(config.environments)
            yield Problem(("flowable", "licenses", name), f"no environment is named {name!r}; allowed: {known}")


def _environment_problems(config: Config, name: str, environment: EnvironmentConfig) -> Iterator[Problem]:
    if name in RESERVED_ENVIRONMENTS:
        words = ", ".join(RESERVED_ENVIRONMENTS)
        yield Problem(("environments", name), f"{name!r} is a word of the command line; not allowed: {words}")
    if environment.account not in config.accounts or environment.account == SECURITY:
        allowed = ", ".join(account for account in config.accounts if account != SECURITY)
        where = ("environments", name, "account")
        yield Problem(where, f"{environment.account!r} is not an environment's account; allowed: {allowed}")
    twins = [other for other, it in config.environments.items() if it.path == environment.path and other != name]
    if twins and name > twins[0]:
        yield Problem(("environments", name, "path"), f"environment {twins[0]!r} has the same path")


def _shared_ids(config: Config) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, account in config.accounts.items():
        if account.id is None:
            continue
        if account.id in seen:
            yield Problem(("accounts", name, "id"), f"account {seen[account.id]!r} has the same id")
        seen.setdefault(account.id, name)
