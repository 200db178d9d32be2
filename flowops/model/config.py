"""flowops.yaml as data: strict keys, strict types, and the rules that hold between its parts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from flowops.model.emails import EMAIL_PATTERN, LONGEST, SHORTEST

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$"
RESERVED_ENVIRONMENTS = ("up", "down", "status", "env", "life", "list", "security")
SECURITY = "security"
MANAGEMENT = "management"

PROJECT_PATTERN = r"^[a-z][a-z0-9-]{0,32}[a-z0-9]$"
"""As the bootstrap templates have it: the state bucket's name begins with it and S3 allows 63 characters."""

ACCOUNT_ID_PATTERN = r"^[0-9]{12}$"
REGION_PATTERN = r"^[a-z]{2}(-[a-z]+)+-[0-9]$"
PROFILE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}$"
DOMAIN_PATTERN = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
REPOSITORY_PATTERN = r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$"
"""ORG/REPO of GitHub, GROUP/…/PROJECT of GitLab; it becomes a part of a policy's text."""

GITHUB_ID_PATTERN = r"^[1-9][0-9]{0,19}$"
HOST_PATTERN = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"
BRANCH_PATTERN = r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$"
PATH_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$"
_UNIT = r"[A-Za-z0-9][A-Za-z0-9 _.&()+-]{0,127}"
UNIT_PATTERN = rf"^{_UNIT}(/{_UNIT}){{0,4}}$"
"""Organizational units stand in one another five deep at most (Organizations User Guide, "Quotas")."""


