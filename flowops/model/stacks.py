"""The bootstrap stacks: what they are called, in which account each stands, and what it is given.

`flowops-security` and one `flowops-access-<environment>` for each environment stand in the security account,
`flowops-environment` in every account that holds environments. All stand in the project's home region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowops.model.ci import stack_parameters
from flowops.model.config import SECURITY, Config
from flowops.model.regions import region_in
from flowops.model.tags import ENVIRONMENT_TAG, LAYER_TAG, PROJECT_TAG, UNIT_TAG

SECURITY_STACK = "flowops-security"
ENVIRONMENT_STACK = "flowops-environment"
SECURITY_TEMPLATE = "security-account.yaml"
ACCESS_TEMPLATE = "environment-access.yaml"
ENVIRONMENT_TEMPLATE = "environment-account.yaml"

STATE_BUCKET_OUTPUT = "StateBucketName"
STATE_KEY_OUTPUT = "StateKeyArn"
REPOSITORY_SECRET_OUTPUT = "RepositorySecretArn"
LICENSE_SECRET_OUTPUT = "LicenseSecretArn"
EXTERNAL_ID = "ExternalId"
"""Parameter and output of the environment stack."""

BOOTSTRAP_LAYER = "bootstrap"
"""Value of the tag flowops:layer on the bootstrap stacks, which no layer of the project owns."""


@dataclass(frozen=True)
class StackSpec:
    """One stack as it should be; `account` is a name of flowops.yaml, `template` a file of bootstrap/."""

    name: str
    account: str
    account_id: str
    template: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def id(self) -> str:
        """Return `account/stack`, the name people read."""
        return f"{self.account}/{self.name}"


def access_stack_name(environment: str) -> str:
    """Return the name of the stack with an environment's groups and license secret."""
    return f"flowops-access-{environment}"


def security_stacks(config: Config, organization_id: str) -> tuple[StackSpec, ...]:
    """Return the stacks of the security account in the order in which they are made; every id has to be known."""
    holders = ",".join(sorted(account_id(config, name) for name in config.environment_accounts()))
    parameters = {"Project": config.project, "OrganizationId": organization_id, "EnvironmentAccountIds": holders}
    parameters |= stack_parameters(config)
    security = _spec(config, SECURITY_STACK, SECURITY, SECURITY_TEMPLATE, parameters)
    return (security, *(_access_stack(config, name, organization_id) for name in config.environments))


def _access_stack(config: Config, environment: str, organization_id: str) -> StackSpec:
    parameters = {
        "Project": config.project,
        "EnvironmentName": environment,
        "EnvironmentAccountId": account_id(config, config.environments[environment].account),
        "OrganizationId": organization_id,
    }
    return _spec(config, access_stack_name(environment), SECURITY, ACCESS_TEMPLATE, parameters, environment)


def environment_stack(
    config: Config, account: str, organization_id: str, security: Mapping[str, str], external_id: str
) -> StackSpec:
    """Return the stack of an account that holds environments; `security` are the outputs of flowops-security."""
    parameters = {
        "Project": config.project,
        "SecurityAccountId": account_id(config, SECURITY),
        "OrganizationId": organization_id,
        EXTERNAL_ID: external_id,
        STATE_BUCKET_OUTPUT: security[STATE_BUCKET_OUTPUT],
        STATE_KEY_OUTPUT: security[STATE_KEY_OUTPUT],
        "Regions": ",".join(regions(config, account)),
    }
    held = config.environments_of(account)
    only = held[0] if len(held) == 1 else ""
    return _spec(config, ENVIRONMENT_STACK, account, ENVIRONMENT_TEMPLATE, parameters, only)


def regions(config: Config, account: str) -> tuple[str, ...]:
    """Return the regions an account may use: the home region, and those that its environments' folders name."""
    named = {region_in(config.environments[name].path, config.region) for name in config.environments_of(account)}
    return (config.region, *sorted(named - {config.region}))


def template_of(stack: str) -> str:
    """Return the file of bootstrap/ that a stack is made of."""
    return {SECURITY_STACK: SECURITY_TEMPLATE, ENVIRONMENT_STACK: ENVIRONMENT_TEMPLATE}.get(stack, ACCESS_TEMPLATE)


def stack_names(config: Config, account: str) -> tuple[str, ...]:
    """Return the stacks that stand in an account, in the order in which they are made."""
    if account == SECURITY:
        return (SECURITY_STACK, *map(access_stack_name, config.environments))
    return (ENVIRONMENT_STACK,) if config.environments_of(account) else ()


def account_id(config: Config, account: str) -> str:
    """Return an account's id, which has to be written in flowops.yaml by now."""
    found = config.accounts[account].id
    if found is None:
        raise ValueError(f"account {account!r} has no id")
    return found


def by_hand(config: Config, account: str) -> str:
    """Return the options by which the aws command line reaches the stacks of an account of flowops.yaml."""
    return f"--region {config.region} --profile {config.accounts[account].profile}"


def without_id(config: Config, accounts: Iterable[str]) -> tuple[str, ...]:
    """Return those of `accounts` whose id is not written in flowops.yaml, in that order."""
    return tuple(name for name in accounts if config.accounts[name].id is None)


def _spec(
    config: Config, name: str, account: str, template: str, parameters: Mapping[str, str], environment: str = ""
) -> StackSpec:
    tags = {
        PROJECT_TAG: config.project,
        **({ENVIRONMENT_TAG: environment} if environment else {}),
        LAYER_TAG: BOOTSTRAP_LAYER,
        UNIT_TAG: name,
    }
    return StackSpec(name, account, account_id(config, account), template, parameters, tags)