ProjectName = Annotated[str, StringConstraints(pattern=PROJECT_PATTERN)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
AccountId = Annotated[str, StringConstraints(pattern=ACCOUNT_ID_PATTERN)]
Region = Annotated[str, StringConstraints(pattern=REGION_PATTERN)]
Profile = Annotated[str, StringConstraints(pattern=PROFILE_PATTERN)]
GithubId = Annotated[str, StringConstraints(pattern=GITHUB_ID_PATTERN)]
RelativePath = Annotated[str, StringConstraints(pattern=PATH_PATTERN)]
Domain = Annotated[str, StringConstraints(pattern=DOMAIN_PATTERN)]
Email = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST, pattern=EMAIL_PATTERN)]
UnitPath = Annotated[str, StringConstraints(pattern=UNIT_PATTERN)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
ChartUrl = Annotated[str, StringConstraints(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s]+$")]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]


_ACCOUNTS: dict[str, Any] = {"required": [SECURITY], "propertyNames": {"not": {"enum": [MANAGEMENT]}}}
_ENVIRONMENTS: dict[str, Any] = {"propertyNames": {"not": {"enum": list(RESERVED_ENVIRONMENTS)}}}
"""What holds between names, for editors; `problems` says the same."""


class Strict(BaseModel):
    """Part of a file that people write: no key that nobody knows, and no value that only becomes the right type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ManagementConfig(Strict):
    """Who creates accounts, bootstraps, and manages users and secrets."""

    profile: Profile = Field(description="Named profile of the organization's management account.")
    role: Annotated[str, StringConstraints(pattern=r"^[\w+=,.@-]{1,64}$")] = Field(
        default="OrganizationAccountAccessRole", description="Role that the management account assumes in each account."
    )


class OperatorConfig(Strict):
    """Who plans, applies and destroys."""

    profile: Profile = Field(description="Named profile of an IAM user in the security account.")


class AccountConfig(Strict):
    """One AWS account of the organization."""

    id: AccountId | None = Field(default=None, description="Quoted 12 digits; absent until it exists.")
    profile: Profile = Field(description="Named profile that operators use for this account by hand.")
    email: Email | None = Field(
        default=None,
        description="Address that `flowops accounts create` makes the account with; no other account has it.",
    )
    organizational_unit: UnitPath | None = Field(
        default=None, description="Organizational unit to stand in, below the root, for example Workloads/NonProd."
    )


class EnvironmentConfig(Strict):
    """One environment: the account it lives in and its folder below deployments/."""

    account: Name = Field(description="Name of an account under `accounts`.")
    path: RelativePath = Field(description="Folder below deployments/, for example aws/non-prod/eu-central-1/dev.")
    protected: bool = Field(default=False, description="Whether changes need --confirm ENV as well as --yes.")


class RepositoryConfig(Strict):
    """Flowable's Helm and Docker repository."""

    url: Url = Field(description="Address of the chart repository.")


class FlowableConfig(Strict):
    """What Flowable itself needs; credentials go to Secrets Manager, never into a file here."""

    repository: RepositoryConfig | None = Field(default=None, description="Where the chart comes from.")
    licenses: dict[Name, FilePath] = Field(default_factory=dict, description="License file of each environment.")
    external_domain: Domain = Field(default="example.com", description="Domain below which ingress hosts stand.")


class HelmConfig(Strict):
    """Where charts come from."""

    repositories: dict[Name, ChartUrl] = Field(
        default_factory=dict, description="Address of each chart repository that is not taken from its usual place."
    )


class ToolsConfig(Strict):
    """Exact versions of the engines."""

    terraform: Version = Field(default="1.11.4", description="terraform's version.")
    terragrunt: Version = Field(default="1.1.3", description="terragrunt's version.")


When = Literal["protected", "always", "never"]
ResourceType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*_[a-z0-9_]+$")]


class SafeguardsConfig(Strict):
    """For which environments the working copy has to be what was committed and pushed."""

    git_clean: When = Field(default="protected", description="Where everything must be committed before a change.")
    git_up_to_date: When = Field(default="protected", description="Where no commit of the upstream may be missing.")


class CiConfig(Strict):
    """Whose pipelines plan, look for drift and deploy; `flowops bootstrap security` makes roles for them."""

    provider: Literal["github", "gitlab"] = Field(description="Who runs the pipelines.")
    repository: Annotated[str, StringConstraints(pattern=REPOSITORY_PATTERN)] = Field(
        description="The one repository they run for: ORG/REPO on GitHub, GROUP/PROJECT on GitLab."
    )
    repository_owner_id: GithubId | None = Field(
        default=None, description="GitHub's number of the organization; only with repository_id."
    )
    repository_id: GithubId | None = Field(
        default=None,
        description="GitHub's number of the repository: its tokens are admitted, too, whose subject has both numbers.",
    )
    host: Annotated[str, StringConstraints(pattern=HOST_PATTERN)] = Field(
        default="gitlab.com", description="Host of GitLab."
    )
    branch: Annotated[str, StringConstraints(pattern=BRANCH_PATTERN)] = Field(
        default="main", description="The protected branch from which GitLab deploys."
    )
    oidc_provider: Literal["made", "existing"] = Field(
        default="made", description="Whether the security account's stack makes the identity provider."
    )


GITHUB_IDS = ("repository_owner_id", "repository_id")
"""GitHub's numbers of a repository, named as its tokens name them."""


class GuardConfig(Strict):
    """What the guard refuses besides what it always refuses."""

    stateful_types: list[ResourceType] = Field(
        default_factory=list, description="Resource types that hold data, besides those that flowops knows."
    )
    max_changes: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="How many resources one apply may change; no limit without it."
    )
    safeguards: SafeguardsConfig = Field(default_factory=SafeguardsConfig)


class Config(Strict):
    """The whole of flowops.yaml."""

    project: ProjectName = Field(description="Name of the project: a prefix of buckets and a tag on everything.")
    region: Region = Field(description="Home region of the state bucket and the bootstrap stacks.")
    management: ManagementConfig
    operator: OperatorConfig
    accounts: dict[Name, AccountConfig] = Field(
        min_length=2, description="The organization's accounts, one of them `security`.", json_schema_extra=_ACCOUNTS
    )
    environments: dict[Name, EnvironmentConfig] = Field(
        min_length=1, description="The environments, by name.", json_schema_extra=_ENVIRONMENTS
    )
    layers: list[Name] = Field(
        min_length=1,
        description="Layers in the order in which they are applied.",
        json_schema_extra={"uniqueItems": True},
    )
    flowable: FlowableConfig = Field(default_factory=FlowableConfig)
    helm: HelmConfig = Field(default_factory=HelmConfig)
    tools: ToolsConfig = Field(default_factory=ToolsConfig)
    guard: GuardConfig = Field(default_factory=GuardConfig)
    ci: CiConfig | None = Field(default=None, description="Whose pipelines work here; none without it.")

    def environments_of(self, account: str) -> tuple[str, ...]:
        """Return the names of the environments that live in `account`, in file order."""
        return tuple(name for name, environment in self.environments.items() if environment.account == account)

    def environment_accounts(self) -> tuple[str, ...]:
        """Return the accounts that hold at least one environment, in file order."""
        return tuple(name for name in self.accounts if name != SECURITY and self.environments_of(name))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of flowops.yaml."""
    closed: dict[str, Any] = _closed(Config.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **closed, "title": "flowops.yaml"}


def _closed(schema: Any) -> Any:
    """Return a schema in which a key that fits no pattern is wrong: left alone, JSON Schema lets it pass."""
    if isinstance(schema, list):
        return [_closed(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "patternProperties" in schema else {}
    return {key: _closed(it) for key, it in schema.items()} | more


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
